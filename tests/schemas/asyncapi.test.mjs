/* schemas/asyncapi.yaml: the official parser takes it, and it has every event, once, each way. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Parser, fromFile } from '@asyncapi/parser';

import { events, folder } from './schemas.mjs';

const { document, diagnostics } = await fromFile(new Parser(), `${folder}/asyncapi.yaml`).parse();

test('the official parser has nothing to say', () => {
  assert.deepEqual(
    diagnostics.map(({ code, message, path }) => `${code} at ${path.join('.')}: ${message}`),
    [],
  );
});

for (const [action, sender] of [['receive', 'client'], ['send', 'server']]) {
  test(`every event of the ${sender}, once`, () => {
    const listed = document
      .operations()
      .filter((operation) => operation.action() === action)
      .flatMap((operation) => operation.messages().all());
    const wanted = events.filter((event) => event.sender === sender);
    assert.deepEqual(
      listed.map((message) => message.name()).sort(),
      wanted.map(({ name }) => name).sort(),
    );
    for (const message of listed) {
      const { schema } = wanted.find(({ name }) => name === message.name());
      const text = JSON.stringify(message.payload().json());
      assert.ok(text.includes(`"const":"${message.name()}"`), `${message.name()} says its type`);
      assert.ok(text.includes(JSON.stringify(schema.description)), `${message.name()} is its schema`);
    }
  });
}
