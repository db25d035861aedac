/*
 * What is written beside a call, or in any other channel: joins again after each reconnection,
 * shows each message once, and says again what was not stored yet, which a clientMessageId makes
 * safe. Knows nothing of calls.
 */

/**
 * @typedef {object} Written  one message, frozen
 * @property {string} id  of the server's, or one's own until it has been stored
 * @property {string} text
 * @property {string | null} authorId  null: one's own, not stored yet
 * @property {string} authorName
 * @property {string | null} timestamp  RFC 3339; null: not stored yet
 *
 * @typedef {object} ChatPorts
 * @property {(event: string, fields: Record<string, unknown>) => unknown} send
 * @property {(channelId: string) => void} changed
 *
 * @typedef {object} Channel
 * @property {Written[]} stored  in the server's order
 * @property {Written[]} unsent  in one's own
 */

const STORED_MAX = 200;
const UNSENT_MAX = 16;
const TEXT_MAX = 4000; // characters
const RETRY_MS = 2000;

export class Chat {
  /** @type {ChatPorts} */ #ports;
  /** @type {Map<string, Channel>} */ #channels = new Map();
  /** @type {string | null} */ #userId = null;
  /** @type {any} */ #retryTimer = 0;

  /** @param {ChatPorts} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** @param {string} channelId */
  join(channelId) {
    if (this.#channels.has(channelId)) return;
    this.#channels.set(channelId, { stored: [], unsent: [] });
    this.#ports.send('join_channel', { channelId });
  }

  /** Forgets the channel and what was written in it. @param {string} channelId */
  leave(channelId) {
    if (this.#channels.delete(channelId)) this.#ports.send('leave_channel', { channelId });
  }

  /**
   * @param {string} channelId  joined before
   * @param {string} text
   * @returns {boolean} false: empty, too long, or too much waits to be stored already
   */
  say(channelId, text) {
    const channel = this.#channels.get(channelId);
    const length = [...text].length;
    if (!channel || length === 0 || length > TEXT_MAX || channel.unsent.length >= UNSENT_MAX)
      return false;
    const own = { id: crypto.randomUUID(), text, authorId: null, authorName: '', timestamp: null };
    channel.unsent.push(Object.freeze(own));
    this.#post(channelId, own);
    this.#ports.changed(channelId);
    return true;
  }

  /** @param {string} channelId @returns {Written[]} what is on its way comes last */
  written(channelId) {
    const { stored = [], unsent = [] } = this.#channels.get(channelId) ?? {};
    return [...stored, ...unsent];
  }

  /** The connection is there, perhaps anew. @param {string} userId */
  connected(userId) {
    this.#userId = userId;
    for (const channelId of this.#channels.keys()) this.#ports.send('join_channel', { channelId });
    this.#postAll();
  }

  /** @param {import('./otomo-events.js').ServerEvents['new_message']} event */
  told({ channelId, message }) {
    const channel = this.#channels.get(channelId);
    if (!channel || channel.stored.some(({ id }) => id === message.id)) return; // a replay
    const { id, text, author, timestamp } = message;
    const written = { id, text, authorId: author.id, authorName: author.name, timestamp };
    channel.stored.push(Object.freeze(written));
    channel.stored.splice(0, channel.stored.length - STORED_MAX);
    const own = channel.unsent.findIndex((unsent) => unsent.text === text);
    if (author.id === this.#userId && own >= 0) channel.unsent.splice(own, 1);
    this.#ports.changed(channelId);
  }

  /** Something could not be stored for the moment: later, all of it is said again. */
  postponed() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#postAll(), RETRY_MS);
  }

  #postAll() {
    for (const [channelId, { unsent }] of this.#channels)
      for (const own of unsent) this.#post(channelId, own);
  }

  /** @param {string} channelId @param {Written} own */
  #post(channelId, { id, text }) {
    this.#ports.send('send_message', { channelId, text, clientMessageId: id });
  }
}
