/*
 * What a tab's microphone says, and when: a file in the place of the device (sound.py), and each
 * sample that the browser took from it, with the instant at which it did.
 */

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const SOUND = new URL('sound.py', import.meta.url).pathname;
const ROUND_TRIP_NS = 10_000_000n;

/** @typedef {{said: number, recorded: number, likeness: number}} Place  monotonic seconds */
/** @typedef {{title: string | null, ends: number[]}} Probe  seconds of each track */

/** @param {...(string | number)} parameters @returns {Promise<any>} */
async function sound(...parameters) {
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [
    '-B',
    SOUND,
    ...parameters.map(String),
  ]);
  return stdout && JSON.parse(stdout);
}

/** Writes what a microphone says, over and over. @param {string} what @param {string} file */
export const make = (what, file) => sound('make', what, file);

/** What ffprobe reads in a recording. @param {string} file @returns {Promise<Probe>} */
export const probe = (file) => sound('probe', file);

/** Runs in the page before it: keeps what the microphone gives, as it goes to the encoder. */
export function overhear() {
  /** @type {any} */ const page = globalThis;
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  /** @type {{at: number, samples: Float32Array}[]} */ const chunks = [];

  /** @param {MediaStreamTrack} track */
  async function listen(track) {
    const frames = new page.MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { done, value } = await frames.read();
      if (done) return;
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      if (value.sampleRate !== 48_000) throw new Error(`${value.sampleRate} Hz`);
      chunks.push({ at: value.timestamp, samples });
      value.close();
    }
  }

  mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    stream.getAudioTracks().forEach((track) => listen(track.clone()));
    return stream;
  };
  /** µs on the clock of performance.now(). */
  page.spokenUntil = () => chunks.at(-1)?.at ?? 0;
  /** Each chunk at its instant; Base64 of 32-bit floats. */
  page.spoken = () => {
    const place = (/** @type {number} */ at) => Math.round(((at - chunks[0].at) * 48) / 1000);
    const last = chunks[chunks.length - 1];
    const all = new Float32Array(place(last.at) + last.samples.length);
    for (const { at, samples } of chunks) all.set(samples, place(at));
    let text = '';
    for (const byte of new Uint8Array(all.buffer)) text += String.fromCharCode(byte);
    return { at: chunks[0].at, samples: btoa(text) };
  };
}

/**
 * What to add to the page's clock to have this machine's monotonic one, which is the server's: from
 * a round trip that was quick, so it is right to half of that. A busy machine needs some more.
 *
 * @param {import('./tab.mjs').Tab} tab @returns {Promise<number>} seconds
 */
async function clockOffset(tab) {
  return tab.until('a quick answer of the page', async () => {
    const before = process.hrtime.bigint();
    const now = await tab.page.evaluate(() => performance.now());
    const after = process.hrtime.bigint();
    return after - before < ROUND_TRIP_NS && Number(before + after) / 2e9 - now / 1e3;
  });
}

/**
 * Waits until the microphone has said this much more.
 *
 * @param {import('./tab.mjs').Tab} tab @param {number} seconds
 */
export async function says(tab, seconds) {
  const read = () => tab.page.evaluate(() => /** @type {any} */ (globalThis).spokenUntil());
  const end = (await read()) + seconds * 1e6;
  await tab.until(`${seconds} s of speech`, async () => (await read()) >= end);
}

/**
 * Where a sound was said, and where it is in each recording; each time that it was said from its
 * beginning to its end.
 *
 * @param {import('./tab.mjs').Tab} tab whose microphone
 * @param {string} what it says
 * @param {number} track of the recordings
 * @param {{file: string, zero: number}[]} recordings  zero: monotonic seconds
 * @param {string} directory for what is only needed meanwhile
 * @returns {Promise<Place[][]>} for each recording
 */
export async function places(tab, what, track, recordings, directory) {
  const { at, samples } = await tab.page.evaluate(() => /** @type {any} */ (globalThis).spoken());
  const raw = `${directory}/${what}.f32`;
  await writeFile(raw, Buffer.from(samples, 'base64'));
  const since = at / 1e6 + (await clockOffset(tab));
  return sound('places', what, raw, since, track, ...recordings.flatMap(Object.values));
}
