/*
 * OTOMOD=… OTOMOCTL=… node console-pictures.mjs DIRECTORY: photographs the console for its page of
 * the docs, while the load client talks: console-live.png (by night, English), console-call.png
 * (by day, Japanese).
 */

import { join } from 'node:path';
import { Daemon } from './daemon.mjs';
import { Desk } from './desk.mjs';

const CALLS = 6;

const directory = process.argv[2];
if (!directory) throw new Error('where to? node console-pictures.mjs DIRECTORY');

/** @type {(() => unknown)[]} */ const last = [];
const scene = /** @type {any} */ ({ after: (/** @type {() => unknown} */ fn) => last.push(fn) });
const daemon = await Daemon.start({
  'admin.listen': '127.0.0.1:0',
  'billing.unit_seconds': 20,
  'recording.mode': 'on-request',
  'server.drain_timeout': 0,
});
const browser = await Desk.launch();
try {
  const url = (await daemon.ctl('console')).trim();
  const size = { viewport: { width: 1240, height: 620 }, deviceScaleFactor: 1.5 };
  const night = await Desk.open(scene, browser, url, { ...size, colorScheme: 'dark' });
  const day = await Desk.open(scene, browser, url, {
    ...size,
    locale: 'ja-JP',
    colorScheme: 'light',
  });
  const load = daemon.ctl(
    'load-test',
    '--url',
    `${daemon.url.replace('http', 'ws')}/v1/socket`,
    '--calls',
    `${CALLS}`,
    '--rate',
    '1',
    '--seconds',
    '75',
  );
  const row = night.page.getByRole('row').filter({ hasText: 'u3' });
  await row.getByText('1:00').waitFor({ timeout: 120_000 });
  await night.page.screenshot({ path: join(directory, 'console-live.png') });
  await day.page.getByRole('row').filter({ hasText: 'u3' }).getByRole('link').first().click();
  await day.page.locator('.timeline .unit').nth(2).waitFor();
  await day.page.screenshot({ path: join(directory, 'console-call.png') });
  await load;
} finally {
  for (const leave of last) await leave();
  await browser.close();
  await daemon.close();
}
