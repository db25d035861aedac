/*
 * The search field above a list: what is typed is looked for a moment later, and stays in the
 * address.
 */

import { make } from './dom.js';

const PAUSE_MS = 300;

/** @typedef {import('./console.js').Desk} Desk */

/**
 * @param {Desk} desk
 * @param {string} label
 * @param {string} hint
 * @returns {HTMLFormElement}
 */
export function searchForm(desk, label, hint) {
  /** @type {any} */ let timer;
  const field = make('input', {
    type: 'search',
    id: 'search',
    value: desk.search,
    placeholder: hint,
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: 64,
  });
  const search = () => {
    clearTimeout(timer);
    if (field.value.trim() !== desk.search) desk.searchFor(field.value.trim());
  };
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    search();
  };
  return make(
    'form',
    { class: 'search', role: 'search', on: { submit } },
    make('label', { for: 'search', class: 'sounds' }, label),
    field,
  );
}
