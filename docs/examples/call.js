/*
 * The smallest client: call.html?url=ws://…/v1/socket&id=ID&token=TOKEN, and for a user &to=OTOMO.
 * The library keeps the connection, the microphone and the media; the page shows what the server says.
 */

import { OtomoClient } from '../../data/web/otomo-client.js';

const { url, id, token, to } = Object.fromEntries(new URLSearchParams(location.search));
const client = new OtomoClient({ role: to ? 'user' : 'otomo' });
const element = (name) => document.getElementById(name);

client.addEventListener('call', ({ detail: call }) => {
  if (!call) return;
  const points = call.earned ?? call.charged;
  element('state').textContent =
    `${call.state} ${call.reason ?? ''} units: ${call.unitIndex}, points: ${points}`;
});
client.addEventListener('voice', ({ detail: stream }) => {
  element('voice').srcObject = stream;
});

element('call').hidden = !to;
element('take').hidden = Boolean(to);
element('call').onclick = () => client.request(to);
element('take').onclick = () => client.accept();
element('end').onclick = () => client.end();

client.connect(url, id, token);
