/*
 * Makes a valid object wrong, and sometimes only different, one change at a time: each member
 * missing, null, of each other type, too short and too long, too small and too large, an unknown
 * word, and a member that nobody knows. Nothing here judges.
 */

import { resolve } from './schemas.mjs';

const VALUES = ['text', '', 0, 1, -1, 1.5, true, false, null, [], ['text'], [1], {}, { a: 1 }];
const MANY = 'あ😀a'; // characters of one, two and one UTF-16 units: limits count code points

/** @param {number} length in code points */
const text = (length) => MANY.repeat(Math.ceil(length / 3)).replace(new RegExp(`^(.{${length}}).*$`, 'su'), '$1');

/** Values on both sides of each limit of a schema. @param {any} schema */
function* edges(schema) {
  if (schema.pattern) yield* ['a'.repeat(64), 'a'.repeat(65), 'a b', 'ä', 'a\n', 'a/b', '_.:-'];
  for (const key of ['minLength', 'maxLength'])
    if (key in schema) yield* [-1, 0, 1].map((by) => text(Math.max(0, schema[key] + by)));
  for (const key of ['minimum', 'maximum'])
    if (key in schema) yield* [-1, 0, 1, 0.5].map((by) => schema[key] + by);
  for (const word of schema.enum ?? []) yield* [word, word.toUpperCase(), `${word} `, word.slice(1)];
  if (schema.type === 'array') {
    yield [];
    const item = resolve(schema.items);
    const one = item.type === 'string' ? 'turn:a' : { urls: ['turn:a'] };
    yield* [1, schema.maxItems, schema.maxItems + 1].map((count) => Array(count).fill(one));
    yield [one, 7];
  }
}

/**
 * Every variant of `object`, with what was done to it.
 *
 * @param {any} schema
 * @param {any} object  never changed
 * @returns {Generator<{what: string, value: any}>}
 */
export function* variants(schema, object) {
  yield { what: 'as it is', value: object };
  yield { what: 'with more', value: { ...object, somethingElse: { deep: [1, null] } } };
  for (const [name, reference] of Object.entries(schema.properties ?? {})) {
    const { [name]: old, ...rest } = object;
    const field = resolve(reference);
    yield { what: `no ${name}`, value: rest };
    for (const value of [...VALUES, ...edges(field)])
      yield { what: `${name} is ${JSON.stringify(value).slice(0, 40)}`, value: { ...object, [name]: value } };
    if (field.type === 'object')
      for (const { what, value } of variants(field, old ?? {}))
        yield { what: `${name}: ${what}`, value: { ...object, [name]: value } };
    if (field.type === 'array' && resolve(field.items).type === 'object')
      for (const { what, value } of variants(resolve(field.items), old?.[0] ?? {}))
        yield { what: `${name}[0]: ${what}`, value: { ...object, [name]: [value] } };
  }
}
