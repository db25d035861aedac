/*
 * How an event lies in a WebSocket text frame. The only place that knows a wire format: everything
 * else deals in an event's name and its fields, which are the same in every format (PROTOCOL.md,
 * section 2).
 *
 * A format is { subprotocols, encode, decode }; another one is another object of this shape.
 */

/**
 * @typedef {Record<string, any>} Fields
 *
 * @typedef {object} Format
 * @property {string[]} subprotocols  offered at the upgrade; none means the flat format
 * @property {(event: string, fields: Fields) => string} encode
 * @property {(text: string) => Message | null} decode  null: not a message of this format
 *
 * @typedef {object} Message
 * @property {string} event
 * @property {Fields} fields
 * @property {number} [sequence]  where the format numbers its messages
 */

/** @param {unknown} value @returns {value is Fields} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The flat format: fields lie beside `type`. `call_connected` alone comes with its fields inside
 * `payload`; both places are read, so the exception needs no rule of its own.
 *
 * @type {Format}
 */
export const flat = Object.freeze({
  subprotocols: [],

  encode: (event, fields) => JSON.stringify({ ...fields, type: event }),

  decode(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return null;
    }
    if (!isObject(message) || typeof message.type !== 'string') return null;
    const { type, payload, ...beside } = message;
    return { event: type, fields: isObject(payload) ? { ...beside, ...payload } : beside };
  },
});
