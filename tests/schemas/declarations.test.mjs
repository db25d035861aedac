/*
 * The TypeScript declarations that the build makes of the schemas: every example of every schema is
 * of its type, a wrong one is not, and the client library agrees with them.
 */

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';

import ts from 'typescript';

import { events } from './schemas.mjs';

const declarations = process.env.DECLARATIONS ?? '';
const web = fileURLToPath(new URL('../../data/web', import.meta.url));
const scratch = mkdtempSync(`${tmpdir()}/otomo-declarations-`);
after(() => rmSync(scratch, { recursive: true }));
copyFileSync(declarations, `${scratch}/otomo-events.d.ts`);

/** @param {string} file @returns {string[]} what the compiler says of it, by line */
function check(file) {
  const program = ts.createProgram([file], {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    skipDefaultLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ES2022,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    rootDirs: [web, dirname(declarations)], // the client imports them as if they lay beside it
  });
  return ts.getPreEmitDiagnostics(program).map(({ file: source, start = 0, messageText }) => {
    const line = source ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** @param {string[]} lines */
function checkText(lines) {
  const head = "import type { ClientEvents, ServerEvents } from './otomo-events';";
  writeFileSync(`${scratch}/use.ts`, [head, ...lines].join('\n'));
  return check(`${scratch}/use.ts`);
}

/** @param {string} sender */
const table = (sender) => (sender === 'client' ? 'ClientEvents' : 'ServerEvents');

test('every example is of its type', () => {
  const lines = events.flatMap(({ sender, name, schema }) =>
    schema.examples.map(
      (/** @type {any} */ example, /** @type {number} */ i) =>
        `export const ${sender}_${name}_${i}: ${table(sender)}['${name}'] = ${JSON.stringify(example)};`,
    ),
  );
  assert.ok(lines.length >= events.length);
  assert.deepEqual(checkText(lines), []);
});

test('one that lacks a member is not', () => {
  const lines = events.flatMap(({ sender, name, schema }) =>
    (schema.required ?? []).map((/** @type {string} */ member) => {
      const { [member]: _, ...less } = schema.examples[0];
      return `export const ${sender}_${name}_${member}: ${table(sender)}['${name}'] = ${JSON.stringify(less)};`;
    }),
  );
  const complaints = checkText(lines).map((complaint) => Number.parseInt(complaint, 10));
  assert.deepEqual(complaints, lines.map((_, i) => i + 2));
});

test('the client library agrees with them', () => {
  assert.deepEqual(check(`${web}/otomo-client.js`), []);
});
