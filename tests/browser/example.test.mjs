/* docs/examples/call.html, as docs/client.md shows it: two of them make a billed call. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Tab } from './tab.mjs';

const TIMEOUT = { timeout: 120_000 };
const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };

/** @type {Daemon} */ let daemon;
/** @type {import('node:http').Server} */ let files;

/** The source tree, as `python3 -m http.server` gives it. */
async function give(
  /** @type {import('node:http').IncomingMessage} */ request,
  /** @type {import('node:http').ServerResponse} */ response,
) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const type = /** @type {any} */ (TYPES)[extname(pathname)];
  try {
    assert(type);
    const body = await readFile(new URL(`../..${pathname}`, import.meta.url));
    response.writeHead(200, { 'Content-Type': type }).end(body);
  } catch {
    response.writeHead(204).end(); // favicon
  }
}

before(async () => {
  daemon = await Daemon.start();
  files = createServer(give).listen(0, '127.0.0.1');
  await once(files, 'listening');
});
after(async () => {
  files.close();
  await daemon?.close();
});

/** @param {import('node:test').TestContext} t @param {string} id @param {string} [to] */
async function open(t, id, to) {
  const address = /** @type {import('node:net').AddressInfo} */ (files.address());
  const token = (await daemon.ctl('token', id)).trim();
  const url = `${daemon.url.replace('http', 'ws')}/v1/socket`;
  const page = `http://127.0.0.1:${address.port}/docs/examples/call.html`;
  return Tab.open(t, page, to ? { url, id, token, to } : { url, id, token });
}

test('two pages of the example make a billed call', TIMEOUT, async (t) => {
  const otomo = await open(t, 'demo-otomo');
  const user = await open(t, 'demo-user', 'demo-otomo');
  /** @param {Tab} tab @param {string} words */
  const shows = (tab, words) => tab.page.getByText(words).waitFor();
  await user.page.click('#call');
  await shows(otomo, 'ringing');
  await otomo.page.click('#take');
  await shows(user, 'in_call units: 1, points: 10');
  await shows(otomo, 'in_call units: 1, points: 5');
  await user.page.waitForFunction(() => document.querySelector('audio')?.srcObject !== null);
  await user.page.click('#end');
  await shows(user, 'ended user_end');
  await shows(otomo, 'ended user_end');
  const [call] = JSON.parse(await daemon.ctl('calls', '--json'));
  assert.equal(call.total_charged, 10);
  assert.deepEqual([...user.complaints, ...otomo.complaints], []);
});
