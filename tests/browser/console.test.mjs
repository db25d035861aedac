/* The console: an operator looks at real calls between two real browsers, and acts. */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Desk } from './desk.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };
const PRICE = 120;
const MARKUP = '<img src=x onerror="throw 1">';

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
/** @type {import('playwright-core').Browser} */ let browser;
before(async () => {
  browser = await Desk.launch();
  daemon = await Daemon.start({
    'admin.listen': `127.0.0.1:${await freePort()}`,
    'recording.mode': 'on-request',
    'server.drain_timeout': 0,
  });
  await daemon.addUser('haruka', 1200);
  await daemon.addOtomo('sora', PRICE);
  await daemon.ctl('user', 'add', 'mallory', '--role', 'user', '--name', MARKUP);
});
after(async () => {
  await browser?.close();
  await daemon?.close();
});

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
  const desk = await Desk.open(t, browser, url.href);
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
  const desk = await Desk.open(t, browser, await pass(), { locale: 'ja-JP' });
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

test('a call is seen, recorded, and ended by the keyboard alone', TIMEOUT, async (t) => {
  const desk = await Desk.open(t, browser, await pass());
  const { page } = desk;
  const { user, otomo, callId } = await talk(t);
  const row = desk.row(callId);
  await row.getByText('In call').waitFor();
  await row.getByText(`${PRICE}`, { exact: true }).waitFor();
  await row.getByText(/^[1-4]\.\d\d$/).waitFor();
  await page.waitForFunction(
    () => (document.querySelector('.plot .line')?.getAttribute('d') ?? '').split('L').length > 3,
  );
  await desk.isAccessible('live');
  const field = page.getByRole('searchbox');
  await field.fill('no such call');
  await page.getByText('No live call has “no such call”').waitFor();
  await field.fill('haru');
  await row.waitFor();

  await desk.press(callId, 'link');
  await desk.sees('heading', `Call ${callId}`);
  await page.locator('.timeline .unit').waitFor();
  await desk.isAccessible('call');
  await desk.press(`Record call ${callId}`);
  await desk.press('Record');
  await page.getByText(`Call ${callId} is being recorded.`).waitFor();
  await user.says('recording', 'Recording');
  await desk.press(`Stop recording call ${callId}`);
  await desk.press('Stop recording');
  await page.getByRole('cell', { name: 'Complete' }).waitFor();
  await page.locator('.timeline .recorded').waitFor();

  await desk.press('Live', 'link');
  await row.waitFor();
  await desk.press(`End call ${callId}`);
  await desk.isAccessible('question');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.equal(await desk.focused(), `End call ${callId}`, 'where it was before the question');
  await user.hears();
  await page.keyboard.press('Enter');
  await desk.press('End');
  await Promise.all([user.shows('reason', 'admin'), otomo.shows('reason', 'admin')]);
  await page.getByText(`Call ${callId} was ended.`).waitFor();
  await row.waitFor({ state: 'detached' });
  const { call: stored } = await daemon.call(callId);
  assert.deepEqual(
    [stored.status, stored.end_reason, stored.units_charged, stored.total_charged],
    ['ended', 'admin', 1, PRICE],
  );

  await desk.press('Calls', 'link');
  await desk.row(callId).getByText('Ended by the operator').waitFor();
  await desk.isAccessible('calls');
  await page.getByRole('searchbox').fill('nobody');
  await page.getByText('No call, and no call of a person, has the id “nobody”.').waitFor();
  await page.getByRole('searchbox').fill('sora');
  await desk.press('sora', 'link');
  await desk.sees('heading', 'sora');
  await page.getByRole('cell', { name: '+60' }).waitFor();
  await desk.row(callId).last().waitFor();
  await desk.isAccessible('person');
  await desk.press('Recordings', 'link');
  await desk.row(callId).getByText('Complete').waitFor();
  await desk.isAccessible('recordings');
  await desk.press('Audit', 'link');
  await desk.press('Check now');
  await page.getByText(/The books are right/).waitFor();
  await desk.isAccessible('audit');
  desk.isSound();
});

test('what a person is called is no markup, and the books may be wrong', TIMEOUT, async (t) => {
  const desk = await Desk.open(t, browser, await pass(), { viewport: { width: 390, height: 780 } });
  const { page } = desk;
  await desk.press('People', 'link');
  await page.getByRole('searchbox').fill('onerror');
  await page.getByRole('cell', { name: MARKUP }).waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  await desk.isAccessible('people');
  await page.goto(`${new URL(page.url()).origin}/console/#/person/nobody`);
  await page.getByText(/There is nobody with this id/).waitFor();
  await page.route('**/v1/audit', (route) =>
    route.fulfill({ json: [{ invariant: 2, subject: MARKUP, detail: 'wrong' }] }),
  );
  await desk.press('Audit', 'link');
  await desk.press('Check now');
  await page.getByText('Findings: 1.').waitFor();
  await page.getByRole('cell', { name: MARKUP }).waitFor();
  const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
  assert.equal(scrollWidth, clientWidth, 'a phone has nothing to scroll sideways but tables');
  desk.isSound();
});

test('looks only while somebody can see it, and again after a refusal', TIMEOUT, async (t) => {
  const desk = await Desk.open(t, browser, await pass());
  const { page } = desk;
  await page.getByText('Nobody is on the phone right now.').waitFor();
  await page.route('**/v1/live*', (route) =>
    route.fulfill({ status: 503, json: { error: 'The database is away' } }),
  );
  await page.getByText('The server says: The database is away').waitFor();
  await page.unroute('**/v1/live*');
  await page.getByText('The database is away').waitFor({ state: 'hidden' });

  let looks = 0;
  page.on('request', (request) => request.url().includes('/v1/live') && looks++);
  const turn = (/** @type {boolean} */ isHidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  await page.clock.install();
  await page.waitForRequest('**/v1/live*');
  await turn(true);
  await page.clock.runFor(5_000); // the pause that has begun
  const before = looks;
  await page.clock.runFor(120_000);
  assert.equal(looks, before, 'nobody sees it');
  await Promise.all([page.waitForRequest('**/v1/live*'), turn(false)]);
  desk.isSound();
});

test('the server goes away and comes back', TIMEOUT, async (t) => {
  const desk = await Desk.open(t, browser, await pass());
  await desk.page.getByText('Nobody is on the phone right now.').waitFor();
  await daemon.kill();
  await desk.page.getByText(/cannot be reached since .* Trying again/).waitFor();
  await desk.isAccessible('away');
  await daemon.start();
  await desk.page.getByText('The server answers again.').waitFor();
  await desk.page.getByText(/cannot be reached/).waitFor({ state: 'hidden' });
  desk.isSound();
});
