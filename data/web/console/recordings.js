/* What was recorded. The files are otomoctl's to give out, not the console's. */

import { ask } from './api.js';
import { callLink } from './calls.js';
import { make, row } from './dom.js';
import { pagedList } from './pages.js';

/** @typedef {import('./texts.js').Texts} Texts */

/** @param {Texts} texts */
export const recordingColumns = (texts) => [
  { text: texts.say('events.at') },
  { text: texts.say('call.call') },
  { text: texts.say('call.state') },
  { text: texts.say('recordings.length'), figures: true },
  { text: texts.say('recordings.size'), figures: true },
  { text: texts.say('recordings.file') },
];

/** @param {Texts} texts @param {any} recording */
export const recordingRow = (texts, recording) =>
  row(
    texts.instant(recording.started_at),
    callLink(recording.call_id),
    texts.name('recording', recording.state),
    { figures: recording.length_ms === null ? '–' : texts.duration(recording.length_ms / 1000) },
    { figures: texts.size(recording.bytes) },
    make('code', {}, recording.path),
  );

/** @param {import('./console.js').Desk} desk @returns {import('./console.js').View} */
export function recordingsView(desk) {
  const { texts } = desk;
  const list = pagedList(desk, {
    caption: texts.say('recordings.title'),
    columns: recordingColumns(texts),
    empty: () => texts.say('recordings.empty'),
    ask: (last, limit) =>
      ask('/v1/recordings', {
        query: { limit, before: last?.path ?? null, node: last?.node_id ?? null },
      }),
    row: (recording) => recordingRow(texts, recording),
  });
  return { title: texts.say('recordings.title'), everyMs: 0, look: list.look, parts: list.parts };
}
