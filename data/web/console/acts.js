/* What an operator does to a live call: asks first, then does it, then says that it was done. */

import { ask, part } from './api.js';

/** @typedef {import('./console.js').Desk} Desk */
/** @typedef {{call_id: string, caller_id: string, callee_id: string}} CallNames */

/**
 * @param {Desk} desk
 * @param {CallNames} call
 * @param {'end' | 'record' | 'stop'} act
 * @param {string} path
 * @param {Record<string, string>} query
 */
async function act(desk, call, act, path, query) {
  const { texts } = desk;
  const people = { user: call.caller_id, otomo: call.callee_id };
  const wanted = await desk.confirm({
    title: texts.say(`ask.${act}`),
    text: texts.say(`ask.${act}Text`, people),
    yes: texts.say(`act.${act}`),
    isGrave: act === 'end',
  });
  if (!wanted) return;
  await desk.attempt(async () => {
    await ask(`/v1/calls/${part(call.call_id)}/${path}`, { method: 'POST', query });
    desk.announce(texts.say(`done.${act}`, { id: call.call_id }));
  });
  desk.lookAgain();
}

/** @param {Desk} desk @param {CallNames} call */
export const endCall = (desk, call) => act(desk, call, 'end', 'end', {});

/** @param {Desk} desk @param {CallNames} call @param {boolean} on */
export const recordCall = (desk, call, on) =>
  act(desk, call, on ? 'record' : 'stop', 'recording', { on: on ? 'on' : 'off' });
