/*
 * A person's network, or browser, in trouble during a call: how the call goes on or ends, and what
 * it costs.
 */

import assert from 'node:assert/strict';
import { setTimeout as pass } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Line } from './line.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 150_000 };
const UNIT_SECONDS = 2;
const PRICE = 10;
const RTP_TIMEOUT_SECONDS = 10; // call.rtp_timeout
const LOST_TIMEOUT_SECONDS = 5; // call.lost_timeout

/** @type {Daemon} */ let daemon;
before(async () => {
  daemon = await Daemon.start({ 'billing.unit_seconds': UNIT_SECONDS });
});
after(() => daemon?.close());

/**
 * Two people of the test's own who talk, the user over a line that can be bad.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {() => void} [before] runs in the user's page
 */
async function talk(t, name, before) {
  const ids = { user: `u-${name}`, otomo: `o-${name}` };
  await Promise.all([daemon.addUser(ids.user, 10_000), daemon.addOtomo(ids.otomo, PRICE)]);
  const line = await Line.start(t, daemon);
  const [user, otomo] = await Promise.all([
    Tab.open(t, line.url, { as: ids.user, to: ids.otomo }, { before: line.script + (before ? `;(${before})()` : '') }),
    Tab.open(t, daemon.url, { as: ids.otomo }),
  ]);
  const { callId } = await call(user, otomo, ids.otomo);
  await Promise.all([user.hears(), otomo.hears()]);
  return { callId, line, user, otomo };
}

/** @param {string} iso */
const instant = (iso) => Date.parse(iso) / 1000;

/**
 * The call ended for this reason, and its bill is that of the time in which both could be heard:
 * each unit that had begun, but none that began in the silence that ended the call.
 *
 * @param {string} callId
 * @param {string} reason
 * @param {any} end the fields of `call_end`
 * @returns {Promise<any>} what is stored
 */
async function assertBill(callId, reason, end) {
  const stored = await daemon.call(callId);
  const { call } = stored;
  assert.deepEqual([end.callId, end.reason], [callId, reason]);
  assert.deepEqual([call.status, call.end_reason], ['ended', reason]);
  const seconds = instant(call.ended_at) - instant(call.started_at);
  assert.equal(end.totalSeconds, Math.floor(seconds));
  assert.equal(call.total_seconds, end.totalSeconds);

  const last = states(stored).at(-2);
  const charged = last?.state === 'reconnecting' ? last.at - instant(call.started_at) : seconds;
  assert.equal(call.units_charged, Math.ceil(charged / UNIT_SECONDS), `${charged} s were talked`);
  assert.equal(call.total_charged, call.units_charged * PRICE);
  await daemon.audit();
  return stored;
}

/** The states of a call in order, and since when. @param {any} stored */
function states(stored) {
  return stored.events
    .filter((/** @type {any} */ event) => event.to_state && event.to_state !== event.from_state)
    .map((/** @type {any} */ event) => ({ state: event.to_state, at: instant(event.at) }));
}

/** @param {any} stored */
const path = (stored) => states(stored).map(({ state }) => state);

describe('trouble', { concurrency: 3 }, () => {
  test('10 % of all packets lost and 50 ms of jitter for 30 s', TIMEOUT, async (t) => {
    const { callId, line, user, otomo } = await talk(t, 'loss');
    const before = await user.stats();
    line.impair(0.1, 50);
    await pass(30_000);
    await Promise.all([user.hears(), otomo.hears()]);
    const during = await user.stats();
    line.impair(0, 0);
    assert(before && during);
    const lost = during.packetsLost - before.packetsLost;
    const share = lost / (lost + during.packetsReceived - before.packetsReceived);
    assert(share > 0.05 && share < 0.2, `${share} of the packets were lost`);

    await user.click('end');
    const stored = await assertBill(callId, 'user_end', await otomo.heard('call_end'));
    assert(stored.call.total_seconds >= 30);
    assert.deepEqual(path(stored), ['ringing', 'accepted', 'in_call', 'ended']);
    assert.equal(user.all('webrtc_answer').length, 1, 'the same leg all the time');
  });

  test('the network is gone for 2 s: the call goes on', TIMEOUT, async (t) => {
    const { callId, line, user, otomo } = await talk(t, 'short');
    line.die();
    await pass(2000);
    line.revive();
    await Promise.all([user.hears(), otomo.hears()]);
    await Promise.all([user.shows('state', 'in_call'), otomo.shows('state', 'in_call')]);
    await user.click('end');
    await assertBill(callId, 'user_end', await otomo.heard('call_end'));
    assert.equal(user.all('call_connected').length, 1);
  });

  test('the network is gone for 20 s: the silence ends the call', TIMEOUT, async (t) => {
    const { callId, line, user, otomo } = await talk(t, 'long');
    line.die();
    const gone = pass(20_000);
    await otomo.shows('state', 'reconnecting');
    const end = await otomo.heard('call_end');
    const stored = await assertBill(callId, 'rtp_stopped', end);
    assert.deepEqual(path(stored), ['ringing', 'accepted', 'in_call', 'reconnecting', 'ended']);
    const [, , , paused, ended] = states(stored);
    assert.equal(Math.round(ended.at - paused.at), RTP_TIMEOUT_SECONDS - 3);

    await gone;
    line.revive();
    await user.shows('view', 'over');
    assert.equal((await user.heard('call_end')).reason, 'rtp_stopped');
    await user.says('reason', /\S/);
  });

  test('the browser is killed', TIMEOUT, async (t) => {
    const { callId, user, otomo } = await talk(t, 'kill');
    await user.kill();
    await otomo.heard('call_state_update', (update) => update.peerConnected === false);
    const stored = await assertBill(callId, 'network_lost', await otomo.heard('call_end'));
    const [paused, ended] = states(stored).slice(-2);
    assert.equal(paused.state, 'reconnecting');
    assert.equal(Math.round(ended.at - paused.at), LOST_TIMEOUT_SECONDS - 3);
    await otomo.says('reason', 'so the call ended');
  });

  test('the browser is stopped (SIGSTOP), and wakes up when all is over', TIMEOUT, async (t) => {
    const { callId, user, otomo } = await talk(t, 'stop');
    user.stop();
    t.after(() => user.resume());
    const stored = await assertBill(callId, 'rtp_stopped', await otomo.heard('call_end'));
    assert.deepEqual(path(stored).slice(-2), ['reconnecting', 'ended']);
    assert.deepEqual(
      otomo.all('call_state_update').filter((update) => update.peerConnected === false),
      [],
      'its connection was there all the time',
    );
    user.resume();
    await user.shows('view', 'over');
  });

  test('muted, with one packet each 400 ms (DTX): the call goes on', TIMEOUT, async (t) => {
    const quiet = () => {
      const { setRemoteDescription } = RTCPeerConnection.prototype;
      RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        const wanted = sdp.replace(/a=fmtp:(\d+) .*/, '$&;usedtx=1');
        return setRemoteDescription.call(this, { type, sdp: wanted });
      };
    };
    const { callId, user, otomo } = await talk(t, 'mute', quiet);
    await user.click('mute');
    await otomo.hearsSilence();
    const before = await user.stats();
    await pass(6000);
    const during = await user.stats();
    assert(before && during);
    const count = during.packetsSent - before.packetsSent;
    assert(count > 0 && count < 6 * 10, `${count} packets in 6 s`);
    await user.click('mute');
    await otomo.hears();
    await user.click('end');
    const stored = await assertBill(callId, 'user_end', await otomo.heard('call_end'));
    assert.deepEqual(path(stored), ['ringing', 'accepted', 'in_call', 'ended']);
  });

  for (const [others, reason] of /** @type {const} */ ([
    ['another', 'user_end'],
    ['no other', 'rtp_stopped'],
  ])) {
    test(`the microphone is unplugged, and there is ${others}`, TIMEOUT, async (t) => {
      const { callId, user, otomo } = await talk(t, `unplug-${reason}`, () => {
        const { mediaDevices } = navigator;
        const open = mediaDevices.getUserMedia.bind(mediaDevices);
        mediaDevices.getUserMedia = async (wanted) => {
          const stream = await open(wanted);
          /** What a browser does when the device goes. @param {boolean} isLast */
          const unplug = (isLast) => {
            if (isLast)
              mediaDevices.getUserMedia = async () => {
                throw new DOMException('Requested device not found', 'NotFoundError');
              };
            const [track] = stream.getAudioTracks();
            track.stop();
            track.dispatchEvent(new Event('ended'));
          };
          Object.assign(globalThis, { unplug });
          return stream;
        };
      });
      await user.page.evaluate(
        (isLast) => /** @type {any} */ (globalThis).unplug(isLast),
        reason === 'rtp_stopped',
      );
      if (reason === 'user_end') {
        await Promise.all([user.hears(), otomo.hears()]);
        await user.click('end');
      } else {
        await user.says('problem-text', /\S/);
      }
      await assertBill(callId, reason, await otomo.heard('call_end'));
    });
  }

  test('another network: another connection and another leg, the same bill', TIMEOUT, async (t) => {
    const { callId, line, user, otomo } = await talk(t, 'change');
    line.change();
    await user.page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
    await otomo.heard('call_state_update', (update) => update.peerConnected === true);
    await Promise.all([user.hears(), otomo.hears()]);
    await user.shows('state', 'in_call');
    await user.click('end');
    await assertBill(callId, 'user_end', await otomo.heard('call_end'));
    assert.equal(otomo.all('call_connected').length, 1);
    assert.equal(otomo.all('webrtc_offer').length, 1, 'the other side has its leg still');
    assert(user.all('webrtc_answer').length > 1, 'another leg');
  });

  test('the page is loaded again: another leg, the same bill', TIMEOUT, async (t) => {
    const { callId, user, otomo } = await talk(t, 'reload');
    await user.page.reload();
    await otomo.heard('call_state_update', (update) => update.peerConnected === true);
    await Promise.all([user.hears(), otomo.hears()]);
    await user.shows('state', 'in_call');
    await user.click('end');
    const stored = await assertBill(callId, 'user_end', await otomo.heard('call_end'));
    assert.equal(otomo.all('call_connected').length, 1);
    assert.equal(otomo.all('webrtc_offer').length, 1, 'the other side has its leg still');
    const units = otomo.all('call_tick').map(({ unitIndex }) => unitIndex);
    assert.deepEqual(units, [...units.keys()].map((i) => i + 1));
    assert.equal(units.length, stored.call.units_charged);
  });
});
