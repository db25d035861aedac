/* A billed call between two browsers, from the first packet to the empty wallet. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Tab, call } from './tab.mjs';

const UNIT_SECONDS = 2;
const PRICE = 10;
const TIMEOUT = { timeout: 120_000 };

/** @type {Daemon} */ let daemon;
before(async () => {
  daemon = await Daemon.start({ 'billing.unit_seconds': UNIT_SECONDS, 'call.media_timeout': 4 });
});
after(() => daemon?.close());

/** The ticks of one side are units 1 to COUNT, each due at its own boundary. */
function assertTicks(
  /** @type {any[]} */ ticks,
  /** @type {string} */ connectedAt,
  /** @type {number} */ count,
) {
  const start = Date.parse(connectedAt) / 1000;
  const indexes = ticks.map((tick) => tick.unitIndex);
  assert.deepEqual(
    indexes,
    Array.from({ length: count }, (_, i) => i + 1),
  );
  for (const tick of ticks) {
    assert.equal(
      tick.nextBillingAt,
      Math.floor(start + tick.unitIndex * UNIT_SECONDS),
      `unit ${tick.unitIndex}`,
    );
    assert.equal(tick.charged, PRICE);
  }
}

test('sound starts the bill, and the empty wallet ends the call', TIMEOUT, async (t) => {
  const units = 5;
  await daemon.addUser('poor', units * PRICE);
  await daemon.addOtomo('kind', PRICE);
  const user = await Tab.open(t, daemon.url, { as: 'poor', to: 'kind' });
  const otomo = await Tab.open(t, daemon.url, { as: 'kind' });

  const { callId, connectedAt, method } = await call(user, otomo, 'kind');
  assert.equal(method, 'sfu_rtp_detected');
  const media = await Promise.all([
    user.heard('media_at_connected'),
    otomo.heard('media_at_connected'),
  ]);
  assert(
    media.some(({ packetsSent }) => packetsSent > 0),
    'a packet of sound was on its way',
  );

  await Promise.all([user.hears(), otomo.hears()]);

  const [end] = await Promise.all([user.heard('call_end'), otomo.heard('call_end')]);
  assert.equal(end.reason, 'no_point');
  assert(end.totalSeconds >= units * UNIT_SECONDS, 'what was paid for was talked');
  for (const tab of [user, otomo]) {
    const order = tab.events.map(({ event }) => event).filter((event) => event.startsWith('call_'));
    assert(order.indexOf('call_connected') < order.indexOf('call_tick'));
    assert(order.indexOf('call_force_end') < order.indexOf('call_end'));
    assert.equal(tab.all('call_force_end')[0].reason, 'no_point');
    assertTicks(tab.all('call_tick'), connectedAt, units);
    assert.equal(tab.all('call_connected').length, 1);
  }
  const payer = user.all('call_tick');
  assert.deepEqual(
    payer.map((tick) => tick.balance),
    [40, 30, 20, 10, 0],
  );
  assert.deepEqual(
    payer.map((tick) => tick.unitsLeft),
    [4, 3, 2, 1, 0],
  );

  await user.says('reason', 'Your points are used up');
  await user.says('over-balance', '0 points');
  await user.says('over-total', '50 points');
  await otomo.says('reason', 'The points of User poor are used up');

  const stored = await daemon.call(callId);
  assert.equal(stored.call.status, 'ended');
  assert.equal(stored.call.end_reason, 'no_point');
  assert.equal(stored.call.units_charged, units);
  assert.equal(stored.call.total_charged, units * PRICE);
  assert(stored.evidence.length > 0, 'the packet that proved the call is on record');
  const quality = await daemon.quality(callId);
  for (const [row, other] of [quality, [...quality].reverse()]) {
    assert(row.packets > 250, 'most of ten seconds');
    assert(row.reports > 0, 'Chromium reported what it heard');
    assert(row.heard_expected > 0 && row.heard_expected <= other.packets + other.lost);
    assert(row.mos >= 1 && row.mos <= 4.5);
  }
  await daemon.audit();
  assert.deepEqual([...user.complaints, ...otomo.complaints], []);
});

test('an otomo may make the offer itself', TIMEOUT, async (t) => {
  const user = await Tab.open(t, daemon.url, { as: 'demo-user', to: 'demo-otomo' });
  const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo', offerer: 'client' });

  await call(user, otomo, 'demo-otomo');
  await Promise.all([user.hears(), otomo.hears()]);
  assert.deepEqual(otomo.all('webrtc_offer'), [], 'the server did not offer');

  await otomo.click('end');
  const ends = await Promise.all([user.heard('call_end'), otomo.heard('call_end')]);
  assert.deepEqual(
    ends.map((end) => end.reason),
    ['user_end', 'user_end'],
  );
  await daemon.audit();
});

test('both paths up but no packet of sound: no call, no charge', TIMEOUT, async (t) => {
  const mumble = () => {
    // A sender that is negotiated as any other and has nothing to send.
    const addTrack = RTCPeerConnection.prototype.addTrack;
    RTCPeerConnection.prototype.addTrack = function (...parameters) {
      const sender = addTrack.apply(this, parameters);
      sender.replaceTrack(null);
      return sender;
    };
  };
  await daemon.addUser('silent', 100);
  const user = await Tab.open(
    t,
    daemon.url,
    { as: 'silent', to: 'demo-otomo' },
    { before: mumble },
  );
  const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo' }, { before: mumble });

  await user.click('call', 'demo-otomo');
  await otomo.shows('state', 'ringing');
  await otomo.click('accept');
  for (const tab of [user, otomo]) {
    await tab.until('a path', async () => (await tab.stats())?.state === 'connected');
  }
  const end = await user.heard('call_end');
  assert.deepEqual([end.reason, end.totalSeconds], ['media_timeout', 0]);
  assert.deepEqual([...user.all('call_connected'), ...user.all('call_tick')], []);
  await user.says('reason', 'Nothing was charged');
  assert.equal((await daemon.call(end.callId)).call.total_charged, 0);
  await daemon.audit();
});

test('over IPv6, when that is all the server is reached by', TIMEOUT, async (t) => {
  const reached = await Daemon.start({ 'media.address': '::1' });
  t.after(() => reached.close());
  const user = await Tab.open(t, reached.url, { as: 'demo-user', to: 'demo-otomo' });
  const otomo = await Tab.open(t, reached.url, { as: 'demo-otomo' });
  await call(user, otomo, 'demo-otomo');
  await Promise.all([user.hears(), otomo.hears()]);
  await user.click('end');
  await otomo.heard('call_end');
});
