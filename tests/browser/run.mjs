/*
 * node run.mjs FILE…: runs test files. Installs what package-lock.json names when it is not there
 * yet, so that `meson test` on a fresh checkout needs no step before it.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** @param {string} program @param {string[]} parameters */
function run(program, parameters) {
  const { status, error } = spawnSync(program, parameters, { cwd: here, stdio: 'inherit' });
  if (error) console.error(`${program}: ${error.message}`);
  return status ?? 1;
}

if (!existsSync(`${here}/node_modules/playwright-core`)) {
  const status = run('npm', ['ci', '--no-audit', '--no-fund']);
  if (status !== 0) process.exit(status);
}
process.exit(run(process.execPath, ['--test', '--test-reporter=spec', ...process.argv.slice(2)]));
