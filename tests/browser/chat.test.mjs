/*
 * The chat beside a call: what is written is there once, on both sides, also after a reload or
 * without a connection.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };

/** @type {Daemon} */ let daemon;
before(async () => {
  daemon = await Daemon.start();
});
after(() => daemon?.close());

test('two people write while they talk', TIMEOUT, async (t) => {
  const user = await Tab.open(t, daemon.url, { as: 'demo-user', to: 'demo-otomo' });
  const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo' }, { locale: 'ja-JP' });
  await call(user, otomo, 'demo-otomo');

  const wild = '<img src=x onerror="complain()"> こんにちは 🎧';
  await user.say(wild);
  await otomo.says('messages', wild);
  await otomo.say('here is the link');
  await user.says('messages', 'here is the link');
  await user.says('messages', 'Demo Otomo');
  await otomo.says('messages', 'あなた');
  for (const tab of [user, otomo])
    assert.deepEqual(await tab.chat(), [wild, 'here is the link'], 'once, and in order');

  await otomo.page.reload();
  await otomo.says('messages', 'here is the link');
  await user.say('welcome back');
  await otomo.says('messages', 'welcome back');
  assert.deepEqual(await otomo.chat(), [wild, 'here is the link', 'welcome back']);

  await user.say('   ');
  await user.say('the last word');
  await otomo.says('messages', 'the last word');
  assert.equal((await otomo.chat()).length, 4, 'nothing is not sent');
  await user.click('end');
  await otomo.shows('view', 'over');
  assert.deepEqual([...user.complaints, ...otomo.complaints], []);
});

test('what is written without a connection is sent when there is one', TIMEOUT, async (t) => {
  const user = await Tab.open(t, daemon.url, { as: 'demo-user', to: 'demo-otomo' });
  const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo' });
  await call(user, otomo, 'demo-otomo');
  await user.say('one');
  await otomo.says('messages', 'one');

  await user.page.evaluate(() => /** @type {any} */ (globalThis).otomo.disconnect());
  await user.shows('connection', 'closed');
  await user.say('two');
  await user.says('messages', 'Sending…');
  await otomo.say('three');
  await user.page.evaluate(() => /** @type {any} */ (globalThis).otomo.reconnect());
  await otomo.says('messages', 'two');
  await user.says('messages', 'three');
  assert.deepEqual(await otomo.chat(), ['one', 'three', 'two']);
  const isStored = async () => !(await user.text('messages'))?.includes('Sending');
  await user.until('the answer', isStored);
  assert.deepEqual(await user.chat(), ['one', 'three', 'two']);
  await user.click('end');
  await otomo.shows('view', 'over');
});
