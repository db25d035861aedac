/* All calls there ever were, newest first. */

import { ask } from './api.js';
import { make, row } from './dom.js';
import { pagedList } from './pages.js';
import { searchForm } from './search.js';
import { stateMark } from './state.js';

/** @typedef {import('./console.js').Desk} Desk */

/** @param {string} id */
export const callLink = (id) =>
  make('a', { href: `#/call/${encodeURIComponent(id)}`, class: 'id', title: id }, id);

/** @param {string} id */
export const personLink = (id) =>
  make('a', { href: `#/person/${encodeURIComponent(id)}`, class: 'id', title: id }, id);

/**
 * @param {Desk} desk
 * @param {string} caption
 * @param {() => string} of whose; '': all
 * @param {() => string} empty
 */
export function callsList(desk, caption, of, empty) {
  const { texts } = desk;
  const columns = /** @type {const} */ ([
    'state',
    'call',
    'people',
    'requested',
    'time',
    'units',
    'points',
    'reason',
  ]).map((name, index) => ({ text: texts.say(`call.${name}`), figures: index > 3 && index < 7 }));
  return pagedList(desk, {
    caption,
    columns,
    empty,
    ask: (last, limit) =>
      ask('/v1/calls', {
        query: {
          of: of(),
          limit,
          before: last?.requested_at ?? null,
          before_id: last?.call_id ?? null,
        },
      }),
    row: (call) => {
      const mark = stateMark(texts);
      mark.show(call.status);
      return row(
        mark.element,
        callLink(call.call_id),
        make('span', {}, personLink(call.caller_id), ' → ', personLink(call.callee_id)),
        texts.instant(call.requested_at),
        { figures: call.total_seconds === null ? '–' : texts.duration(call.total_seconds) },
        { figures: texts.number(call.units_charged) },
        { figures: texts.number(call.total_charged) },
        texts.name('reason', call.end_reason),
      );
    },
  });
}

/** @param {Desk} desk @returns {import('./console.js').View} */
export function callsView(desk) {
  const { texts } = desk;
  const list = callsList(
    desk,
    texts.say('calls.title'),
    () => desk.search,
    () =>
      desk.search ? texts.say('calls.nothing', { search: desk.search }) : texts.say('calls.empty'),
  );
  return {
    title: texts.say('calls.title'),
    everyMs: 0,
    look: list.look,
    parts: [
      searchForm(desk, texts.say('calls.search'), texts.say('calls.searchHint')),
      ...list.parts,
    ],
  };
}
