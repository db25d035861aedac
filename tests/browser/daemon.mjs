/*
 * The real otomod with a state directory of its own, and otomoctl against it. OTOMOD and OTOMOCTL
 * name the programs (meson sets them).
 */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const START_DEADLINE_MS = 60_000; // the first start makes a database
const STOP_DEADLINE_MS = 30_000;
const ANSWER_DEADLINE_MS = 30_000;

/** What must not be in a log: criticals and warnings of the libraries, findings of a sanitizer. */
const LIBRARIES = '(GLib|GObject|GStreamer|Gst\\w*|libsoup|Json)[\\w-]*';
const TROUBLE = new RegExp(
  `CRITICAL|assertion .* failed|(WARN|ERROR) +${LIBRARIES} |${LIBRARIES}[\\s-]+(\\*\\* )?WARN` +
    '|Sanitizer|runtime error:',
);

/** @param {'OTOMOD' | 'OTOMOCTL'} name */
function program(name) {
  const path = process.env[name];
  assert(path, `set ${name} to the program to test (meson test does)`);
  return path;
}

/** Other tests keep the machine busy: no call is refused because of it. */
const PATIENT = { 'limit.loop_stall': 0, 'limit.media_lag': 0, 'limit.record_lag': 0 };

export class Daemon {
  #directory = '';
  #settings;
  #listen;
  /** @type {import('node:child_process').ChildProcess | null} */ #process = null;
  #log = '';
  url = '';

  /** @param {Record<string, string | number>} settings */
  constructor(settings, listen = '127.0.0.1:0') {
    this.#settings = settings;
    this.#listen = listen;
  }

  /** @param {Record<string, string | number>} settings as for --set, "group.key": value */
  static async start(settings = {}) {
    const daemon = new Daemon(settings);
    daemon.#directory = await mkdtemp(join(tmpdir(), 'otomo-browser-'));
    await chmod(daemon.#directory, 0o755); // the private PostgreSQL may run as a user of its own
    await daemon.start();
    return daemon;
  }

  /** Where it takes media, UDP. */
  get mediaPort() {
    return Number(/media on UDP port (\d+)/.exec(this.#log)?.[1]);
  }

  get #state() {
    return join(this.#directory, 'state');
  }

  /** Starts it, again after `kill`; it may listen on another port then. */
  async start() {
    const settings = Object.entries({ ...PATIENT, ...this.#settings }).flatMap(([key, value]) => [
      '--set',
      `${key}=${value}`,
    ]);
    const place = ['--listen', this.#listen, '--state-dir', this.#state];
    const started = spawn(program('OTOMOD'), ['--dev', ...place, ...settings], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = started;
    started.stderr.setEncoding('utf8').on('data', (text) => (this.#log += text));
    this.url = await this.#address(started);
  }

  /** @param {import('node:child_process').ChildProcess} started @returns {Promise<string>} */
  #address(started) {
    return new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ why) => reject(new Error(`otomod ${why}\n${this.#log}`));
      const timer = setTimeout(() => fail('does not say where it listens'), START_DEADLINE_MS);
      started.on('error', (error) => fail(error.message));
      started.on('exit', (status, signal) => fail(`ended at once: ${signal ?? status}`));
      createInterface({ input: /** @type {any} */ (started.stdout) }).on('line', (line) => {
        const found = /^listening on (http:\/\/\S+:\d+)$/.exec(line);
        if (!found) return;
        clearTimeout(timer);
        resolve(found[1]);
      });
    });
  }

  /** @param {string[]} verb @returns {Promise<string>} what otomoctl prints; it must succeed */
  async ctl(...verb) {
    const { stdout } = await promisify(execFile)(program('OTOMOCTL'), [
      '--state-dir',
      this.#state,
      ...verb,
    ]);
    return stdout;
  }

  /** A user with this many points. @param {string} id @param {number} points */
  async addUser(id, points) {
    await this.ctl('user', 'add', id, '--role', 'user', '--name', `User ${id}`);
    if (points > 0) await this.ctl('wallet', 'top-up', id, String(points));
  }

  /** An otomo who costs this many points a unit. @param {string} id @param {number} price */
  async addOtomo(id, price) {
    await this.ctl(
      'user',
      'add',
      id,
      '--role',
      'otomo',
      '--price',
      String(price),
      '--name',
      `Otomo ${id}`,
    );
  }

  /** Everything that is stored of a call. @param {string} callId */
  async call(callId) {
    return JSON.parse(await this.ctl('call', 'show', callId, '--json'));
  }

  /**
   * Waits until so many recordings of a call are in this state; oldest first.
   *
   * @param {string} callId @param {'recording' | 'ready'} state @param {number} count
   * @returns {Promise<any[]>}
   */
  async recordings(callId, state, count) {
    const end = Date.now() + ANSWER_DEADLINE_MS;
    for (;;) {
      const rows = JSON.parse(await this.ctl('recordings', 'list', '--call', callId, '--json'));
      const found = rows.filter((/** @type {any} */ row) => row.state === state);
      if (found.length === count) return found.reverse();
      assert(Date.now() < end, `not ${count} ${state}: ${JSON.stringify(rows)}`);
    }
  }

  /** How it sounded, a row a side, waited for: nobody is told of them. @param {string} callId */
  async quality(callId) {
    const end = Date.now() + ANSWER_DEADLINE_MS;
    for (;;) {
      const { quality } = await this.call(callId);
      if (quality.length === 2) return quality;
      assert(Date.now() < end, `no quality of ${callId}`);
    }
  }

  /** All invariants of the books. */
  async audit() {
    await this.ctl('audit');
  }

  /** SIGKILL. */
  async kill() {
    const killed = this.#process;
    assert(killed);
    const gone = once(killed, 'exit');
    killed.kill('SIGKILL');
    await gone;
  }

  /** The books are right, it stops as it should, and it had nothing to complain of. */
  async close() {
    try {
      await this.audit();
    } finally {
      // Stopped in any case, for it stops its PostgreSQL.
      const status = await this.#stop();
      await rm(this.#directory, { recursive: true, force: true });
      assert.equal(status, 0, `otomod's exit status\n${this.#log}`);
    }
    const trouble = this.#log.split('\n').filter((line) => TROUBLE.test(line));
    assert.deepEqual(trouble, [], 'in the log of otomod');
  }

  async #stop() {
    const stopped = this.#process;
    assert(stopped);
    const gone = once(stopped, 'exit', { signal: AbortSignal.timeout(STOP_DEADLINE_MS) });
    stopped.kill('SIGTERM');
    const [status] = await gone;
    return status;
  }
}
