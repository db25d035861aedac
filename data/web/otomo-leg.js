/*
 * One side's media towards the server: one RTCPeerConnection, one exchange of offer and answer. A
 * new network or a new offer is a new leg; a leg is never renegotiated. Knows nothing of calls and
 * sockets: what has to be sent goes out through the listener.
 */

/**
 * @typedef {object} LegListener
 * @property {(event: 'webrtc_offer' | 'webrtc_answer', fields: object) => void} described
 * @property {(candidate: RTCIceCandidateInit | null) => void} candidate  never before the
 *   description; null: no more
 * @property {(stream: MediaStream) => void} voice  the other side's
 * @property {(state: RTCPeerConnectionState) => void} changed
 *
 * @typedef {object} LegStats  what has gone in and out so far; null where the browser does not say
 * @property {RTCPeerConnectionState} state
 * @property {number} packetsReceived
 * @property {number} packetsSent
 * @property {number} packetsLost
 * @property {number} energyReceived  `totalAudioEnergy` of what was received and decoded
 * @property {number | null} levelReceived  0 to 1, now
 * @property {number | null} levelSent  0 to 1, now, of the microphone
 * @property {number | null} jitterMs
 * @property {number | null} roundTripMs
 * @property {boolean | null} isRelayed  goes through a TURN server
 */

const EARLY_CANDIDATES_MAX = 64;

/** @param {number | undefined} seconds */
const toMs = (seconds) => (seconds === undefined ? null : Math.round(seconds * 1000));

export class Leg {
  /** @type {RTCPeerConnection} */ #pc;
  /** @type {LegListener} */ #listener;
  /** @type {'fresh' | 'offering' | 'answering' | 'done' | 'closed'} */ #step = 'fresh';
  /** @type {(RTCIceCandidateInit | null)[]} */ #early = []; // theirs, before their description
  /** Ours; null: our description is out. @type {(RTCIceCandidateInit | null)[] | null} */
  #held = [];

  /**
   * @param {RTCIceServer[]} iceServers
   * @param {LegListener} listener
   */
  constructor(iceServers, listener) {
    this.#listener = listener;
    this.#pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.#pc.onicecandidate = ({ candidate }) => this.#gathered(candidate?.toJSON() ?? null);
    this.#pc.ontrack = ({ track, streams }) =>
      listener.voice(streams[0] ?? new MediaStream([track]));
    this.#pc.onconnectionstatechange = () => listener.changed(this.#pc.connectionState);
  }

  get state() {
    return this.#pc.connectionState;
  }

  /** Nothing has been offered or answered on it yet. */
  get isFresh() {
    return this.#step === 'fresh';
  }

  /** It has made an offer, or is making one, that is not answered yet. */
  get isOffering() {
    return this.#step === 'offering';
  }

  /**
   * Offers. The microphone is asked for only after the step is taken, so a crossing offer sees this
   * one.
   *
   * @param {Promise<MediaStream>} microphone
   */
  async offer(microphone) {
    this.#step = 'offering';
    if (!(await this.#speak(microphone))) return;
    await this.#pc.setLocalDescription(await this.#pc.createOffer());
    this.#tell('webrtc_offer', 'offer');
  }

  /**
   * Answers the server's offer.
   *
   * @param {RTCSessionDescriptionInit} offer
   * @param {Promise<MediaStream>} microphone
   */
  async answer(offer, microphone) {
    this.#step = 'answering';
    if (!(await this.#speak(microphone))) return;
    await this.#pc.setRemoteDescription(offer);
    await this.#addEarly();
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    this.#step = 'done';
    this.#tell('webrtc_answer', 'answer');
  }

  /**
   * The answer to this leg's offer; one that it did not ask for is left aside.
   *
   * @param {RTCSessionDescriptionInit} answer
   */
  async answered(answer) {
    if (!this.isOffering || this.#pc.signalingState !== 'have-local-offer') return;
    this.#step = 'done';
    await this.#pc.setRemoteDescription(answer);
    await this.#addEarly();
  }

  /** Another microphone speaks from now on. @param {MediaStreamTrack} track */
  async speakInto(track) {
    for (const sender of this.#pc.getSenders()) await sender.replaceTrack(track);
  }

  /**
   * A candidate of the server's, kept until its description is there.
   *
   * @param {RTCIceCandidateInit | null} candidate
   */
  async addCandidate(candidate) {
    if (this.#pc.remoteDescription) await this.#add(candidate);
    else if (this.#early.length < EARLY_CANDIDATES_MAX) this.#early.push(candidate);
  }

  /** @returns {Promise<LegStats>} */
  async stats() {
    /** @type {any} */ const of = {};
    const stats = await this.#pc.getStats();
    stats.forEach((entry) => {
      if (entry.type !== 'candidate-pair' || entry.nominated) of[entry.type] = entry;
    });
    const received = of['inbound-rtp'] ?? {};
    const local = stats.get(of['candidate-pair']?.localCandidateId);
    return {
      state: this.state,
      packetsReceived: received.packetsReceived ?? 0,
      packetsSent: of['outbound-rtp']?.packetsSent ?? 0,
      packetsLost: received.packetsLost ?? 0,
      energyReceived: received.totalAudioEnergy ?? 0,
      levelReceived: received.audioLevel ?? null,
      levelSent: of['media-source']?.audioLevel ?? null,
      jitterMs: toMs(received.jitter),
      roundTripMs: toMs(of['candidate-pair']?.currentRoundTripTime),
      isRelayed: local ? local.candidateType === 'relay' : null,
    };
  }

  /** Nothing is reported any more. */
  close() {
    this.#step = 'closed';
    this.#pc.onicecandidate = this.#pc.ontrack = this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }

  /**
   * @param {Promise<MediaStream>} microphone
   * @returns {Promise<boolean>} false: the leg was closed meanwhile
   */
  async #speak(microphone) {
    const stream = await microphone;
    if (this.#step === 'closed') return false;
    for (const track of stream.getAudioTracks()) this.#pc.addTrack(track, stream);
    return true;
  }

  /** @param {'webrtc_offer' | 'webrtc_answer'} event @param {'offer' | 'answer'} type */
  #tell(event, type) {
    this.#listener.described(event, { [type]: { type, sdp: this.#pc.localDescription?.sdp } });
    const held = this.#held ?? [];
    this.#held = null;
    for (const candidate of held) this.#listener.candidate(candidate);
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  #gathered(candidate) {
    // A candidate that overtakes its description would go to the leg that this one replaces.
    if (this.#held) this.#held.push(candidate);
    else this.#listener.candidate(candidate);
  }

  async #addEarly() {
    for (const candidate of this.#early.splice(0)) await this.#add(candidate);
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #add(candidate) {
    try {
      await this.#pc.addIceCandidate(candidate?.candidate ? candidate : undefined);
    } catch {
      // One that cannot be used (an address family that is not here, an older leg's) costs nothing.
    }
  }
}
