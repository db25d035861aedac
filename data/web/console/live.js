/*
 * The calls that are live now, looked at each second. A row stays where it is and what it is, and
 * only what has changed is written, so that a person can work in a table that moves.
 */

import { endCall, recordCall } from './acts.js';
import { ask } from './api.js';
import { callLink, personLink } from './calls.js';
import { make, set, show, table, write } from './dom.js';
import { Plot } from './plot.js';
import { searchForm } from './search.js';
import { stateMark } from './state.js';

/** @typedef {import('./console.js').Desk} Desk */

const EVERY_MS = 1000;
const LEAST_SCORE = 1;
const MOST_SCORE = 4.5;
const MOST_JITTER_MS = 20; // what fills the plot, unless more comes
const MOST_LOSS = 0.05;
const STATES = /** @type {const} */ (['in_call', 'accepted', 'ringing', 'reconnecting']);

/** @param {any[]} quality @param {string} figure @returns {number | null} the greater of both sides */
function worst(quality, figure) {
  const known = quality.map((side) => side[figure]).filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : null;
}

/** @param {any[]} quality @param {string} figure */
const sum = (quality, figure) => quality.reduce((all, side) => all + side[figure], 0);

/** One call. */
class Row {
  #desk;
  #call = /** @type {any} */ (null);
  #mark;
  #time = make('td', { class: 'figures' });
  #units = make('span');
  #unitBar = make('span', { class: 'bar' });
  #points = make('td', { class: 'figures' });
  #score = new Plot(LEAST_SCORE, MOST_SCORE);
  #jitter = new Plot(0, MOST_JITTER_MS);
  #loss = new Plot(0, MOST_LOSS);
  #scoreText = make('span', { class: 'value' });
  #jitterText = make('span', { class: 'value' });
  #lossText = make('span', { class: 'value' });
  #packets = { came: 0, lost: 0 };
  #record;
  #end;

  /** @param {Desk} desk @param {any} call */
  constructor(desk, call) {
    const { texts } = desk;
    const id = call.call_id;
    this.#desk = desk;
    this.#mark = stateMark(texts);
    this.#record = make('button', {
      type: 'button',
      on: { click: () => recordCall(desk, this.#call, !this.#call.recording) },
    });
    this.#end = make(
      'button',
      {
        type: 'button',
        class: 'grave',
        'aria-label': texts.say('act.endCall', { id }),
        on: { click: () => endCall(desk, this.#call) },
      },
      texts.say('act.end'),
    );
    const plot = (/** @type {Plot} */ { element }, /** @type {Element} */ text) =>
      make('td', { class: 'figures' }, make('span', { class: 'plotted' }, element, text));
    this.element = make(
      'tr',
      {},
      make('td', {}, this.#mark.element),
      make('th', { scope: 'row' }, callLink(id)),
      make('td', {}, personLink(call.caller_id), ' → ', personLink(call.callee_id)),
      this.#time,
      make('td', { class: 'figures' }, this.#units, this.#unitBar),
      this.#points,
      plot(this.#score, this.#scoreText),
      plot(this.#jitter, this.#jitterText),
      plot(this.#loss, this.#lossText),
      make('td', { class: 'acts' }, this.#record, this.#end),
    );
  }

  /** @param {any} call @param {boolean} mayRecord */
  show(call, mayRecord) {
    const { texts } = this.#desk;
    const isConnected = call.started_at !== undefined;
    const names = { id: call.call_id };
    this.#call = call;
    this.#mark.show(call.status, call.recording);
    write(this.#time, isConnected ? texts.duration(call.seconds) : '–');
    write(this.#units, isConnected ? texts.number(call.units) : '–');
    this.#unitBar.style.setProperty(
      '--part',
      isConnected ? String((call.seconds % call.unit_seconds) / call.unit_seconds) : '0',
    );
    write(this.#points, isConnected ? texts.number(call.points) : '–');
    this.#showQuality(call);
    set(this.#record, 'disabled', !(mayRecord && isConnected));
    set(
      this.#record,
      'aria-label',
      texts.say(call.recording ? 'act.stopCall' : 'act.recordCall', names),
    );
    write(this.#record, texts.say(call.recording ? 'act.stop' : 'act.record'));
  }

  /** @param {any} call */
  #showQuality({ quality, mos = null }) {
    const { texts } = this.#desk;
    const jitter = worst(quality, 'jitter_us');
    const before = this.#packets;
    const now = { came: sum(quality, 'packets'), lost: sum(quality, 'lost') };
    const lost = Math.max(0, now.lost - before.lost);
    const all = now.came - before.came + lost;
    const loss = quality.length > 0 && all > 0 ? lost / all : null;
    this.#packets = now;
    this.#score.add(mos);
    this.#jitter.add(jitter === null ? null : jitter / 1000);
    this.#loss.add(loss);
    write(this.#scoreText, texts.score(mos));
    write(this.#jitterText, texts.milliseconds(jitter));
    write(this.#lossText, texts.percent(loss));
  }
}

/** @param {Desk} desk @returns {import('./console.js').View} */
export function liveView(desk) {
  const { texts } = desk;
  /** @type {Map<string, Row>} */ const rows = new Map();
  const counts = new Map(
    ['total', ...STATES].map((state) => [state, make('dd', { class: 'figure' }, '–')]),
  );
  const columns = /** @type {const} */ ([
    'state',
    'call',
    'people',
    'time',
    'units',
    'points',
    'quality',
    'jitter',
    'loss',
    'acts',
  ]).map((name, index) => ({ text: texts.say(`call.${name}`), figures: index > 2 }));
  const list = table(texts.say('live.title'), columns, []);
  const body = list.querySelector('tbody');
  const note = make('p', { class: 'empty', hidden: true });
  const count = make('p', { class: 'sounds', role: 'status' });

  const tile = (/** @type {string} */ state) =>
    make(
      'div',
      { 'data-state': state },
      make('dt', {}, state === 'total' ? texts.say('live.total') : texts.name('state', state)),
      counts.get(state),
    );

  /** @param {any[]} calls @param {boolean} mayRecord */
  const showRows = (calls, mayRecord) => {
    const ids = new Set(calls.map((call) => call.call_id));
    for (const [id, row] of rows)
      if (!ids.has(id)) {
        if (row.element.contains(document.activeElement)) desk.focusMain();
        row.element.remove();
        rows.delete(id);
      }
    calls.forEach((call, index) => {
      const row = rows.get(call.call_id) ?? new Row(desk, call);
      rows.set(call.call_id, row);
      if (body.children[index] !== row.element)
        body.insertBefore(row.element, body.children[index] ?? null);
      row.show(call, mayRecord);
    });
  };

  const look = async () => {
    const { search } = desk;
    const live = await ask('/v1/live', { query: { search } });
    if (search !== desk.search) return;
    write(/** @type {any} */ (counts.get('total')), texts.number(live.live));
    for (const state of STATES)
      write(/** @type {any} */ (counts.get(state)), texts.number(live.states[state]));
    write(count, texts.say('live.count', { number: live.live }));
    showRows(live.calls, live.may_record);
    show(list, live.found > 0);
    show(note, live.found === 0 || live.calls.length < live.found);
    if (live.found > 0)
      write(
        note,
        texts.say('live.some', { shown: live.calls.length, found: texts.number(live.found) }),
      );
    else write(note, search ? texts.say('live.nothing', { search }) : texts.say('live.empty'));
  };

  show(list, false);
  return {
    title: texts.say('live.title'),
    everyMs: EVERY_MS,
    look,
    parts: [
      make('dl', { class: 'tiles' }, ...[...counts.keys()].map(tile)),
      searchForm(desk, texts.say('live.search'), texts.say('live.searchHint')),
      count,
      list,
      note,
    ],
  };
}
