/* The console: an operator looks at real calls between two real browsers, and acts. */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Desk } from './desk.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };
const PRICE = 120;

/** @returns {Promise<number>} a port that the console can have again after a restart */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @type {Daemon} */ let daemon;
before(async () => {
  daemon = await Daemon.start({
    'admin.listen': `127.0.0.1:${await freePort()}`,
    'recording.mode': 'on-request',
    'server.drain_timeout': 0,
  });
  await daemon.addUser('haruka', 1200);
  await daemon.addOtomo('sora', PRICE);
});
after(() => daemon?.close());

const pass = async () => (await daemon.ctl('console')).trim();

/** Two people who talk. @param {import('node:test').TestContext} t */
async function talk(t) {
  const user = await Tab.open(t, daemon.url, { as: 'haruka', to: 'sora' });
  const otomo = await Tab.open(t, daemon.url, { as: 'sora' });
  const { callId } = await call(user, otomo, 'sora');
  await Promise.all([user.hears(), otomo.hears()]);
  return { user, otomo, callId };
}

test('lets in who has a pass, and nobody else', TIMEOUT, async (t) => {
  const url = new URL(await pass());
  const good = url.hash.replace('#pass=', '');
  url.hash = '';
  const desk = await Desk.open(t, url.href);
  await desk.sees('heading', 'Sign in');
  await desk.isAccessible('sign in');
  await desk.page.getByLabel('Pass', { exact: true }).fill(`${good.slice(0, -1)}x`);
  await desk.page.keyboard.press('Enter');
  await desk.page.getByText(/not good/).waitFor();
  await desk.isAccessible('sign in again');
  await desk.page.getByLabel('Pass', { exact: true }).fill(good);
  await desk.page.keyboard.press('Enter');
  await desk.sees('heading', 'Live calls');
  await desk.page.reload();
  await desk.sees('heading', 'Live calls');
  assert(!desk.page.url().includes(good), 'the pass is not left in the address');
  await desk.page.getByRole('button', { name: 'Sign out' }).click();
  await desk.page.reload();
  await desk.sees('heading', 'Sign in');
  desk.isSound();
});

test('speaks the browser’s language, then the one that was chosen', TIMEOUT, async (t) => {
  const desk = await Desk.open(t, await pass(), { locale: 'ja-JP' });
  await desk.sees('heading', '進行中の通話');
  await desk.page.getByText('今、通話はありません。').waitFor();
  await desk.isAccessible('live, Japanese');
  await desk.page.getByRole('button', { name: 'English' }).click();
  await desk.page.getByText('Nobody is on the phone right now.').waitFor();
  assert.equal(await desk.page.locator('html').getAttribute('lang'), 'en');
  await desk.page.reload();
  await desk.sees('heading', 'Live calls');
  desk.isSound();
});

test('a call is seen, and ended by the keyboard alone', TIMEOUT, async (t) => {
  const desk = await Desk.open(t, await pass());
  const { user, otomo, callId } = await talk(t);
  const row = desk.row(callId);
  await row.getByText('In call').waitFor();
  await row.getByText(`${PRICE}`, { exact: true }).waitFor();
  await row.getByText(/^[1-4]\.\d\d$/).waitFor();
  await desk.page.waitForFunction(
    () => (document.querySelector('.plot .line')?.getAttribute('d') ?? '').split('L').length > 3,
  );
  await desk.isAccessible('live');

  const field = desk.page.getByRole('searchbox');
  await field.fill('no such call');
  await desk.page.getByText('No live call has “no such call”').waitFor();
  await field.fill('haru');
  await row.waitFor();

  const { keyboard } = desk.page;
  const focused = () => desk.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  const reach = async (/** @type {string} */ name) => {
    for (let steps = 0; (await focused()) !== name; steps++) {
      assert(steps < 40, `${name} can't be reached by Tab`);
      await keyboard.press('Tab');
    }
  };
  await reach(`End call ${callId}`);
  await keyboard.press('Enter');
  await desk.sees('dialog', 'End this call?');
  await desk.isAccessible('question');
  await keyboard.press('Escape');
  await desk.page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.equal(await focused(), `End call ${callId}`, 'where it was before the question');
  await user.hears();
  await keyboard.press('Enter');
  await desk.sees('dialog', 'End this call?');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await Promise.all([user.shows('reason', 'admin'), otomo.shows('reason', 'admin')]);
  await desk.page.getByText(`Call ${callId} was ended.`).waitFor();
  await row.waitFor({ state: 'detached' });
  const { call: stored } = await daemon.call(callId);
  assert.deepEqual(
    [stored.status, stored.end_reason, stored.units_charged, stored.total_charged],
    ['ended', 'admin', 1, PRICE],
  );
  desk.isSound();
});

test('the server goes away and comes back', TIMEOUT, async (t) => {
  const desk = await Desk.open(t, await pass());
  await desk.page.getByText('Nobody is on the phone right now.').waitFor();
  await daemon.kill();
  await desk.page.getByText(/cannot be reached since .* Trying again/).waitFor();
  await desk.isAccessible('away');
  await daemon.start();
  await desk.page.getByText('The server answers again.').waitFor();
  await desk.page.getByText(/cannot be reached/).waitFor({ state: 'hidden' });
  desk.isSound();
});
