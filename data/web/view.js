/*
 * What is to be seen: puts a picture of everything (the model) into index.html. Holds no state of
 * its own and decides nothing; showing the same picture twice changes nothing, so a screen reader
 * hears each thing once.
 */

import { formatDuration } from './texts.js';

/** @typedef {import('./otomo-client.js').Call} Call */
/** @typedef {import('./otomo-client.js').ConnectionReport} ConnectionReport */
/** @typedef {import('./otomo-client.js').Written} Written */
/** @typedef {import('./texts.js').Texts} Texts */

/**
 * @typedef {object} Person  as the development server lists them
 * @property {string} id
 * @property {'user' | 'otomo'} role
 * @property {string} name
 * @property {number | null} pricePerUnit  an otomo's
 * @property {number | null} balance  a user's wallet, an otomo's earnings
 *
 * @typedef {object} Model
 * @property {'start' | 'choose' | 'home' | 'call' | 'over'} view
 * @property {Texts} texts
 * @property {Person[]} people
 * @property {number} unitSeconds
 * @property {Person | null} me
 * @property {Person | null} peer  of the call
 * @property {Call | null} call
 * @property {Written[] | null} written  beside the call; null: there is no chat now
 * @property {number} nowMs  by the server's clock
 * @property {ConnectionReport | null} connection
 * @property {boolean} muted
 * @property {boolean} soundIsHeldBack
 * @property {{own: number, other: number}} levels  0 to 1
 * @property {{text: string, detail: string, canRetry: boolean} | null} problem
 */

const PEOPLE_SHOWN_MAX = 60;

/** @param {string} selector @returns {any} */
const find = (selector) => document.querySelector(selector);
/** @param {string} name */
const field = (name) => find(`[data-field="${name}"]`);

/** @param {any} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {any} element @param {boolean} visible */
function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/** @param {string} name @param {string | null} text null: the field is not shown */
function writeOrHide(name, text) {
  show(field(name), text !== null);
  if (text !== null) write(field(name), text);
}

/**
 * A row of facts, by its own name.
 *
 * @param {string} name
 * @param {string} fieldName
 * @param {string | null} text
 */
function writeFact(name, fieldName, text) {
  show(find(`[data-fact="${name}"]`), text !== null);
  if (text !== null) write(field(fieldName), text);
}

/**
 * A face is the name's first letter on a colour of its own.
 *
 * @param {HTMLElement} element
 * @param {Person | null} person
 */
function drawFace(element, person) {
  const hue = [...(person?.id ?? '')].reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360,
    7,
  );
  write(element, [...(person?.name ?? '?')][0]);
  element.style.setProperty('--hue', String(hue));
}

/**
 * Seconds until the next charge, when one is due.
 *
 * @param {Model} model
 * @returns {number | null}
 */
function secondsToCharge({ call, nowMs }) {
  if (!call?.nextBillingAt) return null;
  return Math.max(0, call.nextBillingAt - nowMs / 1000);
}

/** @param {Model} model */
export function render(model) {
  const { texts, view, call } = model;
  const changed = document.body.dataset.view !== view;
  Object.assign(document.body.dataset, {
    view,
    role: model.me?.role ?? '',
    connection: model.connection?.state ?? 'closed',
    state: call?.state ?? 'none',
    reason: call?.error?.code ?? call?.reason ?? '',
    callId: call?.callId ?? '',
    unitIndex: String(call?.unitIndex ?? 0),
    muted: String(model.muted),
  });

  renderFixedTexts(texts);
  renderConnection(model);
  renderProblem(model);
  for (const screen of document.querySelectorAll('[data-screen]')) {
    show(screen, /** @type {HTMLElement} */ (screen).dataset.screen === view);
  }
  if (view === 'choose') renderChoose(model);
  if (view === 'home') renderHome(model);
  if (view === 'call') renderCall(model);
  if (view === 'over') renderOver(model);
  document.title = titleOf(model);
  if (changed) find(`[data-screen="${view}"] h1`)?.focus({ preventScroll: true });
}

/** @param {Texts} texts */
function renderFixedTexts(texts) {
  const page = document.documentElement;
  if (page.dataset.language === texts.language) return;
  page.dataset.language = page.lang = texts.language;
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('[data-text]')
  )) {
    write(element, texts.get(element.dataset.text ?? ''));
  }
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('[data-label]')
  )) {
    element.setAttribute('aria-label', texts.get(element.dataset.label ?? ''));
  }
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll('[data-hint]')
  )) {
    input.placeholder = texts.get(input.dataset.hint ?? '');
  }
  for (const button of document.querySelectorAll('[data-action="language"]')) {
    const isOn = /** @type {HTMLElement} */ (button).dataset.value === texts.language;
    button.setAttribute('aria-pressed', String(isOn));
  }
}

/** @param {Model} model */
function renderConnection({ texts, me, connection }) {
  writeOrHide('connection', me && connection ? texts.get(`connection.${connection.state}`) : null);
}

/** @param {Model} model */
function renderProblem({ problem }) {
  show(field('problem'), problem !== null);
  write(field('problem-text'), problem?.text ?? '');
  write(field('problem-detail'), problem?.detail ?? '');
  show(find('[data-action="retry"]'), problem?.canRetry ?? false);
}

/** @param {Model} model */
function renderChoose({ texts, people, unitSeconds }) {
  const shown = people.slice(0, PEOPLE_SHOWN_MAX);
  listPeople('everybody', shown, texts.language, (person) => {
    const money =
      person.role === 'otomo'
        ? texts.price(person.pricePerUnit ?? 0, unitSeconds)
        : texts.points(person.balance ?? 0);
    return {
      action: 'choose',
      label: person.name,
      sub: `${texts.get(`role.${person.role}`)} · ${money}`,
      doing: '',
    };
  });
  show(field('choose-empty'), people.length === 0);
}

/** @param {Model} model */
function renderHome({ texts, me, people, unitSeconds, connection }) {
  if (!me) return;
  const { name, role } = me;
  write(field('greeting'), texts.get(`home.${role}`, { name }));
  write(field('home-hint'), texts.get(`home.${role}Hint`));
  write(field('home-balance-label'), balanceLabel(texts, role));
  write(field('home-balance'), texts.points(me.balance ?? 0));
  show(field('home-price-row'), role === 'otomo' && me.pricePerUnit !== null);
  write(field('home-price'), texts.price(me.pricePerUnit ?? 0, unitSeconds));
  show(field('waiting'), role === 'otomo');

  const callable = role === 'user' ? people.filter((person) => person.role === 'otomo') : [];
  listPeople('callable', callable.slice(0, PEOPLE_SHOWN_MAX), texts.language, (person) => ({
    action: 'call',
    label: person.name,
    sub: person.pricePerUnit === null ? '' : texts.price(person.pricePerUnit, unitSeconds),
    doing: texts.get('action.call'),
  }));
  for (const button of field('callable').querySelectorAll('button'))
    button.disabled = connection?.state !== 'open';
  show(field('home-empty'), role === 'user' && callable.length === 0);
}

/**
 * @param {string} name of the list
 * @param {Person[]} people
 * @param {string} language
 * @param {(person: Person) => {action: string, label: string, sub: string, doing: string}} describe
 */
function listPeople(name, people, language, describe) {
  const list = field(name);
  const rows = people.map((person) => ({ person, ...describe(person) }));
  const picture = JSON.stringify([language, rows]);
  if (list.dataset.picture === picture) return;
  list.dataset.picture = picture;
  list.replaceChildren(...rows.map(personRow));
}

/** @param {{person: Person, action: string, label: string, sub: string, doing: string}} row */
function personRow({ person, action, label, sub, doing }) {
  const face = Object.assign(document.createElement('span'), { className: 'face' });
  face.setAttribute('aria-hidden', 'true');
  drawFace(face, person);
  const words = Object.assign(document.createElement('span'), { className: 'words' });
  words.append(
    Object.assign(document.createElement('strong'), { textContent: label }),
    Object.assign(document.createElement('small'), { textContent: sub }),
  );
  const button = Object.assign(document.createElement('button'), { type: 'button' });
  Object.assign(button.dataset, { action, value: person.id });
  button.append(face, words);
  if (doing)
    button.append(
      Object.assign(document.createElement('span'), { className: 'doing', textContent: doing }),
    );
  const item = document.createElement('li');
  item.append(button);
  return item;
}

/** @param {Model} model */
function renderCall(model) {
  const { texts, me, peer, call, muted, levels } = model;
  if (!call || !me) return;
  const name = peer?.name ?? texts.get('someone');
  drawFace(field('face'), peer);
  write(field('peer'), name);
  write(
    field('state'),
    texts.get([`state.${me.role}.${call.state}`, `state.${call.state}`], { name }),
  );
  writeOrHide('note', noteOf(model, name));
  show(field('recording'), call.recording);
  renderMeter(model);
  renderChat(model);

  const isTalking = call.state === 'in_call' || call.state === 'reconnecting';
  const isCalled = me.role === 'otomo' && call.state === 'ringing';
  const isCalling = me.role === 'user' && !isTalking;
  show(find('[data-action="accept"]'), isCalled);
  show(find('[data-action="reject"]'), isCalled);
  show(find('[data-action="cancel"]'), isCalling);
  show(find('[data-action="end"]'), !isCalled && !isCalling);
  show(find('[data-action="mute"]'), isTalking);
  show(find('[data-action="sound"]'), model.soundIsHeldBack);
  find('[data-action="mute"]').setAttribute('aria-pressed', String(muted));
  write(field('mute-label'), texts.get(muted ? 'action.unmute' : 'action.mute'));
  show(field('voices'), isTalking);
  find('[data-level="own"]').style.setProperty(
    '--level',
    muted ? '0' : Math.sqrt(levels.own).toFixed(2),
  );
  find('[data-level="other"]').style.setProperty('--level', Math.sqrt(levels.other).toFixed(2));
}

/** @param {Model} model */
function renderChat({ texts, me, written }) {
  show(field('chat'), written !== null);
  const rows = (written ?? []).map(({ id, text, authorId, authorName, timestamp }) => {
    const isOwn = authorId === null || authorId === me?.id;
    const author = isOwn ? texts.get('chat.me') : authorName || authorId;
    const when = timestamp === null ? texts.get('chat.sending') : texts.time(timestamp);
    return { id, text, isOwn, note: `${author} · ${when}` };
  });
  listMessages(field('messages'), rows);
}

/**
 * Rows that stay are left alone, so that a screen reader hears each once.
 *
 * @param {HTMLOListElement} list
 * @param {{id: string, text: string, isOwn: boolean, note: string}[]} rows
 */
function listMessages(list, rows) {
  const before = list.childElementCount;
  const ids = new Set(rows.map(({ id }) => id));
  for (const item of /** @type {HTMLElement[]} */ ([...list.children]))
    if (!ids.has(item.dataset.id ?? '')) item.remove();
  for (const [place, row] of rows.entries()) {
    const there = /** @type {HTMLElement | undefined} */ (list.children[place]);
    const item = there?.dataset.id === row.id ? there : messageRow(row);
    if (item !== there) list.insertBefore(item, there ?? null);
    write(item.lastElementChild, row.note);
  }
  const log = list.parentElement;
  if (log && list.childElementCount !== before) log.scrollTop = log.scrollHeight;
}

/** @param {{id: string, text: string, isOwn: boolean}} row */
function messageRow({ id, text, isOwn }) {
  const item = document.createElement('li');
  Object.assign(item.dataset, { id, own: String(isOwn) });
  item.append(
    Object.assign(document.createElement('p'), { textContent: text }),
    document.createElement('small'),
  );
  return item;
}

/**
 * What matters most beside the state, one thing at a time.
 *
 * @param {Model} model
 * @param {string} name
 */
function noteOf({ texts, connection, call, muted, soundIsHeldBack, unitSeconds }, name) {
  if (connection?.state !== 'open') return texts.get('state.offline');
  if (soundIsHeldBack) return texts.get('state.sound');
  if (!call?.peerConnected) return texts.get('state.peerAway', { name });
  if (muted) return texts.get('state.muted', { name });
  if (call.unitsLeft === 0) return texts.get('money.lastUnit', { unit: texts.unit(unitSeconds) });
  return null;
}

/** Time and money. @param {Model} model */
function renderMeter(model) {
  const { texts, me, peer, call, nowMs, unitSeconds } = model;
  if (!call || !me) return;
  const isOtomo = me.role === 'otomo';
  const isHeld = call.state === 'reconnecting';
  const toCharge = secondsToCharge(model);

  const talkedMs = call.connectedAt ? nowMs - Date.parse(call.connectedAt) : null;
  writeOrHide('elapsed', talkedMs === null ? null : formatDuration(talkedMs / 1000));
  const countdown = toCharge === null ? null : formatDuration(Math.ceil(toCharge));
  writeFact('next', 'countdown', isHeld ? texts.get('money.onHold') : countdown);
  const left =
    call.unitsLeft === null || toCharge === null ? null : call.unitsLeft * unitSeconds + toCharge;
  writeFact('left', 'left', left === null ? null : formatDuration(left));

  write(field('balance-label'), balanceLabel(texts, me.role));
  writeFact('balance', 'balance', texts.points(call.balance ?? me.balance ?? 0));
  const price = isOtomo ? me.pricePerUnit : peer?.pricePerUnit;
  writeFact('price', 'price', price == null ? null : texts.price(price, unitSeconds));
  write(field('total-label'), totalLabel(texts, me.role));
  writeFact(
    'total',
    'total',
    call.unitIndex === 0 ? null : texts.points((isOtomo ? call.earned : call.charged) ?? 0),
  );

  const rest = toCharge === null ? 0 : Math.min(1, toCharge / unitSeconds);
  field('dial').style.setProperty('--rest', rest.toFixed(3));
  find('[data-screen="call"]').dataset.last = String(call.unitsLeft === 0);
}

/** @param {Model} model */
function renderOver({ texts, me, peer, call }) {
  if (!call || !me) return;
  const name = peer?.name ?? texts.get('someone');
  const { role } = me;
  drawFace(field('over-face'), peer);
  write(field('over-title'), texts.get(call.state === 'ended' ? 'end.title' : 'end.notConnected'));
  const how = call.state === 'answered_elsewhere' ? call.state : (call.reason ?? 'user_end');
  const why = call.error ? texts.error(call.error.code, name) : texts.ending(role, how, name);
  write(field('reason'), why);
  writeFact('talked', 'talked', call.totalSeconds ? formatDuration(call.totalSeconds) : null);
  const total = (role === 'otomo' ? call.earned : call.charged) ?? 0;
  write(field('over-total-label'), totalLabel(texts, role));
  writeFact('over-total', 'over-total', call.unitIndex === 0 ? null : texts.points(total));
  write(field('over-balance-label'), balanceLabel(texts, role));
  write(field('over-balance'), texts.points(call.balance ?? me.balance ?? 0));
  show(find('[data-action="again"]'), role === 'user' && peer !== null);
}

/** @param {Texts} texts @param {Person['role']} role */
const balanceLabel = (texts, role) =>
  texts.get(role === 'otomo' ? 'money.earnings' : 'money.balance');
/** @param {Texts} texts @param {Person['role']} role */
const totalLabel = (texts, role) => texts.get(role === 'otomo' ? 'money.earned' : 'money.paid');

/** @param {Model} model */
function titleOf({ texts, view, me, peer, call }) {
  const name = peer?.name ?? texts.get('someone');
  if (view !== 'call') return texts.get('page.title');
  const isRinging = me?.role === 'otomo' && call?.state === 'ringing';
  return texts.get(isRinging ? 'page.ringing' : 'page.talking', { name });
}
