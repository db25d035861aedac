/*
 * One person's way to the server, for bad weather: signalling through a TCP relay, sound through a
 * UDP relay. The page is told the UDP relay's port in place of the server's.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Relay } from './relay.mjs';

const HOST = '127.0.0.1';
const FLOWS_MAX = 64;

/**
 * Runs in the page: candidates of the server lead to this port instead.
 *
 * @param {number} port
 */
function detour(port) {
  const prototype = RTCPeerConnection.prototype;
  const { setRemoteDescription, addIceCandidate } = prototype;
  const turn = (/** @type {string} */ text) =>
    text.replace(/(candidate:\S+ 1 udp \d+ \S+ )\d+( typ host)/gi, `$1${port}$2`);
  prototype.setRemoteDescription = function ({ type, sdp }) {
    return setRemoteDescription.call(this, { type, sdp: turn(sdp) });
  };
  prototype.addIceCandidate = function (/** @type {any} */ given) {
    const candidate = given?.candidate && { ...given, candidate: turn(given.candidate) };
    return addIceCandidate.call(this, candidate);
  };
}

/** The same throws of the dice each time: a linear congruence (Knuth's MMIX). */
function dice(seed = 1n) {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 11n) / 2 ** 53;
  };
}

export class Line {
  /** @type {Relay} */ #signalling;
  #mediaPort;
  #socket = createSocket('udp4');
  /** One a port of the browser's. @type {Map<number, import('node:dgram').Socket>} */
  #flows = new Map();
  #throw = dice();
  #loss = 0;
  #jitterMs = 0;
  #isDead = false;
  /** Of the browser: nothing from or to them passes. @type {Set<number>} */
  #deadPorts = new Set();

  /** @param {Relay} signalling @param {number} mediaPort the server's */
  constructor(signalling, mediaPort) {
    this.#signalling = signalling;
    this.#mediaPort = mediaPort;
    this.#socket.on('message', (datagram, { port }) => {
      const flow = this.#flowOf(port);
      if (flow) this.#pass(port, () => flow.send(datagram, this.#mediaPort, HOST));
    });
  }

  /**
   * @param {import('node:test').TestContext} t closes it at its end
   * @param {import('./daemon.mjs').Daemon} daemon
   */
  static async start(t, daemon) {
    const line = new Line(await Relay.start(t, daemon.url), daemon.mediaPort);
    line.#socket.bind(0, HOST);
    await once(line.#socket, 'listening');
    t.after(() => {
      line.#isDead = true;
      line.#socket.close();
      for (const flow of line.#flows.values()) flow.close();
    });
    return line;
  }

  get url() {
    return this.#signalling.url;
  }

  /** What a page has to run first to talk through this line. */
  get script() {
    return `(${detour})(${this.#socket.address().port})`;
  }

  /** Sound gets worse, both ways. @param {number} loss 0 to 1 @param {number} jitterMs at most */
  impair(loss, jitterMs) {
    this.#loss = loss;
    this.#jitterMs = jitterMs;
  }

  /** The network is gone: nothing passes, and nobody is told. */
  die() {
    this.#isDead = true;
    this.#signalling.freeze();
  }

  /** Another network: what went over the old one is stuck, and what begins now passes. */
  change() {
    for (const port of this.#flows.keys()) this.#deadPorts.add(port);
    this.#signalling.strand();
  }

  /** It is back; what was sent by TCP meanwhile arrives. */
  revive() {
    this.#isDead = false;
    this.#signalling.thaw();
  }

  /** @param {number} port of the browser's */
  #flowOf(port) {
    const known = this.#flows.get(port);
    if (known || this.#flows.size >= FLOWS_MAX) return known;
    const flow = createSocket('udp4');
    flow.on('message', (datagram) =>
      this.#pass(port, () => this.#socket.send(datagram, port, HOST)),
    );
    flow.on('error', () => {}); // the server has stopped
    this.#flows.set(port, flow);
    return flow;
  }

  /** @param {number} port of the browser's @param {() => void} send */
  #pass(port, send) {
    const isDead = () => this.#isDead || this.#deadPorts.has(port);
    if (isDead() || this.#throw() < this.#loss) return;
    if (this.#jitterMs === 0) send();
    else setTimeout(() => isDead() || send(), this.#throw() * this.#jitterMs);
  }
}
