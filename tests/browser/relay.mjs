/* A TCP relay before the server, for accidents: signalling is cut while the sound goes on. */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Relay {
  /** @type {Set<import('node:net').Socket>} */ #sockets = new Set();
  #server = createServer((near) => this.#join(near));
  #isDown = false;
  #isFrozen = false;
  target;
  url = '';

  /** @param {string} target URL; may be changed for connections to come */
  constructor(target) {
    this.target = target;
  }

  /** @param {import('node:test').TestContext} t closes it at its end @param {string} target */
  static async start(t, target) {
    const relay = new Relay(target);
    await once(relay.#server.listen(0, '127.0.0.1'), 'listening');
    relay.url = `http://127.0.0.1:${/** @type {any} */ (relay.#server.address()).port}`;
    t.after(() => {
      relay.cut();
      relay.#server.close();
    });
    return relay;
  }

  /** @param {import('node:net').Socket} near */
  #join(near) {
    if (this.#isDown) {
      near.destroy();
      return;
    }
    const { hostname, port } = new URL(this.target);
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from);
      from.on('error', () => {}); // it is closed next
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
      if (this.#isFrozen) from.pause();
    }
  }

  /** Every connection breaks, and there is none to be had until `restore`. */
  cut() {
    this.#isDown = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  restore() {
    this.#isDown = false;
  }

  /** Nothing passes, and no connection breaks by it, until `thaw`. */
  freeze() {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** The connections that are there are stuck for ever; new ones pass. */
  strand() {
    for (const socket of this.#sockets) socket.pause();
  }

  thaw() {
    this.#isFrozen = false;
    for (const socket of this.#sockets) socket.resume();
  }
}
