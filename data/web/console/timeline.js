/*
 * A call drawn along its time: states, voices, units, recordings, events. Pure: from what is
 * stored to a picture.
 */

import { draw } from './dom.js';

/** @typedef {import('./texts.js').Texts} Texts */

const WIDTH = 1000;
const LEFT = 150;
const RIGHT = 20;
const LANE = 30;
const BAND = 18;
const TICKS_MAX = 10;
const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
];
const LABEL_MAX = 24; // characters beside a lane
const LABEL_WIDTH = 16; // px of a unit that its number needs

/** @param {string | null} instant */
const ms = (instant) => (instant === null ? null : Date.parse(instant));

/**
 * The times in each state, from the changes of it.
 *
 * @param {any[]} events
 * @param {number} endMs
 * @returns {{state: string, fromMs: number, toMs: number}[]}
 */
export function statesOf(events, endMs) {
  const changes = events.filter((event) => event.to_state && event.to_state !== event.from_state);
  return changes.map((event, index) => ({
    state: event.to_state,
    fromMs: Date.parse(event.at),
    toMs: index + 1 < changes.length ? Date.parse(changes[index + 1].at) : endMs,
  }));
}

/** How far apart the marks of the axis are. @param {number} lengthS */
export const stepOf = (lengthS) =>
  STEPS_S.find((step) => lengthS / step <= TICKS_MAX) ?? Math.ceil(lengthS / TICKS_MAX);

/**
 * @param {any} shown as `otomoctl call show --json`
 * @param {any[]} recordings
 * @param {number} nowMs where a call that is not over ends for now
 * @param {Texts} texts
 */
export function drawTimeline({ call, events, evidence, transfers }, recordings, nowMs, texts) {
  const fromMs = /** @type {number} */ (ms(call.requested_at));
  const zeroMs = ms(call.started_at) ?? fromMs;
  const toMs = Math.max(ms(call.ended_at) ?? nowMs, fromMs + 1000);
  const scale = (WIDTH - LEFT - RIGHT) / (toMs - fromMs);
  const x = (/** @type {number} */ atMs) =>
    LEFT + (Math.min(Math.max(atMs, fromMs), toMs) - fromMs) * scale;
  const states = statesOf(events, toMs).filter(
    ({ state }) => state !== 'ended' && state !== 'failed',
  );
  /** @type {Element[]} */ const parts = [];
  /** @type {Element[]} */ const axis = [];
  let top = 0;

  /** @param {string} name @param {(middle: number) => Element[]} fill */
  const lane = (name, fill) => {
    const middle = top + LANE / 2;
    parts.push(
      draw(
        'text',
        { class: 'lane', x: 0, y: middle, 'dominant-baseline': 'central' },
        name.length > LABEL_MAX ? `${name.slice(0, LABEL_MAX - 1)}…` : name,
        draw('title', {}, name),
      ),
      draw('line', {
        class: 'ground',
        x1: LEFT,
        x2: WIDTH - RIGHT,
        y1: top + LANE,
        y2: top + LANE,
      }),
      ...fill(middle),
    );
    top += LANE;
  };

  /** @param {string} kind @param {number} aMs @param {number} bMs @param {number} middle @param {string} title */
  const band = (kind, aMs, bMs, middle, title) =>
    draw(
      'rect',
      {
        class: `band ${kind}`,
        x: x(aMs).toFixed(1),
        y: middle - BAND / 2,
        width: Math.max(1, x(bMs) - x(aMs)).toFixed(1),
        height: BAND,
        rx: 2,
      },
      draw('title', {}, title),
    );
  /** @param {number} aMs @param {number} bMs */
  const length = (aMs, bMs) => texts.duration(Math.round((bMs - aMs) / 1000));

  lane(texts.say('line.states'), (middle) =>
    states.map(({ state, fromMs: a, toMs: b }) =>
      band(`state-${state}`, a, b, middle, `${texts.name('state', state)}, ${length(a, b)}`),
    ),
  );

  for (const side of ['caller', 'callee']) {
    const person = call[`${side}_id`];
    const first = ms(
      evidence.find((/** @type {any} */ one) => one.side === side)?.first_at ?? null,
    );
    lane(texts.say('line.voice', { person }), (middle) =>
      states
        .filter(({ state }) => state === 'in_call' || state === 'reconnecting')
        .map(({ state, fromMs: a, toMs: b }) =>
          band(
            `voice-${state}`,
            a === zeroMs && first !== null ? first : a,
            b,
            middle,
            texts.name('state', state),
          ),
        ),
    );
  }

  lane(texts.say('line.units'), (middle) =>
    transfers
      .filter((/** @type {any} */ transfer) => transfer.kind === 'charge')
      .flatMap((/** @type {any} */ charge) => {
        const due = Date.parse(charge.unit_at);
        const unitMs = call.unit_seconds * 1000;
        const a = call.charge === 'arrears' ? due - unitMs : due;
        const title = texts.say('line.unit', {
          index: charge.unit_index,
          points: texts.number(charge.amount),
        });
        const isWide = x(a + unitMs) - x(a) > LABEL_WIDTH;
        return [
          band('unit', a, a + unitMs, middle, title),
          ...(isWide
            ? [
                draw(
                  'text',
                  { class: 'number', x: x(a) + 5, y: middle, 'dominant-baseline': 'central' },
                  charge.unit_index,
                ),
              ]
            : []),
        ];
      }),
  );

  if (recordings.length > 0)
    lane(texts.say('line.recordings'), (middle) =>
      recordings.map((one) => {
        const a = Date.parse(one.started_at);
        const b = one.length_ms === null ? toMs : a + one.length_ms;
        return band(
          'recorded',
          a,
          b,
          middle,
          `${texts.name('recording', one.state)}, ${length(a, b)}`,
        );
      }),
    );

  lane(texts.say('line.events'), (middle) =>
    events.map((/** @type {any} */ event) =>
      draw(
        'circle',
        { class: 'event', cx: x(Date.parse(event.at)).toFixed(1), cy: middle, r: 3.5 },
        draw('title', {}, `${texts.time(event.at)} ${event.event}, ${event.actor}`),
      ),
    ),
  );

  const stepMs = stepOf((toMs - fromMs) / 1000) * 1000;
  for (let at = Math.ceil((fromMs - zeroMs) / stepMs) * stepMs; zeroMs + at <= toMs; at += stepMs) {
    const label = `${at < 0 ? '−' : ''}${texts.duration(Math.abs(at) / 1000)}`;
    axis.push(
      draw('line', {
        class: at === 0 ? 'tick zero' : 'tick',
        x1: x(zeroMs + at),
        x2: x(zeroMs + at),
        y1: 0,
        y2: top + 4,
      }),
      draw(
        'text',
        { class: 'hour', x: x(zeroMs + at), y: top + 18, 'text-anchor': 'middle' },
        label,
      ),
    );
  }
  return draw(
    'svg',
    {
      class: 'timeline',
      viewBox: `0 0 ${WIDTH} ${top + 24}`,
      role: 'img',
      'aria-label': texts.say('line.picture', { id: call.call_id }),
    },
    ...axis,
    ...parts,
  );
}
