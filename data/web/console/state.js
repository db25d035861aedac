/* A call's state as a word with a mark: its shape says as much as its colour. */

import { make, set, show, write } from './dom.js';

/** @param {import('./texts.js').Texts} texts */
export function stateMark(texts) {
  const word = make('span');
  const recording = make('span', { class: 'recording', hidden: true }, texts.say('call.recording'));
  const element = make('span', { class: 'state' }, word, recording);
  return {
    element,
    /** @param {string} state @param {boolean} isRecorded */
    show(state, isRecorded = false) {
      set(element, 'data-state', state);
      write(word, texts.name('state', state));
      show(recording, isRecorded);
    },
  };
}
