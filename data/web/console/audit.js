/* Whether the books are right. Asked for by a person: it reads everything. */

import { ask } from './api.js';
import { make, row, set, table, write } from './dom.js';

/** @param {import('./console.js').Desk} desk @returns {import('./console.js').View} */
export function auditView(desk) {
  const { texts } = desk;
  const result = make('p', { class: 'result', role: 'status' });
  const findings = make('div');
  const check = make('button', { type: 'button', class: 'strong' }, texts.say('audit.run'));
  let isRunning = false;

  const run = async () => {
    write(result, texts.say('audit.running'));
    findings.replaceChildren();
    set(result, 'data-result', null);
    /** @type {any[]} */ const found = await ask('/v1/audit');
    const isGood = found.length === 0;
    const verdict = isGood
      ? texts.say('audit.good')
      : texts.say('audit.bad', { number: found.length });
    set(result, 'data-result', isGood ? 'good' : 'bad');
    write(result, `${verdict} ${texts.say('audit.at', { time: texts.time(Date.now()) })}`);
    if (!isGood)
      findings.replaceChildren(
        table(
          texts.say('audit.title'),
          /** @type {const} */ (['invariant', 'subject', 'detail']).map((name) => ({
            text: texts.say(`audit.${name}`),
          })),
          found.map(({ invariant, subject, detail }) =>
            row(invariant, subject, make('span', { class: 'long' }, detail)),
          ),
        ),
      );
  };
  check.addEventListener('click', async () => {
    if (isRunning) return;
    isRunning = true;
    set(check, 'aria-disabled', 'true');
    await desk.attempt(run);
    if (!result.hasAttribute('data-result')) write(result, '');
    set(check, 'aria-disabled', null);
    isRunning = false;
  });
  return {
    title: texts.say('audit.title'),
    everyMs: 0,
    look: async () => {},
    parts: [make('p', {}, texts.say('audit.hint')), make('div', {}, check), result, findings],
  };
}
