/*
 * Elements, made by hand: every text is set as text, so that nothing that a person is called can be
 * markup. What is there already is only touched where it differs, so that focus, selection and a
 * screen reader's place stay.
 */

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {Element} element
 * @param {Record<string, any>} properties attributes, of which null and false are left out;
 *   `on`: listeners
 * @param {Child[]} children
 */
function fill(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(.../** @type {(Node | string)[]} */ (children.filter(isChild).map(asNode)));
  return element;
}

/** @param {Child} child */
const isChild = (child) => child !== null && child !== undefined && child !== false;
/** @param {Child} child */
const asNode = (child) => (child instanceof Node ? child : String(child));

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...Child} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/**
 * @param {string} tag of SVG
 * @param {Record<string, any>} [properties]
 * @param {...Child} children
 * @returns {any}
 */
export function draw(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** @param {Element} element @param {string} name @param {any} value null, false: without it */
export function set(element, name, value) {
  const is = element.getAttribute(name);
  if (value === null || value === undefined || value === false) {
    if (is !== null) element.removeAttribute(name);
  } else {
    const text = value === true ? '' : String(value);
    if (is !== text) element.setAttribute(name, text);
  }
}

/** @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} element @param {boolean} visible */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * A table. A column: the heading's text, and whether it holds figures.
 *
 * @param {string} caption for who can't see where it stands
 * @param {{text: string, figures?: boolean, hidden?: boolean}[]} columns
 * @param {Element[]} rows
 */
export function table(caption, columns, rows) {
  const heads = columns.map(({ text, figures, hidden }) =>
    make(
      'th',
      { scope: 'col', class: figures ? 'figures' : null },
      hidden ? make('span', { class: 'sounds' }, text) : text,
    ),
  );
  return make(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 },
    make(
      'table',
      {},
      make('caption', { class: 'sounds' }, caption),
      make('thead', {}, make('tr', {}, ...heads)),
      make('tbody', {}, ...rows),
    ),
  );
}

/** @param {...(Child | {figures: Child})} cells */
export function row(...cells) {
  return make(
    'tr',
    {},
    ...cells.map((cell) =>
      cell && typeof cell === 'object' && 'figures' in cell
        ? make('td', { class: 'figures' }, cell.figures)
        : make('td', {}, /** @type {Child} */ (cell)),
    ),
  );
}

/** @param {[string, Child][]} pairs of a name and what it is; null: left out */
export function facts(pairs) {
  return make(
    'dl',
    { class: 'facts' },
    ...pairs
      .filter(([, value]) => isChild(value))
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))),
  );
}
