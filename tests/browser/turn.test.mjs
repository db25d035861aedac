/* Clients that reach nothing but a TURN server: the call goes through Debian's coturn. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Tab, call } from './tab.mjs';
import { startTurn } from './turn.mjs';

function relayOnly() {
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    /** @param {RTCConfiguration} configuration */
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
    }
  };
}

test('a billed call through a TURN server', { timeout: 120_000 }, async (t) => {
  const daemon = await Daemon.start({ 'billing.unit_seconds': 2, ...(await startTurn(t)) });
  t.after(() => daemon.close());
  const who = { before: relayOnly };
  const user = await Tab.open(t, daemon.url, { as: 'demo-user', to: 'demo-otomo' }, who);
  const otomo = await Tab.open(t, daemon.url, { as: 'demo-otomo' }, who);

  const { callId } = await call(user, otomo, 'demo-otomo');
  const heard = await Promise.all([user.hears(), otomo.hears()]);
  assert.deepEqual(heard.map((stats) => stats.isRelayed), [true, true]);
  await user.heard('call_tick', (tick) => tick.unitIndex === 2);
  await user.click('end');
  await otomo.heard('call_end');
  assert((await daemon.call(callId)).call.units_charged >= 2);
});
