/* A list that comes in pages: the first by itself, further ones when they are asked for. */

import { make, set, show, table, write } from './dom.js';

/** @typedef {import('./console.js').Desk} Desk */

const PAGE = 50;

/**
 * @param {Desk} desk
 * @param {object} list
 * @param {string} list.caption
 * @param {Parameters<typeof table>[1]} list.columns
 * @param {(last: any, limit: number) => Promise<any[]>} list.ask the page behind this line; null: the first
 * @param {(line: any) => Element} list.row
 * @param {() => string} list.empty what to say when there is nothing
 */
export function pagedList(desk, { caption, columns, ask, row, empty }) {
  const region = table(caption, columns, []);
  const body = region.querySelector('tbody');
  const note = make('p', { class: 'empty', hidden: true });
  const more = make('button', { type: 'button', hidden: true }, desk.texts.say('page.more'));
  /** @type {any} */ let last = null;
  let visits = 0;

  /** @param {any} behind */
  const load = async (behind) => {
    const visit = ++visits;
    const lines = await ask(behind, PAGE);
    if (visit !== visits) return; // something else has been asked for since
    const rows = lines.map(row);
    if (behind === null) body.replaceChildren(...rows);
    else body.append(...rows);
    last = lines.at(-1) ?? last;
    show(region, body.children.length > 0);
    show(note, body.children.length === 0);
    write(note, body.children.length === 0 ? empty() : '');
    if (document.activeElement === more && lines.length < PAGE) region.focus();
    show(more, lines.length === PAGE);
  };

  more.addEventListener('click', async () => {
    set(more, 'aria-disabled', 'true');
    await desk.attempt(() => load(last));
    set(more, 'aria-disabled', null);
  });
  show(region, false);
  return { parts: [region, note, more], look: () => load(null) };
}
