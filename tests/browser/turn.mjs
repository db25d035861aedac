/* Debian's coturn on loopback, with the secret that it shares with the server. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_DEADLINE_MS = 30_000;
const ASK_INTERVAL_MS = 100;

async function freePort() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Waits until a STUN Binding request (RFC 8489, section 5) is answered. @param {number} port */
async function answers(port) {
  const request = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)]);
  const socket = createSocket('udp4');
  const ask = setInterval(() => socket.send(request, port, '127.0.0.1'), ASK_INTERVAL_MS);
  socket.on('error', () => {}); // refused: it is not there yet
  try {
    await once(socket, 'message', { signal: AbortSignal.timeout(START_DEADLINE_MS) });
  } finally {
    clearInterval(ask);
    socket.close();
  }
}

/**
 * @param {import('node:test').TestContext} t ends it
 * @returns {Promise<Record<string, string>>} the server's settings for it
 */
export async function startTurn(t) {
  const directory = await mkdtemp(join(tmpdir(), 'otomo-turn-'));
  const secret = randomBytes(16).toString('hex');
  const port = await freePort();
  await writeFile(join(directory, 'secret'), secret, { mode: 0o600 });
  const options = {
    'listening-ip': '127.0.0.1',
    'relay-ip': '127.0.0.1',
    'listening-port': port,
    realm: 'otomo',
    'denied-peer-ip': '0.0.0.0-255.255.255.255', // as compose.yaml and docs/run.md have it: to nobody
    'allowed-peer-ip': '127.0.0.1', // but the server
    'static-auth-secret': secret,
    pidfile: join(directory, 'pid'),
    userdb: join(directory, 'users'),
    'log-file': join(directory, 'log'),
  };
  const flags = ['use-auth-secret', 'allow-loopback-peers', 'no-cli', 'no-tls', 'no-dtls', 'no-tcp'];
  const turn = spawn(
    'turnserver',
    [
      '-n',
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      ...[...flags, 'simple-log'].map((name) => `--${name}`),
    ],
    { stdio: 'ignore' },
  );
  t.after(async () => {
    turn.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });
  await answers(port);
  return {
    'ice.servers': `turn:127.0.0.1:${port}?transport=udp`,
    'ice.turn_secret_file': join(directory, 'secret'),
  };
}
