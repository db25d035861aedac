/* The parts of the client library and the page that need no browser. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { mock, test } from 'node:test';
import { backoffMs } from '../../data/web/otomo-backoff.js';
import { Media } from '../../data/web/otomo-media.js';
import { flat } from '../../data/web/otomo-wire.js';
import { Texts, formatDuration, pickLanguage } from '../../data/web/texts.js';

const types = JSON.parse(
  await readFile(new URL('../../schemas/types.json', import.meta.url), 'utf8'),
).$defs;

test('the flat format reads fields beside the type and inside payload', () => {
  assert.deepEqual(flat.decode('{"type":"call_ringing","callId":"c"}'), {
    event: 'call_ringing',
    fields: { callId: 'c' },
  });
  const connected = flat.decode(
    '{"type":"call_connected","payload":{"callId":"c","method":"sfu_rtp_detected"}}',
  );
  assert.deepEqual(connected, {
    event: 'call_connected',
    fields: { callId: 'c', method: 'sfu_rtp_detected' },
  });
  for (const text of ['', '[]', 'null', '"x"', '{"event":"call_end"}', '{"type":1}'])
    assert.equal(flat.decode(text), null);
});

test('the flat format writes what it reads, and no field can stand in for the type', () => {
  const sent = flat.encode('call_request', { toUserId: 'o', callId: 'c', type: 'x' });
  assert.deepEqual(flat.decode(sent), {
    event: 'call_request',
    fields: { toUserId: 'o', callId: 'c' },
  });
});

test('the back-off doubles to a limit, and half of it is chance', () => {
  const backoff = { minMs: 500, maxMs: 15_000 };
  const least = () => 0;
  const most = () => 1;
  assert.deepEqual(
    [1, 2, 3].map((n) => backoffMs(backoff, n, most)),
    [500, 1000, 2000],
  );
  assert.deepEqual(
    [1, 2, 3].map((n) => backoffMs(backoff, n, least)),
    [250, 500, 1000],
  );
  assert.equal(backoffMs(backoff, 1000, most), 15_000);
});

/** What a leg needs of a browser; never comes up by itself. */
class DeadPath {
  /** @type {DeadPath[]} */ static made = [];
  connectionState = 'new';
  onconnectionstatechange = () => {};
  createOffer = async () => ({ type: 'offer', sdp: '' });
  setLocalDescription = async () => {};
  close = () => {};

  constructor() {
    DeadPath.made.push(this);
  }

  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange();
  }
}

test('a leg that is down is made again, ever more rarely, and not for ever', async (t) => {
  mock.timers.enable();
  t.after(() => mock.timers.reset());
  Object.assign(globalThis, { RTCPeerConnection: DeadPath });
  let isReachable = true;
  const microphone = async () => /** @type {any} */ ({ getAudioTracks: () => [] });
  const media = new Media(microphone, {
    send: () => {},
    isReachable: () => isReachable,
    voice: () => {},
    changed: () => {},
    failed: (error) => assert.fail(error),
  });
  const legs = () => DeadPath.made.length;
  /** Half of each wait is chance. @param {number} ceiling */
  const waits = (ceiling) => {
    const before = legs();
    mock.timers.tick(ceiling / 2 - 1);
    assert.equal(legs(), before, 'not before half of the time');
    mock.timers.tick(ceiling / 2 + 1);
    return legs() - before;
  };

  media.start([], true);
  DeadPath.made[0].become('disconnected');
  DeadPath.made[0].become('connected');
  assert.equal(waits(1500), 0, 'it has healed');
  DeadPath.made[0].become('disconnected');
  DeadPath.made[0].become('failed');
  for (const ceiling of [1500, 3000, 6000, 12_000, 12_000, 12_000, 12_000, 12_000])
    assert.equal(waits(ceiling), 1);
  assert.equal(waits(60_000), 0, 'enough');

  isReachable = false;
  media.wayBack();
  assert.equal(waits(60_000), 0, 'an offer would get nowhere: the old leg is kept');
  isReachable = true;
  media.wayBack();
  assert.equal(waits(1500), 1);
  media.release();
  assert.equal(waits(60_000), 0);
});

test('both languages say the same things with the same gaps', () => {
  const [ja, en] = [new Texts('ja'), new Texts('en')];
  assert.deepEqual(Object.keys(ja.table).sort(), Object.keys(en.table).sort());
  /** @param {string} text */
  const gaps = (text) => /** @type {string[]} */ (text.match(/\{\w+\}/g) ?? []);
  for (const [key, text] of Object.entries(en.table)) {
    // Where English needs a name, Japanese may do without it; never the other way round.
    for (const gap of gaps(ja.table[key])) assert(gaps(text).includes(gap), `${key}: ${gap}`);
  }
});

test('there is a sentence for each end that a call can have', () => {
  for (const language of /** @type {const} */ (['ja', 'en'])) {
    const texts = new Texts(language);
    for (const reason of [...types.endReason.enum, 'answered_elsewhere', 'lost_track']) {
      for (const role of /** @type {const} */ (['user', 'otomo'])) {
        const sentence = texts.ending(role, reason, 'N');
        assert.notEqual(sentence, texts.get('end.other', { code: reason }), `${role} ${reason}`);
        assert.doesNotMatch(sentence, /[{}]/);
      }
    }
    assert.match(texts.ending('user', 'a_word_of_tomorrow', 'N'), /a_word_of_tomorrow/);
  }
});

test('languages and durations', () => {
  assert.equal(pickLanguage(['fr', 'ja-JP', 'en']), 'ja');
  assert.equal(pickLanguage(['fr']), 'en');
  assert.deepEqual([-1, 0, 59.9, 60, 3661].map(formatDuration), [
    '00:00',
    '00:00',
    '00:59',
    '01:00',
    '1:01:01',
  ]);
});
