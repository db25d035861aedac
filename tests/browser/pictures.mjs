/*
 * OTOMOD=… OTOMOCTL=… node pictures.mjs DIRECTORY: photographs the page during a call for the
 * README, as page-call.png (a desk, English) and page-call-ja.png (a phone, Japanese).
 */

import { join } from 'node:path';
import { Daemon } from './daemon.mjs';
import { Tab, call } from './tab.mjs';

const directory = process.argv[2];
if (!directory) throw new Error('where to? node pictures.mjs DIRECTORY');

/** @type {(() => unknown)[]} */ const last = [];
const scene = /** @type {any} */ ({ after: (/** @type {() => unknown} */ fn) => last.push(fn) });
const daemon = await Daemon.start();
try {
  await daemon.ctl('user', 'add', 'haruka', '--role', 'user', '--name', 'Haruka');
  await daemon.ctl('wallet', 'top-up', 'haruka', '1200');
  await daemon.ctl('user', 'add', 'sora', '--role', 'otomo', '--price', '120', '--name', 'Sora');
  const desk = { viewport: { width: 1100, height: 720 }, deviceScaleFactor: 2 };
  const phone = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, locale: 'ja-JP' };
  const user = await Tab.open(scene, daemon.url, { as: 'haruka', to: 'sora' }, desk);
  const otomo = await Tab.open(scene, daemon.url, { as: 'sora' }, phone);
  await call(user, otomo, 'sora');
  await Promise.all([user.hears(), otomo.hears()]);
  await user.says('elapsed', '00:1');
  await user.page.screenshot({ path: join(directory, 'page-call.png') });
  await otomo.page.screenshot({ path: join(directory, 'page-call-ja.png') });
  await user.click('end');
  await otomo.shows('view', 'over');
} finally {
  for (const leave of last) await leave();
  await daemon.close();
}
