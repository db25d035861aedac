/*
 * The page at `/` in development mode: who you are, whom you call, and what the buttons do. The
 * protocol is otomo-client.js's, what is seen is view.js's; between them stands the model below.
 *
 * ?as=ID skips the choice of who you are, ?to=ID puts that person first, ?offerer=client lets an
 * otomo make the first offer. `otomo` in the console is the client.
 */

import { OtomoClient, OtomoError, isLive } from './otomo-client.js';
import { Ring } from './ring.js';
import { Texts, pickLanguage } from './texts.js';
import { render } from './view.js';

/** @typedef {import('./view.js').Model} Model */
/** @typedef {import('./view.js').Person} Person */
/** @typedef {import('./otomo-client.js').Call} Call */

const LANGUAGE_KEY = 'otomo-language';
const CALL_KEY = 'otomo-call'; // what the server does not repeat after a reload
const METER_MS = 250;

const parameters = new URLSearchParams(location.search);
const ring = new Ring();
/** @type {OtomoClient | null} */ let client = null;
/** @type {any} */ let meterTimer = 0;
let isDismissed = true; // the last call's summary was put away
/** @type {OtomoError | null} */ let problem = null;
let voiceIsHeldBack = false;

/** @type {Model} */
const model = {
  view: 'start',
  texts: new Texts(
    pickLanguage([localStorage.getItem(LANGUAGE_KEY) ?? '', ...navigator.languages]),
  ),
  people: [],
  unitSeconds: 60,
  me: null,
  peer: null,
  call: null,
  written: null,
  nowMs: Date.now(),
  connection: null,
  muted: false,
  soundIsHeldBack: false,
  levels: { own: 0, other: 0 },
  problem: null,
};

/** @param {string} path @param {RequestInit} [options] */
async function ask(path, options) {
  /** @type {Response} */ let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new OtomoError('SERVER_UNREACHABLE', '');
  }
  if (response.status === 404) throw new OtomoError('UNKNOWN_PERSON', '');
  if (!response.ok) throw new OtomoError('SERVER_UNREACHABLE', `${path}: ${response.status}`);
  return response.json();
}

/** @param {string} userId @returns {Promise<string>} */
async function fetchToken(userId) {
  const body = JSON.stringify({ userId });
  const { token } = await ask('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return token;
}

async function loadPeople() {
  const { people, unitSeconds } = await ask('/dev/people');
  const first = parameters.get('to');
  model.people = people.map((/** @type {Person} */ one) => ({ ...one, name: one.name || one.id }));
  model.unitSeconds = unitSeconds;
  if (first) {
    const wanted = personOf(first) ?? stranger(first, 'otomo');
    model.people = [wanted, ...model.people.filter((person) => person !== wanted)];
  }
  if (model.me) model.me = personOf(model.me.id) ?? model.me;
}

/** @param {string | null} id */
const personOf = (id) => model.people.find((person) => person.id === id);

/**
 * Somebody whom the server's list leaves out.
 *
 * @param {string} id
 * @param {Person['role']} role
 * @returns {Person}
 */
const stranger = (id, role) => ({ id, role, name: id, pricePerUnit: null, balance: null });

/** Brings the model up to date with what it is made of, and shows it. */
function refresh() {
  const { texts } = model;
  model.call = client?.call ? withMemory(client.call) : null;
  const peerId = model.call?.peerId ?? null;
  model.peer = personOf(peerId) ?? (peerId ? stranger(peerId, 'user') : null);
  model.written =
    client && model.call && chatIsOn(model.call) ? client.written(model.call.callId) : null;
  model.nowMs = client?.now() ?? Date.now();
  model.muted = client?.muted ?? false;
  model.soundIsHeldBack = voiceIsHeldBack || ring.isHeldBack;
  model.problem = problem && {
    text: problemText(problem),
    detail: problem.message,
    canRetry: problem.code === 'CONNECTION_CLOSED',
  };
  if (!model.me) model.view = 'choose';
  else if (isLive(model.call)) model.view = 'call';
  else model.view = model.call && !isDismissed ? 'over' : 'home';
  render(model);

  /** @param {OtomoError} error */
  function problemText({ code, closeCode }) {
    if (code === 'CONNECTION_CLOSED')
      return texts.get([`closed.${closeCode}`, 'closed.other'], { code: String(closeCode) });
    return texts.error(code, model.peer?.name ?? parameters.get('as') ?? texts.get('someone'));
  }
}

/**
 * A reload forgets with whom and since when; this tab remembers.
 *
 * @param {Call} call
 * @returns {Call}
 */
function withMemory(call) {
  const memory = JSON.parse(sessionStorage.getItem(CALL_KEY) ?? '{}');
  const before = memory.callId === call.callId ? memory : call;
  const { peerId, connectedAt } = before;
  const { unitIndex, charged, earned, balance, unitsLeft, nextBillingAt } = call.unitIndex
    ? call
    : before;
  const money = { unitIndex, charged, earned, balance, unitsLeft, nextBillingAt };
  const whole = {
    ...call,
    ...money,
    peerId: call.peerId ?? peerId,
    connectedAt: call.connectedAt ?? connectedAt,
  };
  sessionStorage.setItem(CALL_KEY, JSON.stringify(whole));
  return whole;
}

/** @param {unknown} error */
function complain(error) {
  problem = error instanceof OtomoError ? error : new OtomoError('INTERNAL', String(error));
  refresh();
}

/** @param {string} id */
async function become(id) {
  const firstToken = await fetchToken(id); // says at once when there is nobody of that name
  model.me = personOf(id) ?? stranger(id, 'user');
  const { role } = model.me;
  client = new OtomoClient({
    role,
    offerer: parameters.get('offerer') === 'client' ? 'client' : 'server',
  });
  Object.assign(globalThis, { otomo: client });
  client.addEventListener('connection', (event) =>
    connectionChanged(/** @type {CustomEvent} */ (event).detail),
  );
  client.addEventListener('call', () => callChanged());
  client.addEventListener('chat', refresh);
  client.addEventListener('voice', (event) => hear(/** @type {CustomEvent} */ (event).detail));
  client.addEventListener('problem', (event) =>
    complain(/** @type {CustomEvent} */ (event).detail),
  );
  let token = firstToken;
  client
    .connect('/v1/socket', id, async () => {
      const now = token || (await fetchToken(id));
      token = '';
      return now;
    })
    .catch(() => {}); // said by `connection` as well
  refresh();
}

/** @param {import('./otomo-client.js').ConnectionReport} report */
function connectionChanged(report) {
  model.connection = report;
  if (report.state === 'closed' && report.code !== 1000)
    problem = new OtomoError('CONNECTION_CLOSED', '', report.code);
  else if (problem?.code === 'CONNECTION_CLOSED') problem = null;
  refresh();
}

/** The chat opens when somebody has answered. @param {Call} call */
const chatIsOn = (call) => ['accepted', 'in_call', 'reconnecting'].includes(call.state);

function callChanged() {
  const call = client?.call ?? null;
  const isOn = isLive(call);
  if (call && chatIsOn(call)) client?.join(call.callId);
  if (!isOn && client?.call) client.leave(client.call.callId);
  if (isOn) isDismissed = false;
  ring.play(soundFor(call));
  if (isOn && !meterTimer) {
    problem = null;
    meterTimer = setInterval(meter, METER_MS);
  }
  if (!isOn && meterTimer) {
    clearInterval(meterTimer);
    meterTimer = 0;
    voiceIsHeldBack = false;
    voice().srcObject = null;
    loadPeople().then(refresh, complain); // balances
  }
  refresh();
}

/** @param {Call | null} call */
function soundFor(call) {
  if (model.me?.role === 'otomo') return call?.state === 'ringing' ? 'ring' : null;
  return call?.state === 'ringing' ? 'ringback' : null;
}

/** Four times a second while a call is on: time, money, voices. */
async function meter() {
  const stats = await client?.stats();
  model.levels = { own: stats?.levelSent ?? 0, other: stats?.levelReceived ?? 0 };
  refresh();
}

/** @returns {HTMLAudioElement} */
const voice = () => /** @type {any} */ (document.querySelector('[data-field="voice"]'));

/** @param {MediaStream} stream */
function hear(stream) {
  voice().srcObject = stream;
  voice()
    .play()
    .then(
      () => (voiceIsHeldBack = false),
      (error) => (voiceIsHeldBack = error.name === 'NotAllowedError'),
    )
    .finally(refresh);
}

/** What the buttons do, by `data-action`. @type {Record<string, (value: string) => unknown>} */
const actions = {
  language(value) {
    model.texts = new Texts(value === 'ja' ? 'ja' : 'en');
    localStorage.setItem(LANGUAGE_KEY, value);
  },
  choose(id) {
    parameters.set('as', id);
    history.pushState(null, '', `?${parameters}`);
    return become(id);
  },
  change() {
    location.assign(location.pathname);
  },
  call: (id) => client?.request(id),
  again: () => model.peer && client?.request(model.peer.id),
  accept: () => client?.accept(),
  reject: () => client?.reject(),
  cancel: () => client?.end(),
  end: () => client?.end(),
  mute() {
    if (client) client.muted = !client.muted;
  },
  sound: () => voice().srcObject && hear(/** @type {MediaStream} */ (voice().srcObject)),
  back() {
    isDismissed = true;
  },
  dismiss() {
    problem = null;
  },
  retry() {
    problem = null;
    client?.reconnect();
  },
};

/** @param {MouseEvent} event */
async function clicked(event) {
  const button = /** @type {Element} */ (event.target).closest('button[data-action]');
  if (!(button instanceof HTMLButtonElement)) return;
  try {
    await actions[button.dataset.action ?? '']?.(button.dataset.value ?? '');
  } catch (error) {
    complain(error);
  }
  refresh();
}

/** @param {SubmitEvent} event */
function submitted(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const words = /** @type {HTMLInputElement} */ (form.elements.namedItem('words'));
  if (client?.call && client.say(client.call.callId, words.value.trim())) words.value = '';
}

async function main() {
  document.addEventListener('click', clicked);
  document.addEventListener('submit', submitted);
  for (const touch of ['pointerdown', 'keydown'])
    document.addEventListener(touch, () => ring.unlock().then(refresh, () => {}));
  addEventListener('popstate', () => location.reload());
  const as = parameters.get('as');
  try {
    await loadPeople();
    if (as) await become(as);
  } catch (error) {
    complain(error);
  }
  refresh();
}

main();
