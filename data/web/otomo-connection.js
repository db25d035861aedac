/*
 * One signalling connection that comes back by itself: socket, first message, heartbeat, back-off,
 * and a fresh token before the old one has expired.
 * Knows nothing of calls. What it is told to send while it is not open it refuses, and says so:
 * what was true before a loss is for the server to repeat, not for a queue of ours.
 */

import { backoffMs } from './otomo-backoff.js';

/** @typedef {import('./otomo-wire.js').Fields} Fields */
/** @typedef {import('./otomo-wire.js').Format} Format */

/**
 * @typedef {'connecting' | 'open' | 'waiting' | 'closed'} ConnectionState
 *
 * @typedef {object} ConnectionReport
 * @property {ConnectionState} state
 * @property {number} attempt  tries since it was last open, from 1
 * @property {number} retryMs  `waiting`: until the next try
 * @property {number} code  `waiting` and `closed`: WebSocket close code, 1006 when there was none
 *
 * @typedef {object} ConnectionListener
 * @property {(report: ConnectionReport) => void} changed
 * @property {(event: string, fields: Fields) => void} received  each message, but those with which
 *   a token was renewed; `connection_ack` is the first
 *
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {string} userId
 * @property {string | (() => string | Promise<string>)} token  a function is asked before each try,
 *   and for a fresh one when the last is about to expire; a text is all that there is
 * @property {Format} format
 * @property {ConnectionListener} listener
 */

/** Close codes after which the same try again would get the same answer. */
const FINAL_CODES = new Set([1003, 1007, 1009, 4400, 4401, 4403, 4409]);
const TOKEN_REFUSED = 4401;
const RATE_LIMITED = 4429;
const NO_CODE = 1006;

const ACK_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 2000;
const BACKOFF = { minMs: 500, maxMs: 15_000 };
const ATTEMPTS_MAX = 40;
const UNSENT_BYTES_MAX = 256 * 1024;

export class Connection {
  /** @type {ConnectionOptions} */ #options;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {ConnectionState} */ #state = 'closed';
  #attempt = 0;
  #heard = false; // anything since the last heartbeat
  #isRenewing = false; // a fresh token was asked for, and is not taken yet
  #heartbeatMs = 0; // 0: the server wants none
  /** @type {{sessionId: string, lastSequence: number} | undefined} */ #resume;
  /** @type {any} */ #timer = 0; // one at a time: ack deadline, next try, or heartbeat

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get isOpen() {
    return this.#state === 'open';
  }

  /**
   * Opens it, or tries again at once when it is waiting. Does nothing when it is open or on its
   * way.
   */
  open() {
    if (this.#state === 'open' || this.#state === 'connecting') return;
    if (this.#state === 'closed') this.#attempt = 0;
    this.#dial();
  }

  /** The network may be another one: an open connection has to show that it still is one. */
  probe() {
    if (this.#state === 'open') this.#beat(PROBE_TIMEOUT_MS);
    else this.open();
  }

  /** Closes it for good, until the next `open`. @param {number} code */
  close(code = 1000) {
    this.#resume = undefined;
    this.#abandon(code);
    this.#become('closed', { code });
  }

  /**
   * @param {string} event
   * @param {Fields} fields
   * @returns {boolean} false: not open, nothing was sent and nothing will be
   */
  send(event, fields = {}) {
    if (this.#state !== 'open') return false;
    if (this.#socket && this.#socket.bufferedAmount > UNSENT_BYTES_MAX) {
      this.#lost(NO_CODE);
      return false;
    }
    this.#write(event, fields);
    return true;
  }

  async #dial() {
    clearTimeout(this.#timer);
    this.#attempt++;
    this.#become('connecting');
    const attempt = this.#attempt;
    const isStale = () => this.#state !== 'connecting' || this.#attempt !== attempt;

    let token;
    try {
      token = await this.#token();
    } catch {
      if (!isStale()) this.#lost(NO_CODE);
      return;
    }
    if (isStale()) return;

    const socket = new WebSocket(this.#options.url, this.#options.format.subprotocols);
    this.#socket = socket;
    socket.onopen = () =>
      this.#write('init_connection', {
        userId: this.#options.userId,
        token,
        ...(this.#resume && { resume: this.#resume }),
      });
    socket.onmessage = ({ data }) => this.#read(data);
    socket.onclose = ({ code }) => this.#lost(code);
    this.#timer = setTimeout(() => this.#lost(NO_CODE), ACK_TIMEOUT_MS);
  }

  /** @returns {Promise<string>} */
  async #token() {
    const { token } = this.#options;
    return typeof token === 'function' ? token() : token;
  }

  /** @param {string} event @param {Fields} fields */
  #write(event, fields) {
    this.#socket?.send(this.#options.format.encode(event, fields));
  }

  /** @param {unknown} data */
  #read(data) {
    const message = typeof data === 'string' ? this.#options.format.decode(data) : null;
    if (!message) return;
    this.#heard = true;
    const isOurs = this.#state === 'open' && this.#isAboutToken(message);
    if (message.event === 'connection_ack' && !isOurs) this.#acknowledged(message.fields);
    if (this.#resume && message.sequence) this.#resume.lastSequence = message.sequence;
    if (isOurs) return;
    this.#options.listener.received(message.event, message.fields);
  }

  /**
   * The server says, unasked and in good time, that the token of an open connection ends.
   *
   * @param {import('./otomo-wire.js').Message} message
   * @returns {boolean} false: it is not about that, or there is nothing to be done about it here
   */
  #isAboutToken({ event, fields }) {
    if (event === 'connection_ack') {
      this.#isRenewing = false;
      return true;
    }
    if (event !== 'error' || fields.originalEvent !== 'init_connection') return false;
    const wasRefused = this.#isRenewing; // the server tells once more when the old one has expired
    this.#isRenewing = false;
    const isOld = fields.code === 'UNAUTHENTICATED' && typeof this.#options.token === 'function';
    if (wasRefused || !isOld) return false;
    this.#renew();
    return true;
  }

  async #renew() {
    const socket = this.#socket;
    this.#isRenewing = true;
    try {
      const token = await this.#token();
      if (this.#socket === socket)
        this.#write('init_connection', { userId: this.#options.userId, token });
    } catch {
      this.#isRenewing = false; // to be asked again when the old one has expired
    }
  }

  /** @param {Fields} ack */
  #acknowledged(ack) {
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#isRenewing = false;
    // Named after a loss, so that a connection which only we know to be dead lets go of the call.
    this.#resume = { sessionId: ack.sessionId, lastSequence: 0 };
    this.#become('open');
    this.#heartbeatMs = ack.heartbeatSeconds * 1000;
    if (this.#heartbeatMs > 0) this.#beat(this.#heartbeatMs);
  }

  /**
   * A server that says nothing between two heartbeats is not there any more.
   *
   * @param {number} patienceMs
   */
  #beat(patienceMs) {
    clearTimeout(this.#timer);
    this.#heard = false;
    this.#write('heartbeat', {});
    this.#timer = setTimeout(() => {
      if (!this.#heard) this.#lost(NO_CODE);
      else if (this.#heartbeatMs > 0) this.#beat(this.#heartbeatMs);
    }, patienceMs);
  }

  /** @param {number} code */
  #lost(code) {
    this.#abandon(1000);
    // A token that was good once has only expired: the next one is a fresh one.
    const isExpired =
      code === TOKEN_REFUSED && this.isOpen && typeof this.#options.token === 'function';
    if ((FINAL_CODES.has(code) && !isExpired) || this.#attempt >= ATTEMPTS_MAX) {
      this.#become('closed', { code });
      return;
    }
    const retryMs = backoffMs(BACKOFF, code === RATE_LIMITED ? ATTEMPTS_MAX : this.#attempt + 1);
    this.#timer = setTimeout(() => this.#dial(), retryMs);
    this.#become('waiting', { code, retryMs });
  }

  /** Lets go of the socket without waiting for its closing handshake. @param {number} code */
  #abandon(code) {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  /** @param {ConnectionState} state @param {{code?: number, retryMs?: number}} why */
  #become(state, { code = 0, retryMs = 0 } = {}) {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.listener.changed({ state, attempt: this.#attempt, retryMs, code });
  }
}
