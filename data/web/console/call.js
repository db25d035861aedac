/* One call: what it is, drawn along its time, and every line that is stored of it. */

import { endCall, recordCall } from './acts.js';
import { Problem, ask, part } from './api.js';
import { personLink } from './calls.js';
import { facts, make, row, set, show, table, write } from './dom.js';
import { recordingRow, recordingColumns } from './recordings.js';
import { stateMark } from './state.js';
import { drawTimeline } from './timeline.js';

/** @typedef {import('./console.js').Desk} Desk */

const EVERY_MS = 2000; // while it lives

/** A heading, and below it a table or that there is nothing. */
class Section {
  #region;
  #empty;

  /** @param {string} title @param {any[]} columns @param {string} empty */
  constructor(title, columns, empty) {
    this.#region = table(title, columns, []);
    this.#empty = make('p', { class: 'empty' }, empty);
    this.element = make('section', {}, make('h2', {}, title), this.#region, this.#empty);
  }

  /** @param {Element[]} rows */
  show(rows) {
    this.#region.querySelector('tbody').replaceChildren(...rows);
    show(this.#region, rows.length > 0);
    show(this.#empty, rows.length === 0);
  }
}

/** @param {Desk} desk @param {any} call */
function callFacts({ texts }, call) {
  return facts([
    [texts.say('call.user'), personLink(call.caller_id)],
    [texts.say('call.otomo'), personLink(call.callee_id)],
    [texts.say('call.requested'), texts.instant(call.requested_at)],
    [texts.say('call.started'), texts.instant(call.started_at)],
    [texts.say('call.ended'), texts.instant(call.ended_at)],
    [texts.say('call.reason'), call.end_reason && texts.name('reason', call.end_reason)],
    [texts.say('call.time'), call.total_seconds !== null && texts.duration(call.total_seconds)],
    [texts.say('call.units'), texts.number(call.units_charged)],
    [texts.say('call.points'), texts.number(call.total_charged)],
    [texts.say('call.refunded'), call.total_refunded > 0 && texts.number(call.total_refunded)],
    [
      texts.say('call.price'),
      texts.say('call.perUnit', {
        points: texts.number(call.price_per_unit),
        seconds: call.unit_seconds,
      }),
    ],
    [texts.say('call.charge'), texts.name('charge', call.charge)],
    [texts.say('call.share'), `${call.share_percent} %`],
    [texts.say('call.node'), call.node_id],
  ]);
}

/** @param {Desk} desk @returns {import('./console.js').View} */
export function callView(desk) {
  const { texts, argument: id } = desk;
  const names = { id };
  const path = `/v1/calls/${part(id)}`;
  const mark = stateMark(texts);
  const record = make('button', { type: 'button' });
  const end = make('button', { type: 'button', class: 'grave' }, texts.say('act.end'));
  const acts = make('div', { class: 'acts', hidden: true }, record, end);
  const about = make('div');
  const picture = make('div', { class: 'scroll drawn', role: 'region', tabindex: 0 });
  const quality = new Section(
    texts.say('quality.title'),
    /** @type {const} */ (['side', 'packets', 'lost', 'heardLost', 'trip', 'mos']).map(
      (name, index) => ({
        text: texts.say(`quality.${name}`),
        figures: index > 0,
      }),
    ),
    texts.say('quality.empty'),
  );
  quality.element
    .querySelector('thead tr')
    .insertBefore(
      make('th', { scope: 'col', class: 'figures' }, texts.say('call.jitter')),
      quality.element.querySelector('thead tr').children[3],
    );
  const happened = new Section(
    texts.say('events.title'),
    /** @type {const} */ (['at', 'after', 'who', 'what', 'detail']).map((name) => ({
      text: texts.say(`events.${name}`),
      figures: name === 'after',
    })),
    texts.say('events.empty'),
  );
  const money = new Section(
    texts.say('money.title'),
    /** @type {const} */ (['kind', 'unit', 'points', 'from', 'to', 'due', 'committed']).map(
      (name) => ({
        text: texts.say(`money.${name}`),
        figures: name === 'unit' || name === 'points',
      }),
    ),
    texts.say('money.empty'),
  );
  const recorded = new Section(
    texts.say('recordings.title'),
    recordingColumns(texts),
    texts.say('recordings.empty'),
  );
  /** @type {any} */ let shown = null;
  let isRecording = false;
  let isDrawn = '';

  set(end, 'aria-label', texts.say('act.endCall', names));
  set(picture, 'aria-label', texts.say('line.title'));
  end.addEventListener('click', () => endCall(desk, shown.call));
  record.addEventListener('click', () => recordCall(desk, shown.call, !isRecording));

  /** @param {any} live the call's line of /v1/live @param {boolean} mayRecord */
  const showActs = (live, mayRecord) => {
    if (!shown.call.live && acts.contains(document.activeElement)) desk.focusMain();
    show(acts, shown.call.live);
    isRecording = live?.recording ?? false;
    mark.show(shown.call.status, isRecording);
    set(record, 'disabled', !(mayRecord && live?.started_at !== undefined));
    set(record, 'aria-label', texts.say(isRecording ? 'act.stopCall' : 'act.recordCall', names));
    write(record, texts.say(isRecording ? 'act.stop' : 'act.record'));
  };

  /** @param {any[]} recordings */
  const showStored = (recordings) => {
    const { call, events, transfers } = shown;
    const zeroMs = Date.parse(call.started_at ?? call.requested_at);
    about.replaceChildren(callFacts(desk, call));
    picture.replaceChildren(drawTimeline(shown, recordings, Date.now(), texts));
    quality.show(
      shown.quality.map((/** @type {any} */ side) =>
        row(
          call[`${side.side}_id`],
          { figures: texts.number(side.packets) },
          { figures: texts.number(side.lost) },
          { figures: texts.milliseconds(side.jitter_us) },
          {
            figures:
              side.heard_lost === null
                ? '–'
                : texts.percent(side.heard_lost / Math.max(1, side.heard_expected)),
          },
          { figures: texts.milliseconds(side.round_trip_us) },
          { figures: texts.score(side.mos) },
        ),
      ),
    );
    const facts = JSON.stringify([events, transfers, recordings]);
    if (facts === isDrawn) return;
    isDrawn = facts;
    happened.show(
      events.map((/** @type {any} */ event) =>
        row(
          texts.instant(event.at),
          { figures: texts.seconds((Date.parse(event.at) - zeroMs) / 1000) },
          event.actor === 'server' ? texts.say('events.server') : event.actor,
          make('code', {}, event.event),
          [
            event.to_state !== event.from_state &&
              event.to_state &&
              `→ ${texts.name('state', event.to_state)}`,
            event.detail,
          ]
            .filter(Boolean)
            .join('; '),
        ),
      ),
    );
    money.show(
      transfers.map((/** @type {any} */ transfer) =>
        row(
          texts.name('kind', transfer.kind),
          { figures: transfer.unit_index ?? '–' },
          { figures: texts.number(transfer.amount) },
          transfer.debit_account,
          transfer.credit_account,
          texts.instant(transfer.unit_at),
          texts.instant(transfer.created_at),
        ),
      ),
    );
    recorded.show(recordings.map((recording) => recordingRow(texts, recording)));
  };

  const view = {
    title: texts.say('call.title', names),
    everyMs: EVERY_MS,
    parts: [
      make('div', { class: 'bar-of-acts' }, mark.element, acts),
      about,
      make('section', {}, make('h2', {}, texts.say('line.title')), picture),
      quality.element,
      happened.element,
      money.element,
      recorded.element,
    ],
    async look() {
      const [stored, recordings, live] = await Promise.all([
        ask(path),
        ask('/v1/recordings', { query: { call: id } }),
        ask('/v1/live', { query: { search: id } }),
      ]).catch((error) => {
        if (error instanceof Problem && error.status === 404)
          throw new Problem('refused', texts.say('call.gone'), 404);
        throw error;
      });
      shown = stored;
      showActs(
        live.calls.find((/** @type {any} */ call) => call.call_id === id),
        live.may_record,
      );
      showStored(recordings);
      // How it sounded comes a moment after the end, and so does a recording's end.
      const isSettled =
        !stored.call.live &&
        (stored.call.started_at === null || stored.quality.length > 0) &&
        recordings.every((/** @type {any} */ one) => one.state !== 'recording');
      view.everyMs = isSettled ? 0 : EVERY_MS;
    },
  };
  return view;
}
