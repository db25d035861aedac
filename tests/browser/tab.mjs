/*
 * One person: a Chromium process of its own with the page open and a fake microphone that beeps.
 * CHROMIUM names another browser than Debian's.
 */

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const DEADLINE_MS = 30_000;
const POLL_MS = 100;

const FLAGS = [
  '--no-sandbox', // tests run as root in CI
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/**
 * Runs in the page before it: tells of each message, and at `call_connected` of the media at that
 * very moment.
 */
function listen() {
  /** @type {any} */ let client = null;
  Object.defineProperty(globalThis, 'otomo', {
    get: () => client,
    set(made) {
      client = made;
      client.addEventListener('message', (/** @type {any} */ { detail }) => {
        const { report } = /** @type {any} */ (globalThis);
        report(detail.event, detail.fields);
        if (detail.event === 'call_connected')
          client.stats().then((/** @type {any} */ s) => report('media_at_connected', s));
      });
    },
  });
}

/**
 * @typedef {object} Heard
 * @property {string} event
 * @property {any} fields
 */

export class Tab {
  /** @type {import('playwright-core').BrowserServer} */ #process;
  /** @type {import('playwright-core').Browser} */ #browser;
  /** @type {import('playwright-core').Page} */ page;
  /** @type {Heard[]} */ events = [];
  /** @type {Set<() => void>} */ #waiting = new Set();
  /** @type {string[]} */ complaints = [];

  /**
   * @param {import('playwright-core').BrowserServer} process
   * @param {import('playwright-core').Browser} browser
   * @param {import('playwright-core').Page} page
   */
  constructor(process, browser, page) {
    this.#process = process;
    this.#browser = browser;
    this.page = page;
  }

  /**
   * @param {import('node:test').TestContext} t closes the browser at its end
   * @param {string} url of the page
   * @param {Record<string, string>} parameters of the page: as, to, offerer
   * @param {import('playwright-core').BrowserContextOptions
   *   & {before?: string | (() => void), microphone?: string}} options  microphone: a WAV file, said
   *   over and over in place of the beeps
   */
  static async open(t, url, parameters = {}, { before, microphone, ...options } = {}) {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    const args = microphone ? [...FLAGS, `--use-file-for-fake-audio-capture=${microphone}`] : FLAGS;
    const server = await chromium.launchServer({ executablePath, args });
    t.after(() => server.kill());
    const browser = await chromium.connect(server.wsEndpoint());
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const page = await context.newPage();
    const tab = new Tab(server, browser, page);
    page.on('pageerror', (error) => tab.complaints.push(error.stack ?? error.message));
    page.on('console', (line) => line.type() === 'error' && tab.complaints.push(line.text()));
    await page.exposeFunction('report', (/** @type {string} */ event, /** @type {any} */ fields) =>
      tab.#hear({ event, fields }),
    );
    await page.addInitScript(listen);
    if (before) await page.addInitScript(before);
    const address = new URL(url);
    address.search = `${new URLSearchParams(parameters)}`;
    await page.goto(address.href);
    if (parameters.as)
      await tab.page.waitForSelector('[data-connection="open"]', { timeout: DEADLINE_MS });
    return tab;
  }

  /** @param {Heard} heard */
  #hear(heard) {
    this.events.push(heard);
    for (const look of [...this.#waiting]) look();
  }

  /**
   * Waits for a message of the server, or finds it among those that came.
   *
   * @param {string} event
   * @param {(fields: any) => boolean} accept
   * @param {number} deadlineMs
   * @returns {Promise<any>} its fields
   */
  heard(event, accept = () => true, deadlineMs = DEADLINE_MS) {
    const find = () => this.events.find((heard) => heard.event === event && accept(heard.fields));
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found.fields);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${event} as wanted\n${this.#story()}`));
      }, deadlineMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** @param {string} event @returns {any[]} the fields of each that came */
  all(event) {
    return this.events.filter((heard) => heard.event === event).map((heard) => heard.fields);
  }

  /** What came before is told with the failure. @param {Promise<unknown>} step */
  async #orTell(step) {
    try {
      await step;
    } catch (error) {
      throw new Error(`${/** @type {Error} */ (error).message}\n${this.#story()}`);
    }
  }

  #story() {
    const events = this.events.map(
      ({ event, fields }) => `${event} ${JSON.stringify(fields)?.slice(0, 160)}`,
    );
    return [...events, ...this.complaints].join('\n');
  }

  /** Writes into the chat and sends it, by the keyboard. @param {string} text */
  async say(text) {
    const words = this.page.locator('[data-form="say"] input');
    await this.#orTell(words.fill(text, { timeout: DEADLINE_MS }));
    await words.press('Enter');
  }

  /** @returns {Promise<(string | null)[]>} what the chat shows, in order */
  async chat() {
    return this.page.locator('[data-field="messages"] p').allTextContents();
  }

  /** @param {string} action @param {string} [value] */
  async click(action, value) {
    const which = value === undefined ? '' : `[data-value="${value}"]`;
    const button = this.page.locator(`[data-action="${action}"]${which}`);
    await this.#orTell(button.click({ timeout: DEADLINE_MS }));
  }

  /**
   * Waits until the page shows this.
   *
   * @param {'view' | 'state' | 'reason' | 'connection'} what
   * @param {string} value
   */
  async shows(what, value) {
    const body = `body[data-${what}="${value}"]`;
    await this.#orTell(this.page.waitForSelector(body, { timeout: DEADLINE_MS }));
  }

  /** What a field says now. @param {string} field */
  async text(field) {
    return (await this.page.locator(`[data-field="${field}"]`).textContent())?.trim();
  }

  /** Waits until a field says this. @param {string} field @param {string | RegExp} text */
  async says(field, text) {
    const found = this.page
      .locator(`[data-field="${field}"]`)
      .filter({ hasText: text, visible: true });
    await this.#orTell(found.waitFor({ timeout: DEADLINE_MS }));
  }

  /** @returns {Promise<import('../../data/web/otomo-leg.js').LegStats | null>} */
  async stats() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).otomo?.stats() ?? null);
  }

  /**
   * Asks again and again until there is an answer that counts as one.
   *
   * @template T
   * @param {string} what for
   * @param {() => Promise<T | null | undefined | false>} ask
   * @returns {Promise<T>}
   */
  async until(what, ask) {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      const answer = await ask();
      if (answer) return answer;
      assert(Date.now() < end, `waited in vain: ${what}\n${this.#story()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Another second of sound arrives from now on, and it is not silence. */
  async hears() {
    const before = await this.until('a media path', () => this.stats());
    return this.until('sound', async () => {
      const now = await this.stats();
      return (
        now &&
        now.packetsReceived > before.packetsReceived + 50 &&
        now.energyReceived > before.energyReceived &&
        now
      );
    });
  }

  /** Another second of packets arrives, and it is nothing but silence. */
  async hearsSilence() {
    let before = await this.until('a media path', () => this.stats());
    return this.until('silence', async () => {
      const now = await this.stats();
      if (!now || now.packetsReceived < before.packetsReceived + 50) return false;
      const isSilent = now.energyReceived - before.energyReceived < 1e-6;
      before = now;
      return isSilent;
    });
  }

  /** SIGKILL to the whole browser: no socket is closed by it, no goodbye is said. */
  async kill() {
    await this.#process.kill();
  }

  /** SIGSTOP to the whole browser, which playwright makes a process group of its own. */
  stop() {
    process.kill(-/** @type {number} */ (this.#process.process().pid), 'SIGSTOP');
  }

  /** SIGCONT. */
  resume() {
    process.kill(-/** @type {number} */ (this.#process.process().pid), 'SIGCONT');
  }

  /** Ends the browser as a person does. */
  async close() {
    await this.#browser.close();
  }
}

/**
 * Has one call the other through the page, until the server says that they are connected.
 *
 * @param {Tab} user
 * @param {Tab} otomo
 * @param {string} otomoId
 * @returns {Promise<any>} the fields of call_connected
 */
export async function call(user, otomo, otomoId) {
  await user.click('call', otomoId);
  await otomo.shows('state', 'ringing');
  await otomo.click('accept');
  const [connected] = await Promise.all([
    user.heard('call_connected'),
    otomo.heard('call_connected'),
  ]);
  return connected;
}
