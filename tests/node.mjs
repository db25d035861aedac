/*
 * node node.mjs FILE…: runs test files of one folder. Installs what the folder's package-lock.json
 * names when it is not there yet, so that `meson test` on a fresh checkout needs no step before it.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

const files = process.argv.slice(2);
const folder = dirname(files[0]);

/** @param {string} program @param {string[]} parameters */
function run(program, parameters) {
  const { status, error } = spawnSync(program, parameters, { cwd: folder, stdio: 'inherit' });
  if (error) console.error(`${program}: ${error.message}`);
  return status ?? 1;
}

if (!existsSync(`${folder}/node_modules/.package-lock.json`)) {
  const status = run('npm', ['ci', '--no-audit', '--no-fund']);
  if (status !== 0) process.exit(status);
}
process.exit(run(process.execPath, ['--test', '--test-reporter=spec', ...files]));
