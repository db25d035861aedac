/*
 * The operator's console: which place is shown, who may see it, and what is said when the server
 * can't be reached. A place's view looks at the server by itself every so often, only while
 * somebody can see it, and never twice at a time.
 */

import { Problem, getPass, setPass, takePass } from './api.js';
import { auditView } from './audit.js';
import { callView } from './call.js';
import { callsView } from './calls.js';
import { make, set, show, write } from './dom.js';
import { liveView } from './live.js';
import { peopleView, personView } from './people.js';
import { recordingsView } from './recordings.js';
import { Texts, keepLanguage, pickLanguage } from './texts.js';

/**
 * @typedef {object} View
 * @property {string} title
 * @property {Node[]} parts
 * @property {number} everyMs 0: once
 * @property {() => Promise<void>} look brings what is seen up to date
 *
 * @typedef {object} Question
 * @property {string} title
 * @property {string} text
 * @property {string} yes
 * @property {boolean} isGrave what can't be taken back
 *
 * @typedef {object} Desk what a view may use
 * @property {Texts} texts
 * @property {string} argument behind the place's name, decoded
 * @property {string} search
 * @property {(search: string) => void} searchFor
 * @property {(question: Question) => Promise<boolean>} confirm
 * @property {(text: string) => void} announce
 * @property {(work: () => Promise<void>) => Promise<void>} attempt does it, and says what went wrong
 * @property {() => void} lookAgain at once
 * @property {() => void} focusMain
 */

/** @type {Record<string, {view: (desk: Desk) => View, place: string}>} */
const PLACES = {
  live: { view: liveView, place: 'live' },
  calls: { view: callsView, place: 'calls' },
  call: { view: callView, place: 'calls' },
  people: { view: peopleView, place: 'people' },
  person: { view: personView, place: 'people' },
  recordings: { view: recordingsView, place: 'recordings' },
  audit: { view: auditView, place: 'audit' },
};
const HOME = 'live';
const AGAIN_MS = [1000, 2000, 4000, 5000];

/** @param {string} selector @returns {any} */
const find = (selector) => document.querySelector(selector);
const main = find('#main');

let texts = new Texts(pickLanguage());
/** @type {Visit | null} */ let visit = null;
let failures = 0;
/** @type {number | null} */ let awaySince = null;

/** @param {string} text */
function announce(text) {
  write(find('#news'), text);
}

/** @param {string | null} text null: nothing is wrong */
function showProblem(text) {
  const bar = find('#problem');
  show(bar, text !== null);
  write(bar, text ?? '');
  set(document.body, 'data-stale', text !== null);
}

/** @param {Problem} problem */
function showFailure(problem) {
  if (problem.kind === 'away') {
    awaySince ??= Date.now();
    showProblem(texts.say('problem.since', { time: texts.time(awaySince) }));
  } else {
    showProblem(texts.say('problem.refused', { message: problem.message }));
  }
}

function showSuccess() {
  if (awaySince !== null) announce(texts.say('problem.back'));
  awaySince = null;
  failures = 0;
  if (!find('#problem').hidden) showProblem(null);
}

/** Where reading begins; the places above stay in sight. */
function goToMain() {
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

/** @returns {Promise<void>} when somebody can see the page */
function whenVisible() {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });
}

/** A view that is shown, until another is. */
class Visit {
  #isOver = false;
  #wake = () => {};
  #view;

  /** @param {View} view */
  constructor(view) {
    this.#view = view;
    this.#run();
  }

  close() {
    this.#isOver = true;
    this.#wake();
  }

  /** Looks now, not only when it would be time. */
  lookNow() {
    this.#wake();
  }

  /** @param {number} ms */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = ms > 0 ? setTimeout(resolve, ms) : 0;
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }

  async #run() {
    while (!this.#isOver) {
      await whenVisible();
      const pause = await this.#look();
      set(main, 'aria-busy', null);
      if (!this.#isOver) await this.#pause(pause);
    }
  }

  /** @returns {Promise<number>} ms until the next time; 0: only when asked to */
  async #look() {
    try {
      await this.#view.look();
      if (!this.#isOver) showSuccess();
      return this.#view.everyMs;
    } catch (error) {
      if (this.#isOver) return 0;
      if (!(error instanceof Problem)) throw error;
      if (error.kind === 'pass') {
        enter(true);
        return 0;
      }
      showFailure(error);
      const isFinal = error.kind === 'refused' && error.status < 429;
      return isFinal ? 0 : AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)];
    }
  }
}

/** @param {() => Promise<void>} work */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.kind === 'pass') enter(true);
    else announceFailure(error);
  }
}

/** What did not go of what a person did. @param {Problem} problem */
function announceFailure(problem) {
  announce(
    problem.kind === 'away'
      ? texts.say('problem.away')
      : texts.say('problem.refused', { message: problem.message }),
  );
}

/** @param {Question} question */
function confirm({ title, text, yes, isGrave }) {
  const dialog = find('#question');
  write(find('#question-title'), title);
  write(find('#question-text'), text);
  write(find('#question-no'), texts.say('act.cancel'));
  write(find('#question-yes'), yes);
  set(find('#question-yes'), 'class', isGrave ? 'strong grave' : 'strong');
  dialog.returnValue = 'no';
  dialog.showModal();
  find('#question-no').focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** Where the address leads. */
function readAddress() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, argument = ''] = path.split('/');
  return {
    name: name in PLACES ? name : HOME,
    argument: decodeURIComponent(argument),
    search: new URLSearchParams(query).get('search') ?? '',
  };
}

/** @param {string} title @param {Node[]} parts */
function fillMain(title, parts) {
  main.replaceChildren(make('h1', {}, title), ...parts);
  document.title = texts.say('page.title', { name: title });
}

/** Says all that stands in index.html itself. */
function translate() {
  document.documentElement.lang = texts.language;
  for (const element of document.querySelectorAll('[data-text]'))
    write(element, texts.say(/** @type {any} */ (element.getAttribute('data-text'))));
  for (const element of document.querySelectorAll('[data-label]'))
    set(element, 'aria-label', texts.say(/** @type {any} */ (element.getAttribute('data-label'))));
  for (const button of document.querySelectorAll('[data-language]'))
    set(button, 'aria-pressed', String(button.getAttribute('data-language') === texts.language));
  write(
    find('#zone'),
    texts.say('page.zone', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  );
}

/** @param {boolean} isIn */
function showFrame(isIn) {
  show(find('#places'), isIn);
  show(find('#leave'), isIn);
}

/** The place of the address. */
function open() {
  const { name, argument, search } = readAddress();
  visit?.close();
  visit = null;
  if (!getPass()) {
    enter(false);
    return;
  }
  /** @type {Desk} */
  const desk = {
    texts,
    argument,
    search,
    searchFor(words) {
      desk.search = words;
      const query = words ? `?${new URLSearchParams({ search: words })}` : '';
      history.replaceState(null, '', `${location.hash.split('?')[0] || `#/${HOME}`}${query}`);
      visit?.lookNow();
    },
    confirm,
    announce,
    attempt,
    lookAgain: () => visit?.lookNow(),
    focusMain: () => main.focus({ preventScroll: true }),
  };
  const view = PLACES[name].view(desk);
  showFrame(true);
  showProblem(null);
  for (const link of document.querySelectorAll('[data-place]'))
    set(
      link,
      'aria-current',
      link.getAttribute('data-place') === PLACES[name].place ? 'page' : null,
    );
  set(main, 'aria-busy', 'true');
  fillMain(view.title, view.parts);
  visit = new Visit(view);
}

/** Asks for a pass. @param {boolean} isAgain the one that there was is no good */
function enter(isAgain) {
  visit?.close();
  visit = null;
  setPass(null);
  showFrame(false);
  showProblem(null);
  const field = make('input', {
    id: 'pass',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    'aria-describedby': isAgain ? 'enter-hint enter-again' : 'enter-hint',
    'aria-invalid': isAgain ? 'true' : null,
  });
  const again = make('p', { id: 'enter-again', class: 'wrong', role: 'alert', hidden: !isAgain });
  write(again, isAgain ? texts.say('enter.again') : '');
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = field.value.trim();
    setPass(given.includes('#pass=') ? given.split('#pass=')[1] : given);
    open();
  };
  fillMain(texts.say('enter.title'), [
    make(
      'form',
      { class: 'enter', on: { submit } },
      make('p', { id: 'enter-hint' }, texts.say('enter.hint')),
      make('pre', {}, 'otomoctl console'),
      again,
      make('label', { for: 'pass' }, texts.say('enter.pass')),
      field,
      make('button', { type: 'submit', class: 'strong' }, texts.say('enter.go')),
    ),
  ]);
  if (isAgain) field.focus();
}

function start() {
  takePass();
  translate();
  open();
  addEventListener('hashchange', () => {
    takePass();
    announce('');
    open();
    goToMain();
  });
  find('.skip').addEventListener('click', (/** @type {Event} */ event) => {
    event.preventDefault(); // the address is the place's
    goToMain();
  });
  find('#leave').addEventListener('click', () => {
    enter(false);
    find('#pass').focus();
  });
  for (const button of document.querySelectorAll('[data-language]'))
    button.addEventListener('click', () => {
      texts = new Texts(/** @type {any} */ (button.getAttribute('data-language')));
      keepLanguage(texts.language);
      translate();
      announce('');
      open();
    });
}

start();
