/* Connections that break during a call, and how the page finds its way back. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Relay } from './relay.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };

/** @type {Daemon} */ let daemon;
before(async () => {
  daemon = await Daemon.start({ 'billing.unit_seconds': 2 });
  await daemon.addUser('rich', 10_000);
});
after(() => daemon?.close());

for (const who of ['user', 'otomo']) {
  test(`the ${who} reloads the page and the talk goes on`, TIMEOUT, async (t) => {
    const user = await Tab.open(t, daemon.url, { as: 'rich', to: 'demo-otomo' });
    const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo' });
    const { callId } = await call(user, otomo, 'demo-otomo');
    await Promise.all([user.hears(), otomo.hears()]);

    const [reloaded, other] = who === 'user' ? [user, otomo] : [otomo, user];
    await reloaded.page.reload();
    await other.heard('call_state_update', (update) => update.peerConnected === true);
    await Promise.all([reloaded.hears(), other.hears()]);
    await reloaded.shows('state', 'in_call');
    await reloaded.says('peer', who === 'user' ? /\S/ : 'User rich');
    await reloaded.says('elapsed', /\d\d:\d\d/);

    await reloaded.click('end');
    const end = await other.heard('call_end');
    assert.deepEqual([end.callId, end.reason], [callId, 'user_end']);
    await daemon.audit();
  });
}

test('signalling is cut and comes back: the voice never stopped', TIMEOUT, async (t) => {
  const relay = await Relay.start(t, daemon.url);
  const user = await Tab.open(t, relay.url, { as: 'rich', to: 'demo-otomo' });
  const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo' });
  await call(user, otomo, 'demo-otomo');
  await Promise.all([user.hears(), otomo.hears()]);

  relay.cut();
  await user.shows('connection', 'waiting');
  await user.says('note', 'The connection to the server is lost');
  await otomo.heard('call_state_update', (update) => update.peerConnected === false);
  await otomo.says('note', 'has lost the connection');
  await Promise.all([user.hears(), otomo.hears()]);

  relay.restore();
  await user.shows('connection', 'open');
  await otomo.heard('call_state_update', (update) => update.peerConnected === true);
  await user.shows('state', 'in_call');
  await Promise.all([user.hears(), otomo.hears()]);
  await user.click('end');
  assert.equal((await otomo.heard('call_end')).reason, 'user_end');
  await daemon.audit();
});

test('hung up while cut off: silent at once, said when it can be', TIMEOUT, async (t) => {
  const relay = await Relay.start(t, daemon.url);
  const user = await Tab.open(t, relay.url, { as: 'rich', to: 'demo-otomo' });
  const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo' });
  await call(user, otomo, 'demo-otomo');
  await otomo.hears();

  relay.cut();
  await user.shows('connection', 'waiting');
  await user.click('end');
  await user.shows('view', 'over');
  assert.equal(await user.stats(), null);
  relay.restore();
  const end = await otomo.heard('call_end');
  assert(['user_end', 'network_lost'].includes(end.reason), end.reason);
  await daemon.audit();
});

test('the server is killed: both pages come back and see it is over', TIMEOUT, async (t) => {
  const relay = await Relay.start(t, daemon.url);
  const user = await Tab.open(t, relay.url, { as: 'rich', to: 'demo-otomo' });
  const otomo = await Tab.open(t, relay.url, { as: 'demo-otomo' });
  const { callId } = await call(user, otomo, 'demo-otomo');
  await Promise.all([user.hears(), otomo.hears()]);

  await daemon.kill();
  await user.shows('connection', 'waiting');
  await daemon.start();
  relay.target = daemon.url;
  for (const tab of [user, otomo]) {
    await tab.shows('connection', 'open');
    await tab.says('reason', 'ended while you were disconnected');
  }
  const { call: stored } = await daemon.call(callId);
  assert.deepEqual([stored.status, stored.end_reason], ['ended', 'server_shutdown']);
  await daemon.audit();
});
