/*
 * An operator: a Chromium with the console open. What the page complains of, and requests to
 * anywhere but its server, are faults.
 */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const DEADLINE_MS = 30_000;
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];

export class Desk {
  /** @type {string[]} */ complaints = [];
  /** @type {string[]} */ strangers = [];

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
  }

  /** The browser of all desks of a test file; it is the file's to close. */
  static launch() {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    return chromium.launch({ executablePath, args: FLAGS });
  }

  /**
   * @param {import('node:test').TestContext} t closes the window at its end
   * @param {import('playwright-core').Browser} browser
   * @param {string} url
   * @param {import('playwright-core').BrowserContextOptions} options
   */
  static async open(t, browser, url, options = {}) {
    const context = await browser.newContext({
      locale: 'en-GB',
      timezoneId: 'Asia/Tokyo',
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    t.after(() => context.close());
    context.setDefaultTimeout(DEADLINE_MS);
    const desk = new Desk(await context.newPage());
    const { origin } = new URL(url);
    desk.page.on('pageerror', (error) => desk.complaints.push(error.stack ?? error.message));
    desk.page.on('console', (line) => {
      const isRefusal = /Failed to load resource/.test(line.text()); // of the network, and wanted here
      if (line.type() === 'error' && !isRefusal) desk.complaints.push(line.text());
    });
    desk.page.on('request', (request) => {
      if (!request.url().startsWith(origin)) desk.strangers.push(request.url());
    });
    await desk.page.goto(url);
    return desk;
  }

  /** Waits until something with this role and name can be seen. @param {any} role @param {string | RegExp} name */
  async sees(role, name) {
    const found = this.page.getByRole(role, { name }).first();
    await found.waitFor();
    return found;
  }

  /** The accessible name of what has the focus, as far as it is its label or text. */
  focused() {
    return this.page.evaluate(() => {
      const at = document.activeElement;
      return (at?.getAttribute('aria-label') ?? at?.textContent ?? '').trim();
    });
  }

  /**
   * By the keyboard alone: Tab until it has the focus, then Enter.
   *
   * @param {string} name
   * @param {'button' | 'link'} role
   */
  async press(name, role = 'button') {
    await this.page.getByRole(role, { name, exact: true }).first().waitFor();
    for (let steps = 0; (await this.focused()) !== name; steps++) {
      assert(steps < 60, `${name} can't be reached by Tab`);
      await this.page.keyboard.press('Tab');
    }
    await this.page.keyboard.press('Enter');
  }

  /** A call's row. @param {string} callId */
  row(callId) {
    return this.page.getByRole('row').filter({ hasText: callId });
  }

  /** Nothing that a screen reader or weak eyes trip over; by night only the colours are others. @param {string} where */
  async isAccessible(where) {
    const axe = await readFile(
      createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
      'utf8',
    );
    await this.page.evaluate(axe);
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const rules = colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {};
      const { violations } = await this.page.evaluate(
        (options) => /** @type {any} */ (globalThis).axe.run(document, options),
        rules,
      );
      const found = violations.map(
        (/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html)}`,
      );
      assert.deepEqual(found, [], `${where}, ${colorScheme}`);
    }
  }

  /** Nothing went wrong in the page, and nobody else was asked for anything. */
  isSound() {
    assert.deepEqual(this.complaints, []);
    assert.deepEqual(this.strangers, [], 'only the server may be asked');
  }
}
