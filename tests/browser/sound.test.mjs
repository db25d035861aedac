/* What two browsers' microphones say is in the recordings, at its place. */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { make, overhear, places, probe, says } from './microphone.mjs';
import { Tab, call } from './tab.mjs';

const TIMEOUT = { timeout: 300_000 };
const PLACE = 0.05; // seconds by which a sound may be off
const FRAME = 0.02;
const PERIOD_SECONDS = 5.5; // long enough for each sound to be said once from beginning to end

/** @type {Daemon} */ let daemon;
/** @type {string} */ let directory;
before(async () => {
  daemon = await Daemon.start({ 'recording.mode': 'on-request' });
  await daemon.addUser('rich', 10_000);
  directory = await mkdtemp(join(tmpdir(), 'otomo-sound-'));
});
after(async () => {
  await daemon?.close();
  await rm(directory, { recursive: true, force: true });
});

/**
 * A person whose microphone says this.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} what
 * @param {Record<string, string>} parameters
 */
async function open(t, what, parameters) {
  const microphone = join(directory, `${what}.wav`);
  await make(what, microphone);
  return Tab.open(t, daemon.url, parameters, { before: overhear, microphone });
}

test('stopped, again, killed: both voices are at their places', TIMEOUT, async (t) => {
  const user = await open(t, 'tone', { as: 'rich', to: 'demo-otomo' });
  const otomo = await open(t, 'sentence', { as: 'demo-otomo' });
  const { callId } = await call(user, otomo, 'demo-otomo');
  const { started_mono_us: start } = (await daemon.call(callId)).call;

  /** @param {'on' | 'off'} on */
  async function record(on) {
    const seen = user.all('call_state_update').length;
    await daemon.ctl('call', 'record', callId, on);
    await user.until(`recording ${on}`, async () =>
      user
        .all('call_state_update')
        .slice(seen)
        .some(({ recording }) => recording === (on === 'on')),
    );
  }

  /** @param {any[]} rows @param {number} track @param {Tab} tab @param {string} what */
  async function checkTrack(rows, track, tab, what) {
    const recordings = rows.map(({ file, offset_ms }) => ({
      file,
      zero: start / 1e6 + offset_ms / 1e3,
    }));
    const found = await places(tab, what, track, recordings, directory);
    for (const [i, { file }] of recordings.entries()) {
      assert(found[i].length > 0, `the ${what} was said, and is not in ${file}`);
      for (const { said, recorded, likeness } of found[i]) {
        const late = recorded - said;
        t.diagnostic(
          `${what}: ${(late * 1e3).toFixed(1)} ms late, likeness ${likeness.toFixed(2)}`,
        );
        assert(likeness > 0.5, `${what}: another sound (likeness ${likeness})`);
        assert(Math.abs(late) <= PLACE, `${what}: ${late} s late`);
      }
    }
  }

  for (let period = 1; period <= 2; period++) {
    await record('on');
    await says(user, PERIOD_SECONDS);
    await record('off');
  }
  await record('on');
  await says(user, PERIOD_SECONDS);
  const [writing] = await daemon.recordings(callId, 'recording', 1);
  await daemon.kill();
  const left = await probe(`${writing.file}.part`);
  for (const end of left.ends) assert(end > PERIOD_SECONDS - 1, `a killed server left ${end} s`);
  await daemon.start();
  const rows = await daemon.recordings(callId, 'ready', 3);
  for (const row of rows) {
    const { title, ends } = await probe(row.file);
    assert.match(title ?? '', new RegExp(`^${callId}/20`));
    for (const end of ends) assert(Math.abs(end - row.length_ms / 1e3) <= 2 * FRAME, `${ends} s`);
  }
  await checkTrack(rows, 0, user, 'tone');
  await checkTrack(rows, 1, otomo, 'sentence');
  assert.deepEqual(
    rows.map(({ message }) => message !== null),
    [false, false, true],
  );
  await daemon.audit();
});
