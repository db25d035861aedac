/*
 * The admin API, as the console may use it. A pass lets a person in; it is kept for this tab only
 * and goes in a header, which no other page can make a browser send.
 */

const PASS_KEY = 'otomo-console-pass';
const PATIENCE_MS = 15_000;

/** What can go wrong: no pass (any more), no server, or one that says no. */
export class Problem extends Error {
  /** @param {'pass' | 'away' | 'refused'} kind @param {string} message @param {number} status */
  constructor(kind, message, status = 0) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

/** @returns {string | null} */
export const getPass = () => sessionStorage.getItem(PASS_KEY);

/** @param {string | null} pass null: none any more */
export function setPass(pass) {
  if (pass === null) sessionStorage.removeItem(PASS_KEY);
  else sessionStorage.setItem(PASS_KEY, pass);
}

/** A pass that came behind the address's #, which is taken out of sight. */
export function takePass() {
  const pass = new URLSearchParams(location.hash.slice(1)).get('pass');
  if (!pass) return;
  setPass(pass);
  history.replaceState(null, '', `${location.pathname}#/live`);
}

/**
 * An id as a part of a path; the ~ keeps `.` and `..` from being steps of it.
 * @param {string} id
 */
export const part = (id) => `${id.startsWith('.') ? '~' : ''}${encodeURIComponent(id)}`;

/**
 * @param {string} path
 * @param {{method?: string, query?: Record<string, string | number | null>}} [options]
 * @returns {Promise<any>} the answer
 */
export async function ask(path, { method = 'GET', query = {} } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== '');
  const words = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  const address = given.length > 0 ? `${path}?${words}` : path;
  /** @type {Response} */ let response;
  /** @type {any} */ let answer;
  try {
    response = await fetch(address, {
      method,
      headers: { Authorization: `Bearer ${getPass() ?? ''}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    answer = await response.json();
  } catch (error) {
    throw new Problem('away', String(error));
  }
  if (response.ok) return answer;
  const message = String(answer?.error ?? response.status);
  throw new Problem(response.status === 401 ? 'pass' : 'refused', message, response.status);
}
