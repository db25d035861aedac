/* Tokens that last for seconds: the client library has a fresh one in time, and nobody notices. */

import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };
const LIFE_S = 6; // what a token's way to the server may take on a busy machine, and half of it more
const SECRET = randomBytes(32);

/** @type {Daemon} */ let daemon;
/** @type {string} */ let keys;
before(async () => {
  keys = await mkdtemp(join(tmpdir(), 'otomo-keys-'));
  await writeFile(join(keys, 'page.HS256'), SECRET);
  const rules = { 'auth.jwt_leeway': 0, 'auth.token_notice': 60, 'auth.token_grace': 1 };
  daemon = await Daemon.start({ 'auth.jwt_keys': keys, ...rules });
});
after(async () => {
  await daemon?.close();
  await rm(keys, { recursive: true });
});

/** @param {string} sub */
function jwt(sub) {
  /** @param {object} json */
  const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
  const head = part({ alg: 'HS256', kid: 'page' });
  const text = `${head}.${part({ sub, exp: Date.now() / 1000 + LIFE_S })}`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

/**
 * A person's page, which is given tokens of ours.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} id
 * @param {(count: number) => string} [make] the token number COUNT, from 1
 */
async function open(t, id, make = () => jwt(id)) {
  const tab = await Tab.open(t, daemon.url);
  const given = { count: 0 };
  await tab.page.route('**/dev/token', (route) =>
    route.fulfill({ json: { token: make(++given.count) } }),
  );
  await tab.page.goto(`${daemon.url}/?as=${id}`);
  await tab.shows('connection', 'open');
  return { tab, given };
}

test('a call, and whatever comes after it, outlives the tokens of its pages', TIMEOUT, async (t) => {
  const user = await open(t, 'demo-user');
  const otomo = await open(t, 'demo-otomo');
  await call(user.tab, otomo.tab, 'demo-otomo');
  for (const { tab, given } of [user, otomo]) {
    const first = given.count;
    await tab.until('three more tokens', async () => given.count >= first + 3);
    await tab.hears();
  }
  await user.tab.click('end');
  await Promise.all([user.tab.heard('call_end'), otomo.tab.heard('call_end')]);
  await user.tab.click('again'); // an expired token would not do for this
  await otomo.tab.shows('state', 'ringing');
  await user.tab.click('cancel');
  for (const { tab } of [user, otomo]) {
    assert.equal(tab.all('connection_ack').length, 1, 'one connection all the time');
    assert.deepEqual(tab.all('error'), []);
    assert.deepEqual(tab.complaints, []);
  }
  await daemon.audit();
});

test('a page that got a wrong token is back with the next good one', TIMEOUT, async (t) => {
  await daemon.addUser('late', 0);
  const { tab, given } = await open(t, 'late', (count) =>
    count === 1 || count > 3 ? jwt('late') : 'wrong',
  );
  await tab.heard('error', ({ code }) => code === 'UNAUTHENTICATED'); // what became of the wrong one
  await tab.until('another connection', async () => tab.all('connection_ack').length > 1);
  assert(given.count > 3);
  await tab.shows('connection', 'open');
});
