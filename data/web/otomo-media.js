/*
 * A call's sound on this side: the microphone, from the first wish to talk until the call is over,
 * and the leg that carries it. Decides when a new leg is needed; what a call is, it does not know.
 */

import { backoffMs } from './otomo-backoff.js';
import { OtomoError } from './otomo-error.js';
import { Leg } from './otomo-leg.js';

/** @typedef {import('./otomo-leg.js').LegStats} LegStats */

/**
 * @typedef {object} MediaListener
 * @property {(event: string, fields: object) => void} send  for the server, about the call that is
 *   on
 * @property {() => boolean} isReachable  whether what is sent gets to the server
 * @property {(stream: MediaStream) => void} voice  the other side's; again when the leg is a new
 *   one
 * @property {(state: RTCPeerConnectionState) => void} changed
 * @property {(error: OtomoError) => void} failed
 */

const EXPECT_MS = 2000;
const RENEWALS_MAX = 8; // in a row, none of which came up
/** The least is what a leg needs to heal by itself, or to come up; the server waits 10 s. */
const RENEWAL = { minMs: 1500, maxMs: 12_000 };

/** Asks the browser for the microphone; an OtomoError says why it cannot be had. */
export async function openMicrophone() {
  if (!navigator.mediaDevices) {
    throw new OtomoError(
      'INSECURE_CONTEXT',
      'a browser gives the microphone to https and localhost pages only',
    );
  }
  const voice = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: voice });
  } catch (error) {
    const { name, message } = /** @type {DOMException} */ (error);
    throw new OtomoError(
      name === 'NotAllowedError' ? 'MICROPHONE_DENIED' : 'MICROPHONE_MISSING',
      message,
    );
  }
}

export class Media {
  /** @type {() => Promise<MediaStream>} */ #open;
  /** @type {MediaListener} */ #listener;
  /** @type {Promise<MediaStream> | null} */ #microphone = null;
  /** @type {Leg | null} */ #leg = null;
  /** @type {RTCIceServer[]} */ #iceServers = [];
  /** @type {any} */ #patience = 0;
  #renewals = 0; // since a leg was up
  #muted = false;

  /**
   * @param {() => Promise<MediaStream>} open asks for the microphone
   * @param {MediaListener} listener
   */
  constructor(open, listener) {
    this.#open = open;
    this.#listener = listener;
  }

  get muted() {
    return this.#muted;
  }

  /** Silence is sent instead of nothing: the line stays open. */
  set muted(muted) {
    this.#muted = muted;
    this.#withTracks((track) => (track.enabled = !muted));
  }

  /** @returns {Promise<MediaStream>} open until `release`; OtomoError when it cannot be had */
  microphone() {
    if (!this.#microphone) {
      const microphone = this.#open();
      this.#microphone = microphone;
      this.#withTracks((track) => {
        track.enabled = !this.#muted;
        track.addEventListener('ended', () => this.#unplugged(microphone), { once: true });
      });
      microphone.catch(() => this.#microphone === microphone && (this.#microphone = null));
    }
    return this.#microphone;
  }

  /**
   * Its device is gone, which is not said when we stop it ourselves: whatever microphone there is
   * now takes its place. When there is none, the server ends the call for its silence.
   *
   * @param {Promise<MediaStream>} gone
   */
  #unplugged(gone) {
    if (this.#microphone !== gone) return;
    this.#microphone = null;
    this.#attempt(async (leg) => {
      for (const track of (await this.microphone()).getAudioTracks()) await leg.speakInto(track);
    });
  }

  /**
   * The server wants media. A leg that was there is gone.
   *
   * @param {RTCIceServer[]} iceServers
   * @param {boolean} offers false: the server is about to offer
   */
  start(iceServers, offers) {
    this.#iceServers = iceServers;
    this.#replaceLeg();
    if (offers) this.#offer();
  }

  /**
   * A call was taken up that this page knows nothing of. The server asks for media when it notices
   * that there is none; a page that was reloaded faster than that has to offer unasked.
   */
  expect() {
    this.#patience = setTimeout(() => {
      this.#calmDown();
      if (!this.#leg) this.start([], true);
    }, EXPECT_MS);
  }

  /**
   * The server can be reached again, or over another network: a leg that is not up has another
   * chance, unless the server asks for one itself.
   */
  wayBack() {
    this.#renewals = 0;
    if (this.#leg && this.#leg.state !== 'connected') this.#renewLater();
  }

  /**
   * The server offers. Where two offers cross, ours stands.
   *
   * @param {RTCSessionDescriptionInit} offer
   */
  offered(offer) {
    if (this.#leg?.isOffering) return;
    if (!this.#leg?.isFresh) this.#replaceLeg();
    this.#attempt((leg) => leg.answer(offer, this.microphone()));
  }

  /** @param {RTCSessionDescriptionInit} answer */
  answered(answer) {
    this.#attempt((leg) => leg.answered(answer));
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  candidate(candidate) {
    this.#attempt((leg) => leg.addCandidate(candidate));
  }

  /** @returns {Promise<LegStats | null>} null: there is no leg */
  async stats() {
    return (await this.#leg?.stats()) ?? null;
  }

  /** The call is over: no leg, microphone off, and the next call starts unmuted. */
  release() {
    this.#closeLeg();
    this.#withTracks((track) => track.stop());
    this.#microphone = null;
    this.#renewals = 0;
    this.#muted = false;
  }

  /** @param {(track: MediaStreamTrack) => void} act */
  #withTracks(act) {
    this.#microphone?.then(
      (stream) => stream.getAudioTracks().forEach(act),
      () => {},
    );
  }

  #offer() {
    this.#attempt((leg) => leg.offer(this.microphone()));
  }

  #replaceLeg() {
    this.#closeLeg();
    const leg = new Leg(this.#iceServers, {
      described: (event, fields) => this.#listener.send(event, fields),
      candidate: (candidate) => this.#listener.send('ice_candidate', { candidate }),
      voice: (stream) => this.#listener.voice(stream),
      changed: (state) => this.#legChanged(state),
    });
    this.#leg = leg;
  }

  #closeLeg() {
    this.#calmDown();
    this.#leg?.close(); // and reports nothing any more
    this.#leg = null;
  }

  /** @param {RTCPeerConnectionState} state */
  #legChanged(state) {
    this.#listener.changed(state);
    if (state === 'connected') {
      this.#calmDown();
      this.#renewals = 0;
    } else if ((state === 'disconnected' || state === 'failed') && !this.#patience) {
      this.#renewLater();
    }
  }

  #renewLater() {
    this.#calmDown();
    if (this.#renewals >= RENEWALS_MAX) return;
    this.#renewals++;
    this.#patience = setTimeout(() => this.#renew(), backoffMs(RENEWAL, this.#renewals));
  }

  /**
   * The path is gone and the server has not noticed: a new offer replaces the leg. While nothing
   * can be offered, the old leg may heal; `wayBack` tells when something can.
   */
  #renew() {
    this.#calmDown();
    if (!this.#leg || this.#leg.state === 'connected' || !this.#listener.isReachable()) return;
    this.#replaceLeg();
    this.#offer();
    this.#renewLater();
  }

  #calmDown() {
    clearTimeout(this.#patience);
    this.#patience = 0;
  }

  /**
   * A step of negotiation. What fails because the leg was replaced meanwhile is no failure.
   *
   * @param {(leg: Leg) => Promise<void>} step
   */
  async #attempt(step) {
    const leg = this.#leg;
    if (!leg) return;
    try {
      await step(leg);
    } catch (error) {
      if (leg !== this.#leg) return;
      const { message } = /** @type {Error} */ (error);
      this.#listener.failed(
        error instanceof OtomoError ? error : new OtomoError('MEDIA_ERROR', message),
      );
    }
  }
}
