/* How long to wait before another try. */

/**
 * @typedef {object} Backoff
 * @property {number} minMs
 * @property {number} maxMs
 */

/**
 * Doubles from the least to the most, and half of it is chance, so that clients which lost the same
 * server, or the same network, do not all come back at the same moment.
 *
 * @param {Backoff} backoff
 * @param {number} attempt from 1
 * @param {() => number} random 0 to 1
 * @returns {number} milliseconds
 */
export function backoffMs({ minMs, maxMs }, attempt, random = Math.random) {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
