/*
 * Schema and code agree: what ajv accepts or refuses by the schema files, our codec accepts or
 * refuses by the tables that were generated from them, and it names a place that ajv complains of.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import Ajv2020 from 'ajv/dist/2020.js';

import { variants } from './mutate.mjs';
import { events, types } from './schemas.mjs';

const ajv = new Ajv2020.default({ allErrors: true, strict: false });
ajv.addSchema({ ...types, $id: 'otomo:/types.json' });

/** "candidate.urls[1]": as our codec names a place. @param {any} error of ajv's */
function placeOf({ instancePath, keyword, params }) {
  const parts = instancePath.split('/').slice(1);
  if (keyword === 'required') parts.push(params.missingProperty);
  return parts
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

/** @param {string[]} lines @returns {string[]} what our codec says of each */
function judge(lines) {
  const { stdout, status, stderr } = spawnSync(process.env.JUDGE ?? '', {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
}

/** How an event's fields go to the judge. */
const skins = {
  client: [
    (name, fields) => `client flat ${JSON.stringify({ ...fields, type: name })}`,
    (name, fields) => `client flat ${JSON.stringify({ type: name, payload: fields })}`,
    (name, fields) => `client envelope ${JSON.stringify({ event: name, payload: fields, sequence: 1 })}`,
  ],
  server: [(name, fields) => `server ${name} ${JSON.stringify(fields)}`],
};

let judged = 0;

for (const { sender, name, schema } of events) {
  test(`${sender}/${name}`, () => {
    const validate = ajv.compile({ ...schema, $id: `otomo:/${sender}/${name}.json` });
    const cases = schema.examples.flatMap((example) => [...variants(schema, example)]);
    for (const skin of skins[sender]) {
      const verdicts = judge(cases.map(({ value }) => skin(name, value)));
      assert.equal(verdicts.length, cases.length);
      cases.forEach(({ what, value }, i) => {
        const [verdict, ...why] = verdicts[i].split(' ');
        const valid = validate(value);
        const situation = `${what}: ajv ${JSON.stringify(validate.errors)}, ours ${verdicts[i]}`;
        assert.equal(verdict, valid ? 'accepted' : 'refused', situation);
        if (valid) return;
        const place = why.join(' ').split(': ')[0];
        assert.ok(validate.errors.some((error) => placeOf(error) === place), situation);
      });
      judged += cases.length;
    }
    const refused = cases.filter(({ value }) => !validate(value)).length;
    const isEmpty = Object.keys(schema.properties ?? {}).length === 0;
    assert.ok(refused > 0 || isEmpty, 'no variant was wrong: nothing was shown');
  });
}

test('enough was judged', () => assert.ok(judged > 5000, `${judged} messages`));
