/* One side's browser is killed in the middle of a call. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };

/** @type {Daemon} */ let daemon;
before(async () => {
  daemon = await Daemon.start({ 'billing.unit_seconds': 2 });
});
after(() => daemon?.close());

for (const victim of ['user', 'otomo']) {
  test(`the ${victim}'s browser is killed and the bill is right`, TIMEOUT, async (t) => {
    const ids = { user: `u-${victim}`, otomo: `o-${victim}` };
    await daemon.addUser(ids.user, 1000);
    await daemon.addOtomo(ids.otomo, 10);
    const user = await Tab.open(t, daemon.url, { as: ids.user, to: ids.otomo });
    const otomo = await Tab.open(t, daemon.url, { as: ids.otomo });
    const { callId } = await call(user, otomo, ids.otomo);
    await Promise.all([user.hears(), otomo.hears()]);

    const [killed, survivor] = victim === 'user' ? [user, otomo] : [otomo, user];
    await killed.kill();
    await survivor.heard('call_state_update', (update) => update.peerConnected === false);
    const end = await survivor.heard('call_end');
    assert(['network_lost', 'rtp_stopped'].includes(end.reason), end.reason);
    await survivor.shows('view', 'over');
    await survivor.says('reason', 'so the call ended');

    const { call: stored } = await daemon.call(callId);
    const ticks = survivor.all('call_tick');
    assert.equal(stored.status, 'ended');
    assert.equal(stored.end_reason, end.reason);
    assert.equal(stored.total_seconds, end.totalSeconds);
    assert.equal(stored.units_charged, ticks.length, 'every unit that was charged was told');
    assert.equal(stored.total_charged, 10 * ticks.length);
    await daemon.audit();

    // Both are free again: the killed side comes back and they talk.
    await survivor.click('back');
    const back = await Tab.open(t, daemon.url, {
      as: victim === 'user' ? ids.user : ids.otomo,
      to: ids.otomo,
    });
    const [caller, callee] = victim === 'user' ? [back, survivor] : [survivor, back];
    await caller.click('call', ids.otomo);
    await callee.shows('state', 'ringing');
    await callee.click('accept');
    await Promise.all([caller.hears(), callee.hears()]);
    await caller.click('end');
    await callee.shows('reason', 'user_end');
  });
}
