/*
 * The sounds of waiting, made with WebAudio: a soft two-note ring for who is called, a low ringback
 * tone for who calls, in Japan's rhythm of one second on and two off.
 */

/** @typedef {'ring' | 'ringback'} Sound */

/**
 * @type {Record<Sound, {periodMs: number, notes: {hz: number, at: number, length: number, gain:
 * number}[]}>}
 */
const sounds = {
  ring: {
    periodMs: 2400,
    notes: [
      { hz: 659.25, at: 0, length: 0.9, gain: 0.16 },
      { hz: 987.77, at: 0.22, length: 1.1, gain: 0.14 },
      { hz: 659.25, at: 0.8, length: 0.9, gain: 0.12 },
      { hz: 987.77, at: 1.02, length: 1.2, gain: 0.1 },
    ],
  },
  ringback: { periodMs: 3000, notes: [{ hz: 400, at: 0, length: 1, gain: 0.05 }] },
};

export class Ring {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {GainNode | null} */ #output = null; // cut off with what is still to come
  /** @type {Sound | null} */ #sound = null;
  /** @type {any} */ #timer = 0;

  /** Browsers make no sound before a person has touched the page. True: they hold ours back. */
  get isHeldBack() {
    return this.#sound !== null && this.#context?.state !== 'running';
  }

  /** To be called from a click or a key, which lets the sound out. */
  async unlock() {
    this.#context ??= new AudioContext();
    if (this.#context.state === 'suspended') await this.#context.resume();
  }

  /** What is to be heard from now on; null: nothing. @param {Sound | null} sound */
  play(sound) {
    if (sound === this.#sound) return;
    this.#sound = sound;
    clearInterval(this.#timer);
    this.#output?.disconnect();
    if (!sound) return;
    this.#context ??= new AudioContext();
    this.#output = this.#context.createGain();
    this.#output.connect(this.#context.destination);
    this.#strike();
    this.#timer = setInterval(() => this.#strike(), sounds[sound].periodMs);
  }

  #strike() {
    if (!this.#sound) return;
    if (this.#sound === 'ring') navigator.vibrate?.([200, 100, 200]);
    for (const note of sounds[this.#sound].notes) this.#note(note);
  }

  /** @param {{hz: number, at: number, length: number, gain: number}} note */
  #note({ hz, at, length, gain }) {
    const context = this.#context;
    // Held back by the browser: it would all come out at once later.
    if (context?.state !== 'running' || !this.#output) return;
    const start = context.currentTime + at;
    const envelope = context.createGain();
    envelope.gain.setValueAtTime(0.0001, start);
    envelope.gain.exponentialRampToValueAtTime(gain, start + 0.02);
    envelope.gain.exponentialRampToValueAtTime(0.0001, start + length);
    const oscillator = context.createOscillator();
    oscillator.frequency.value = hz;
    oscillator.connect(envelope).connect(this.#output);
    oscillator.start(start);
    oscillator.stop(start + length);
  }
}
