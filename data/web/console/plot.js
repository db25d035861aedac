/*
 * A small plot of the last minute of one figure. A picture beside the number, so hidden from
 * screen readers.
 */

import { draw, set } from './dom.js';

const SAMPLES = 60;
const WIDTH = 64;
const HEIGHT = 24;
const MARGIN = 2;

export class Plot {
  /** @type {(number | null)[]} */ #values = [];
  #line = draw('path', { class: 'line' });
  #dot = draw('circle', { class: 'dot', r: 2 });
  #least;
  #most;

  /** @param {number} least at the bottom @param {number} most at the top, unless more comes */
  constructor(least, most) {
    this.#least = least;
    this.#most = most;
    this.element = draw(
      'svg',
      {
        class: 'plot',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        width: WIDTH,
        height: HEIGHT,
        'aria-hidden': 'true',
      },
      draw('line', {
        class: 'ground',
        x1: 0,
        x2: WIDTH,
        y1: HEIGHT - MARGIN / 2,
        y2: HEIGHT - MARGIN / 2,
      }),
      this.#line,
      this.#dot,
    );
  }

  /** @param {number | null} value null: not known at that moment */
  add(value) {
    this.#values.push(value);
    if (this.#values.length > SAMPLES) this.#values.shift();
    this.#show();
  }

  #show() {
    const known = this.#values.filter((value) => value !== null);
    const most = Math.max(this.#most, .../** @type {number[]} */ (known));
    const step = WIDTH / (SAMPLES - 1);
    const from = SAMPLES - this.#values.length;
    const height = HEIGHT - 2 * MARGIN;
    const up = (/** @type {number} */ value) =>
      HEIGHT -
      MARGIN -
      (height * (Math.max(value, this.#least) - this.#least)) / (most - this.#least);
    let path = '';
    let isDown = false;
    this.#values.forEach((value, index) => {
      if (value !== null)
        path += `${isDown ? 'L' : 'M'}${((from + index) * step).toFixed(1)} ${up(value).toFixed(1)}`;
      isDown = value !== null;
    });
    set(this.#line, 'd', path || null);
    const last = this.#values.at(-1) ?? null;
    set(this.#dot, 'visibility', last === null ? 'hidden' : null);
    set(this.#dot, 'cx', WIDTH - MARGIN);
    if (last !== null) set(this.#dot, 'cy', up(last).toFixed(1));
  }
}
