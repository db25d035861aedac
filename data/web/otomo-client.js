/*
 * The client library of Otomo: paid 1:1 voice calls over PROTOCOL.md. A page needs only this file's
 * exports.
 *
 *     const client = new OtomoClient({ role: 'user' });
 *     client.addEventListener('call', ({ detail: call }) => show(call));
 *     client.addEventListener('voice', ({ detail: stream }) => { audio.srcObject = stream; });
 *     await client.connect('wss://example.org/v1/socket', userId, token);
 *     await client.request('otomo-id');
 *     client.join(client.call.callId); // the chat beside the call
 *     client.say(client.call.callId, 'hello');
 *
 * It decides nothing about a call: `call` is what the server said last. It does what a server
 * cannot: holds the microphone, makes offers and answers, and finds its way back after a lost
 * connection.
 */

import { Chat } from './otomo-chat.js';
import { Connection } from './otomo-connection.js';
import { OtomoError } from './otomo-error.js';
import { Media, openMicrophone } from './otomo-media.js';
import { flat } from './otomo-wire.js';

export { OtomoError };

/** @typedef {import('./otomo-chat.js').Written} Written */
/** @typedef {import('./otomo-wire.js').Fields} Fields */
/** @typedef {import('./otomo-wire.js').Format} Format */
/** @typedef {import('./otomo-connection.js').ConnectionReport} ConnectionReport */
/** @typedef {import('./otomo-leg.js').LegStats} LegStats */
/** @typedef {import('./otomo-events.js').ServerEvents} ServerEvents  declared by schemas/ */

/**
 * @typedef {'requesting' | import('./otomo-events.js').CallState} CallState
 *   `requesting` (the server has not answered yet) is the client's own, the rest are the server's
 *
 * @typedef {object} Call  a frozen picture; every change is a new one
 * @property {string} callId
 * @property {string | null} peerId  null after a reload: the server does not repeat it
 * @property {CallState} state
 * @property {string | null} reason  why it is over; `lost_track`: it ended while this client was
 *   away
 * @property {{code: string, message: string} | null} error  why the server refused it
 * @property {string | null} connectedAt  RFC 3339
 * @property {number | null} totalSeconds
 * @property {number} unitIndex  units charged so far
 * @property {number} charged  points charged in all
 * @property {number | null} earned  otomo only: points earned in all
 * @property {number | null} balance  one's own, as the last tick said
 * @property {number | null} unitsLeft  user only
 * @property {number | null} nextBillingAt  unix seconds
 * @property {boolean} peerConnected
 * @property {boolean} recording
 * @property {RTCPeerConnectionState | 'none'} media
 *
 * @typedef {object} OtomoOptions
 * @property {'user' | 'otomo'} role  a user only calls, an otomo is only called
 * @property {'server' | 'client'} [offerer]  an otomo: who makes the first offer; `server` by
 *   default
 * @property {() => Promise<MediaStream>} [microphone]  another source of one's own voice
 * @property {Format} [format]  flat by default
 */

const LIVE_STATES = new Set(['requesting', 'ringing', 'accepted', 'in_call', 'reconnecting']);
const OVER_STATES = new Set(['ended', 'failed', 'answered_elsewhere']);
const TALKING_STATES = new Set(['in_call', 'reconnecting']);
const MEDIA_STATES = new Set(['accepted', ...TALKING_STATES]);

/** Refused, they mean that the call has moved on, and the server says where to by itself. */
const HASTY_EVENTS = new Set([
  'call_accept',
  'call_reject',
  'call_cancel',
  'call_end_request',
  'ice_candidate',
  'send_message',
  'leave_channel',
]);

/** Refused with one of these, a message is worth another try. */
const PASSING_CODES = new Set(['TEMPORARILY_UNAVAILABLE', 'RATE_LIMITED']);

/** @param {Call | null} call @returns {call is Call} */
export const isLive = (call) => call !== null && LIVE_STATES.has(call.state);

/**
 * Events (CustomEvent, `detail` as given):
 *
 * - `connection` {ConnectionReport}: each change of the signalling connection
 * - `call` {Call}: each change of the call
 * - `chat` {channelId}: something was written; `written` has all of it
 * - `voice` {MediaStream}: the other side's voice; again when the media path was made anew
 * - `problem` {OtomoError}: an `error` of the server's, or a failure of one's own media
 * - `message` {event, fields}: every message of the server, before it is acted on; not those with
 *   which a token was renewed
 */
export class OtomoClient extends EventTarget {
  /** @type {OtomoOptions} */ #options;
  /** @type {Connection | null} */ #connection = null;
  /** @type {Call | null} */ #call = null;
  /** @type {Media} */ #media;
  /** @type {Chat} */ #chat;
  #awaitsOffer = false; // we left the first offer of this call to the server
  /** @type {string | null} */ #endWhenBack = null; // callId that was hung up while offline
  #clockOffsetMs = 0;

  /** @type {{[E in keyof ServerEvents]?: (fields: ServerEvents[E]) => void}} */
  #general = {
    connection_ack: (f) => this.#acknowledged(f),
    incoming_call: (f) => this.#incoming(f),
    new_message: (f) => this.#chat.told(f),
    call_state_update: (f) => this.#stateUpdate(f),
    error: (f) => this.#refused(f),
  };

  /**
   * Only about the call that is on, or was the last.
   *
   * @type {{[E in keyof ServerEvents]?: (fields: ServerEvents[E], call: Call) => void}}
   */
  #aboutCall = {
    call_ringing: () => this.#change({ state: 'ringing' }),
    call_accepted: () => this.#change({ state: 'accepted' }),
    call_rejected: (f) => this.#finish({ state: 'failed', reason: f.reason }),
    signaling_start: (f) => this.#startMedia(f),
    webrtc_offer: (f) => this.#media.offered(f.offer),
    webrtc_answer: (f) => this.#media.answered(f.answer),
    ice_candidate: (f) => this.#media.candidate(f.candidate),
    call_connected: (f) => this.#connected(f),
    call_tick: (f, call) => this.#tick(f, call),
    call_force_end: (f) => this.#change({ reason: f.reason }),
    call_end: (f) => this.#finish({ reason: f.reason, totalSeconds: f.totalSeconds }),
  };

  /** @param {OtomoOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#media = new Media(options.microphone ?? openMicrophone, {
      send: (event, fields) => this.#send(event, { callId: this.#call?.callId, ...fields }),
      isReachable: () => this.#connection?.isOpen ?? false,
      voice: (stream) => this.#emit('voice', stream),
      changed: (media) => this.#change({ media }),
      failed: (error) => this.#emit('problem', error),
    });
    this.#chat = new Chat({
      send: (event, fields) => this.#send(event, fields),
      changed: (channelId) => this.#emit('chat', { channelId }),
    });
    globalThis.addEventListener?.('online', () => {
      this.#connection?.probe();
      this.#media.wayBack();
    });
  }

  /** The call that is on, or the last one. @returns {Call | null} */
  get call() {
    return this.#call;
  }

  /** The server's clock as far as it is known. @returns {number} milliseconds since 1970 */
  now() {
    return Date.now() + this.#clockOffsetMs;
  }

  /**
   * Connects, and stays connected until `disconnect`: a lost connection is made again by itself.
   *
   * @param {string} url of the socket; relative to the page, `http` counts as `ws`
   * @param {string} userId
   * @param {string | (() => string | Promise<string>)} token  a function is asked at each try,
   *   and when the last token is about to expire: it renews the connection, unnoticed. A text that
   *   expires is told of as a `problem`, UNAUTHENTICATED
   * @returns {Promise<void>} at the first acknowledgement; OtomoError CONNECTION_CLOSED when there
   *   will be none
   */
  connect(url, userId, token) {
    this.#connection?.close();
    const absolute = new URL(url, globalThis.location?.href);
    absolute.protocol = absolute.protocol.replace('http', 'ws');
    return new Promise((resolve, reject) => {
      /** @param {ConnectionReport} report */
      const changed = (report) => {
        this.#emit('connection', report);
        if (report.state === 'open') resolve();
        if (report.state !== 'closed') return;
        reject(
          new OtomoError('CONNECTION_CLOSED', `connection closed (${report.code})`, report.code),
        );
      };
      /** @param {string} event @param {Fields} fields */
      const received = (event, fields) => this.#received(event, fields);
      const format = this.#options.format ?? flat;
      const listener = { changed, received };
      this.#connection = new Connection({ url: absolute.href, userId, token, format, listener });
      this.#connection.open();
    });
  }

  /** Tries again at once, after it gave up or while it waits. */
  reconnect() {
    this.#connection?.open();
  }

  /** Closes the connection. A call that is on is not ended by this: `end` does that. */
  disconnect() {
    this.#connection?.close();
  }

  /**
   * Calls an otomo. The microphone is asked for first: nobody should answer to find that it was
   * refused.
   *
   * @param {string} toUserId
   * @returns {Promise<string | null>} the call's id; null when another call came in between
   */
  async request(toUserId) {
    await this.#media.microphone();
    if (isLive(this.#call)) return null;
    if (!this.#connection?.isOpen) {
      this.#media.release();
      throw new OtomoError('NOT_CONNECTED', 'not connected to the server');
    }
    const callId = crypto.randomUUID();
    this.#begin(callId, toUserId, 'requesting');
    this.#send('call_request', { toUserId, callId });
    return callId;
  }

  /**
   * Takes the call that rings. Nothing happens when it stopped ringing while the microphone was
   * asked for.
   */
  async accept() {
    const callId = this.#call?.callId;
    await this.#media.microphone();
    if (this.#call?.callId !== callId || this.#call?.state !== 'ringing') {
      if (!isLive(this.#call)) this.#media.release();
      return;
    }
    const offerer = this.#options.offerer ?? 'server';
    this.#awaitsOffer = offerer === 'server';
    this.#send('call_accept', { callId, ...(offerer === 'client' && { offerer }) });
  }

  /** @param {'busy' | 'manual_decline' | 'away'} reason */
  reject(reason = 'manual_decline') {
    this.#send('call_reject', { callId: this.#call?.callId, reason });
  }

  /** Ends the call, whatever its state: cancels, rejects or hangs up. */
  end() {
    const call = this.#call;
    if (!isLive(call)) return;
    const { callId, state } = call;
    if (!this.#connection?.isOpen) {
      // Silence reaches the server at once; the word follows when there is a way again.
      this.#endWhenBack = callId;
      this.#finish({ reason: 'user_end' });
    } else if (this.#options.role === 'otomo' && state === 'ringing') {
      this.reject();
    } else {
      const isCancel = this.#options.role === 'user' && !TALKING_STATES.has(state);
      this.#send(isCancel ? 'call_cancel' : 'call_end_request', { callId });
    }
  }

  /**
   * Whether one's own voice is held back. The line stays open: silence is sent, and the call goes
   * on.
   */
  get muted() {
    return this.#media.muted;
  }

  set muted(muted) {
    this.#media.muted = muted;
  }

  /**
   * Joins a channel, and again after each reconnection; a call's own is named by its callId.
   * Joined already: nothing.
   *
   * @param {string} channelId
   */
  join(channelId) {
    this.#chat.join(channelId);
  }

  /** @param {string} channelId */
  leave(channelId) {
    this.#chat.leave(channelId);
  }

  /**
   * Writes into a channel that was joined. While there is no connection, or no database, it waits
   * and is sent again.
   *
   * @param {string} channelId
   * @param {string} text  1 to 4,000 characters
   * @returns {boolean} false: not so long, or too much waits already
   */
  say(channelId, text) {
    return this.#chat.say(channelId, text);
  }

  /**
   * What was written in a channel since 50 messages before it was joined, the newest 200 at most.
   *
   * @param {string} channelId
   * @returns {Written[]}
   */
  written(channelId) {
    return this.#chat.written(channelId);
  }

  /**
   * What has gone over the media path so far.
   *
   * @returns {Promise<LegStats | null>} null: there is none
   */
  stats() {
    return this.#media.stats();
  }

  /** @param {string} type @param {any} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {string} event @param {Fields} fields */
  #send(event, fields) {
    return this.#connection?.send(event, fields) ?? false;
  }

  /** @param {string} event @param {Fields} fields */
  #received(event, fields) {
    this.#emit('message', { event, fields });
    const call = this.#call?.callId === fields.callId ? this.#call : null;
    const name = /** @type {keyof ServerEvents} */ (event);
    this.#general[name]?.(/** @type {any} */ (fields));
    // Of a call that is over only its end is of interest: how long it was.
    if (call && (isLive(call) || event === 'call_end'))
      this.#aboutCall[name]?.(/** @type {any} */ (fields), call);
  }

  /** @param {ServerEvents['connection_ack']} ack */
  #acknowledged(ack) {
    this.#clockOffsetMs = ack.connectedAt * 1000 - Date.now();
    if (this.#endWhenBack) this.#send('call_end_request', { callId: this.#endWhenBack });
    this.#endWhenBack = null;
    this.#chat.connected(ack.userId);
    if (!isLive(this.#call)) return;
    this.#media.wayBack();
    if (ack.resumed) return;
    const { state, callId, peerId } = this.#call;
    // Neither changes anything: a request may never have arrived, and asking twice is asking once;
    // a call that ended meanwhile is said not to be there, however late its other news may be.
    if (state === 'requesting') this.#send('call_request', { toUserId: peerId, callId });
    else this.#send('ice_candidate', { callId, candidate: null });
  }

  /** Said again after a reconnection, so it may be known. @param {ServerEvents['incoming_call']} f */
  #incoming(f) {
    if (this.#call?.callId === f.callId) {
      this.#change({ peerId: f.fromUserId });
      return;
    }
    if (isLive(this.#call)) this.#finish({ reason: 'lost_track' }); // nobody is rung during a call
    this.#begin(f.callId, f.fromUserId, 'ringing');
  }

  /** @param {string} callId @param {string | null} peerId @param {CallState} state */
  #begin(callId, peerId, state) {
    this.#awaitsOffer = false;
    const money = {
      unitIndex: 0,
      charged: 0,
      earned: null,
      balance: null,
      unitsLeft: null,
      nextBillingAt: null,
    };
    const end = { reason: null, error: null, totalSeconds: null };
    const line = {
      connectedAt: null,
      peerConnected: true,
      recording: false,
      media: /** @type {const} */ ('none'),
    };
    this.#call = Object.freeze({ callId, peerId, state, ...money, ...end, ...line });
    this.#emit('call', this.#call);
  }

  /** @param {Partial<Call>} change */
  #change(change) {
    if (!this.#call) return;
    this.#call = Object.freeze({ ...this.#call, ...change });
    this.#emit('call', this.#call);
  }

  /**
   * The call is over. May come twice, with what each message knows.
   *
   * @param {Partial<Call>} change
   */
  #finish(change) {
    const call = this.#call;
    if (!call) return;
    this.#media.release();
    const state = TALKING_STATES.has(call.state) ? 'ended' : 'failed';
    this.#change({ ...(isLive(call) && { state }), media: 'none', ...change });
  }

  /**
   * A live call that is not known here is one's own all the same: this page was loaded during it.
   *
   * @param {ServerEvents['call_state_update']} f
   */
  #stateUpdate(f) {
    const isOver = OVER_STATES.has(f.state);
    if (!isOver && !LIVE_STATES.has(f.state)) return; // a word of a later server
    const isKnown = this.#call?.callId === f.callId;
    if (!isKnown && (isOver || isLive(this.#call))) return;
    if (!isKnown) this.#takeUp(f);

    /** @type {Partial<Call>} */ const change = { state: f.state };
    if (f.reason) change.reason = f.reason;
    if (typeof f.recording === 'boolean') change.recording = f.recording;
    if (typeof f.peerConnected === 'boolean') change.peerConnected = f.peerConnected;
    if (isOver) this.#finish(change);
    else if (isLive(this.#call)) this.#change(change);
  }

  /** @param {ServerEvents['call_state_update']} f */
  #takeUp(f) {
    this.#begin(f.callId, null, f.state);
    if (MEDIA_STATES.has(f.state)) this.#media.expect();
  }

  /** @param {ServerEvents['call_connected']} f */
  #connected(f) {
    this.#clockOffsetMs = Date.parse(f.connectedAt) - Date.now();
    this.#change({ state: 'in_call', connectedAt: f.connectedAt });
  }

  /** @param {ServerEvents['call_tick']} f @param {Call} call */
  #tick(f, call) {
    const { unitIndex, balance, nextBillingAt, unitsLeft = null } = f;
    // After a reload the first tick tells how many units went before; a call's price never changes.
    const isNext = unitIndex === call.unitIndex + 1;
    /** @param {number | null} before @param {number} unit */
    const sum = (before, unit) => (isNext ? (before ?? 0) + unit : unitIndex * unit);
    const charged = sum(call.charged, f.charged);
    const earned = f.earned === undefined ? null : sum(call.earned, f.earned);
    this.#change({ unitIndex, charged, earned, balance, nextBillingAt, unitsLeft });
  }

  /** @param {ServerEvents['error']} f */
  #refused(f) {
    const { code, message, originalEvent } = f;
    if (originalEvent === 'send_message' && PASSING_CODES.has(code)) this.#chat.postponed();
    const call = this.#call;
    const isOurs = call !== null && (call.callId === f.callId || originalEvent === 'call_request');
    if (isOurs && !isLive(call)) return; // what we said was overtaken by the call's end
    if (isOurs && call.state === 'requesting') this.#finish({ error: { code, message } });
    else if (isOurs && code === 'CALL_NOT_FOUND') this.#finish({ reason: 'lost_track' });
    else if (code !== 'INVALID_STATE' || !HASTY_EVENTS.has(originalEvent ?? ''))
      this.#emit('problem', new OtomoError(code, message));
  }

  /**
   * The server wants media: a user offers; an otomo leaves the first offer of a call it has just
   * accepted to the server. Asked again during a call (reloaded, another network), either offers,
   * since the old leg is gone.
   *
   * @param {ServerEvents['signaling_start']} f
   */
  #startMedia(f) {
    this.#media.start(f.iceServers ?? [], !this.#awaitsOffer);
    this.#awaitsOffer = false;
  }
}
