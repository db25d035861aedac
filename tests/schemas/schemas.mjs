/*
 * The schemas, as the tests of this folder see them: what lies in the folder, with no help of our
 * own generator.
 */

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const folder = fileURLToPath(new URL('../../schemas', import.meta.url));

/** @param {string} path  inside schemas/ */
export const load = (path) => JSON.parse(readFileSync(`${folder}/${path}`, 'utf8'));

export const types = load('types.json');

/** Every event: who sends it, its name, its schema. */
export const events = ['client', 'server'].flatMap((sender) =>
  readdirSync(`${folder}/${sender}`)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      sender,
      name: file.slice(0, -'.json'.length),
      schema: load(`${sender}/${file}`),
    })),
);

/**
 * A schema without references, and whether null will do as well.
 *
 * @param {any} schema
 * @returns {any}
 */
export function resolve(schema) {
  if (schema.anyOf) {
    const [one] = schema.anyOf.filter((/** @type {any} */ choice) => choice.type !== 'null');
    return { ...resolve(one), nullable: true };
  }
  if (schema.$ref) {
    const { $ref, ...own } = schema;
    return { ...types.$defs[$ref.split('/').at(-1)], ...own };
  }
  return schema;
}
