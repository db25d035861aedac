/* What a person sees and does: languages, refusals, mute, keyboard, accessibility. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };
const USER = { as: 'demo-user', to: 'demo-otomo' };
const OTOMO = { as: 'demo-otomo' };

/** @type {Daemon} */ let daemon;
before(async () => {
  daemon = await Daemon.start();
});
after(() => daemon?.close());

test('speaks the browser’s language, then the one that was chosen', TIMEOUT, async (t) => {
  for (const [locale, language, question] of [
    ['ja-JP', 'ja', 'どなたですか'],
    ['fr-FR', 'en', 'Who are you?'],
  ]) {
    const tab = await Tab.open(t, daemon.url, {}, { locale });
    const heading = tab.page.getByRole('heading', { level: 1 });
    const is = async (/** @type {string} */ lang, /** @type {string} */ text) => {
      await tab.page.waitForSelector(`html[lang="${lang}"]`);
      assert.match(/** @type {string} */ (await heading.textContent()), new RegExp(text));
    };
    await is(language, question);
    await tab.click('language', language === 'ja' ? 'en' : 'ja');
    await is(language === 'ja' ? 'en' : 'ja', language === 'ja' ? 'Who are you?' : 'どなたですか');
    await tab.page.reload();
    await is(language === 'ja' ? 'en' : 'ja', language === 'ja' ? 'Who are you?' : 'どなたですか');
    await tab.close();
  }
});

test('says who is not there', TIMEOUT, async (t) => {
  const user = await Tab.open(t, daemon.url, USER);
  await user.click('call', 'demo-otomo');
  await user.says('reason', 'is offline');
  await user.click('back');
  await user.shows('view', 'home');

  const stranger = await Tab.open(t, daemon.url);
  await stranger.page.goto(`${daemon.url}/?as=nobody-at-all`);
  await stranger.says('problem-text', 'There is nobody called “nobody-at-all”.');
});

test('an otomo declines', TIMEOUT, async (t) => {
  const user = await Tab.open(t, daemon.url, USER);
  const otomo = await Tab.open(t, daemon.url, OTOMO);
  await user.click('call', 'demo-otomo');
  await otomo.shows('state', 'ringing');
  assert.match(await otomo.page.title(), /is calling$/);
  await otomo.click('reject');
  await user.shows('reason', 'manual_decline');
  await user.says('reason', 'cannot talk right now');
  await otomo.says('reason', 'You declined');
  const { call: stored } = await daemon.call((await user.heard('call_rejected')).callId);
  assert.deepEqual([stored.status, stored.total_charged], ['failed', 0]);
});

test('all devices ring, and the one that answers has the call', TIMEOUT, async (t) => {
  const countNotes = () => {
    const start = OscillatorNode.prototype.start;
    Object.assign(globalThis, { notes: 0 });
    OscillatorNode.prototype.start = function (...when) {
      /** @type {any} */ (globalThis).notes++;
      start.apply(this, when);
    };
  };
  const user = await Tab.open(t, daemon.url, USER);
  const phone = await Tab.open(t, daemon.url, OTOMO, { before: countNotes });
  const desk = await Tab.open(t, daemon.url, OTOMO);
  await user.click('call', 'demo-otomo');
  await desk.shows('state', 'ringing');
  await phone.shows('state', 'ringing');
  await phone.page.waitForFunction(() => /** @type {any} */ (globalThis).notes > 0);

  await phone.page.locator('[data-action="accept"]').dblclick();
  await desk.shows('state', 'answered_elsewhere');
  await desk.says('reason', 'You answered on another device');
  await Promise.all([user.hears(), phone.hears()]);
  assert.equal(await desk.stats(), null);
  assert(
    await phone.page.locator('[data-field="problem"]').isHidden(),
    'a second click is no fault',
  );

  await user.click('end');
  await phone.shows('reason', 'user_end');
});

test('a user cancels', TIMEOUT, async (t) => {
  const user = await Tab.open(t, daemon.url, USER);
  const otomo = await Tab.open(t, daemon.url, OTOMO);
  await user.click('call', 'demo-otomo');
  await otomo.shows('state', 'ringing');
  await user.click('cancel');
  await user.says('reason', 'You cancelled');
  await otomo.says('reason', 'cancelled the call');
  const ends = await Promise.all([user.heard('call_end'), otomo.heard('call_end')]);
  assert.deepEqual(
    ends.map((end) => end.reason),
    ['cancelled', 'cancelled'],
  );
});

test('mute sends silence; the keyboard is enough for all of it', TIMEOUT, async (t) => {
  const user = await Tab.open(t, daemon.url, USER);
  const otomo = await Tab.open(t, daemon.url, OTOMO);
  const press = async (/** @type {Tab} */ tab, /** @type {string} */ action) => {
    await tab.page.locator(`[data-action="${action}"]:visible`).first().focus();
    await tab.page.keyboard.press('Enter');
  };
  await press(user, 'call');
  await otomo.shows('state', 'ringing');
  await press(otomo, 'accept');
  await Promise.all([user.heard('call_connected'), otomo.heard('call_connected')]);
  await otomo.hears();

  await press(user, 'mute');
  await user.says('note', 'You are muted');
  await otomo.hearsSilence();
  await user.shows('state', 'in_call');
  await press(user, 'mute');
  await otomo.hears();

  await press(user, 'end');
  await user.says('reason', 'hung up');
  await otomo.shows('reason', 'user_end');
  assert.deepEqual([...user.complaints, ...otomo.complaints], []);
});

test('nothing that a screen reader or weak eyes trip over', TIMEOUT, async (t) => {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const check = async (/** @type {Tab} */ tab, /** @type {string} */ where) => {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await tab.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await tab.page.evaluate(axe);
      const { violations } = await tab.page.evaluate(() =>
        /** @type {any} */ (globalThis).axe.run(),
      );
      const found = violations.map(
        (/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html)}`,
      );
      assert.deepEqual(found, [], `${where}, ${colorScheme}`);
    }
  };
  const user = await Tab.open(t, daemon.url, { to: 'demo-otomo' }, { locale: 'ja-JP' });
  const otomo = await Tab.open(t, daemon.url, OTOMO, { viewport: { width: 360, height: 740 } });
  await check(user, 'choose');
  await user.click('choose', 'demo-user');
  await user.shows('connection', 'open');
  await check(user, 'home of a user');
  await check(otomo, 'home of an otomo');
  await user.click('call', 'demo-otomo');
  await otomo.shows('state', 'ringing');
  await check(user, 'ringing');
  await check(otomo, 'called');
  await otomo.click('accept');
  await Promise.all([user.heard('call_tick'), otomo.heard('call_tick')]);
  await user.click('mute');
  await user.say('こんにちは');
  await otomo.says('messages', 'こんにちは');
  await check(user, 'in a call');
  await check(otomo, 'in a call');
  const { scrollWidth, clientWidth } = await otomo.page.evaluate(() => document.documentElement);
  assert.equal(scrollWidth, clientWidth, 'a phone has nothing to scroll sideways');
  await user.click('end');
  await otomo.shows('view', 'over');
  await check(otomo, 'afterwards');
});
