/* Who there is, and one of them: points, the newest lines of the ledger, calls. */

import { Problem, ask, part } from './api.js';
import { callLink, callsList, personLink } from './calls.js';
import { facts, make, row, show, table } from './dom.js';
import { pagedList } from './pages.js';
import { searchForm } from './search.js';

/** @typedef {import('./console.js').Desk} Desk */
/** @typedef {import('./texts.js').Texts} Texts */

/** @param {Texts} texts @param {any} person */
const priceOf = (texts, person) =>
  person.price_per_unit === null ? '–' : texts.number(person.price_per_unit);

/** @param {Desk} desk @returns {import('./console.js').View} */
export function peopleView(desk) {
  const { texts } = desk;
  const columns = /** @type {const} */ (['id', 'shown', 'role', 'balance', 'price', 'blocked']).map(
    (name) => ({
      text: texts.say(`people.${name}`),
      figures: name === 'balance' || name === 'price',
    }),
  );
  const list = pagedList(desk, {
    caption: texts.say('people.title'),
    columns,
    empty: () =>
      desk.search
        ? texts.say('people.nothing', { search: desk.search })
        : texts.say('people.empty'),
    ask: (last, limit) =>
      ask('/v1/users', { query: { search: desk.search, after: last?.id ?? null, limit } }),
    row: (person) =>
      row(
        personLink(person.id),
        person.display_name,
        texts.name('role', person.role),
        { figures: texts.number(person.balance) },
        { figures: priceOf(texts, person) },
        person.blocked ? make('span', { class: 'wrong' }, texts.say('people.blocked')) : '–',
      ),
  });
  return {
    title: texts.say('people.title'),
    everyMs: 0,
    look: list.look,
    parts: [
      searchForm(desk, texts.say('people.search'), texts.say('people.searchHint')),
      ...list.parts,
    ],
  };
}

/** @param {Texts} texts @param {any} person */
const personFacts = (texts, person) =>
  facts([
    [texts.say('people.shown'), person.display_name || '–'],
    [texts.say('people.role'), texts.name('role', person.role)],
    [
      person.role === 'otomo' ? texts.say('person.earnings') : texts.say('person.balance'),
      texts.number(person.balance),
    ],
    [texts.say('people.price'), person.role === 'otomo' && priceOf(texts, person)],
    [texts.say('call.share'), person.share_percent !== null && `${person.share_percent} %`],
    [texts.say('call.state'), person.blocked && texts.say('people.blocked')],
  ]);

/** A line of somebody's account. @param {Texts} texts @param {string} account @param {any} transfer */
function ledgerRow(texts, account, transfer) {
  const isOut = transfer.debit_account === account;
  return row(
    texts.instant(transfer.created_at),
    texts.name('kind', transfer.kind),
    { figures: `${isOut ? '−' : '+'}${texts.number(transfer.amount)}` },
    { figures: transfer.unit_index ?? '–' },
    transfer.call_id === null ? '–' : callLink(transfer.call_id),
    isOut ? transfer.credit_account : transfer.debit_account,
    transfer.operator === null ? '' : `${transfer.operator}: ${transfer.reason}`,
  );
}

/** @param {Desk} desk @returns {import('./console.js').View} */
export function personView(desk) {
  const { texts, argument: id } = desk;
  const about = make('div');
  const ledger = table(
    texts.say('person.ledger'),
    [
      { text: texts.say('money.committed') },
      { text: texts.say('money.kind') },
      { text: texts.say('money.points'), figures: true },
      { text: texts.say('money.unit'), figures: true },
      { text: texts.say('call.call') },
      { text: texts.say('person.other') },
      { text: texts.say('person.note') },
    ],
    [],
  );
  const nothing = make('p', { class: 'empty' }, texts.say('money.empty'));
  const calls = callsList(
    desk,
    texts.say('person.calls'),
    () => id,
    () => texts.say('calls.empty'),
  );

  const look = async () => {
    const [people, wallet] = await Promise.all([
      ask('/v1/users', { query: { search: id, limit: 10 } }),
      ask(`/v1/users/${part(id)}/wallet`),
    ]).catch((error) => {
      if (error instanceof Problem && error.status === 404)
        throw new Problem('refused', texts.say('person.gone'), 404);
      throw error;
    });
    const person = people.find((/** @type {any} */ one) => one.id === id);
    about.replaceChildren(
      ...(person ? [personFacts(texts, { ...person, balance: wallet.balance })] : []),
    );
    const rows = wallet.transfers.map((/** @type {any} */ one) =>
      ledgerRow(texts, wallet.account, one),
    );
    ledger.querySelector('tbody').replaceChildren(...rows);
    show(ledger, rows.length > 0);
    show(nothing, rows.length === 0);
    await calls.look();
  };
  return {
    title: id,
    everyMs: 0,
    look,
    parts: [
      about,
      make('section', {}, make('h2', {}, texts.say('person.ledger')), ledger, nothing),
      make('section', {}, make('h2', {}, texts.say('person.calls')), ...calls.parts),
    ],
  };
}
