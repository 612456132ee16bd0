import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const { app, url } = await testApp();
const { port } = new URL(url);
const ID = '0193a000-0000-7000-8000-000000000009';

const head = (name: string, framing: string) =>
  `${name.replaceAll(/:\w+/g, ID).replace(/\/+$/, '')} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${framing}`;
const chunkedHead = (name: string, rest: string) => head(name, `transfer-encoding: chunked\r\n\r\n${rest}`);
const sizedHead = (name: string) => head(name, 'content-length: 70000\r\n\r\n{"a');

/** So many connections are cut together. */
const AT_ONCE = 16;
/** How far a request comes before its connection is cut: in good order, or by a reset. */
const STAGES: readonly (readonly [string, (name: string) => string])[] = [
  ['in its head', (name) => head(name, 'x-a')],
  ['in a chunk', (name) => chunkedHead(name, '5\r\n{"')],
  ['at a chunk that is none', (name) => chunkedHead(name, '2\r\n{}\r\nZZ\r\n')],
  ['in a body of a said length', sizedHead],
  ['behind the request', (name) => chunkedHead(name, '2\r\n{}\r\n0\r\n\r\n')],
];

const UPGRADE =
  'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
/** The head of a masked frame of text with 200 bytes. */
const FRAME = '\u0081\u00fe\u0000\u00c8\u0000\u0000\u0000\u0000';

/** How far a socket comes. */
const SOCKET_STAGES: typeof STAGES = [
  ['in its upgrade', (path) => head(`GET ${path}`, UPGRADE)],
  ['behind its upgrade', (path) => head(`GET ${path}`, `${UPGRADE}\r\n`)],
  ['in its first frame', (path) => head(`GET ${path}`, `${UPGRADE}\r\n${FRAME}{"a`)],
  ['behind its first frame', (path) => head(`GET ${path}`, `${UPGRADE}\r\n${FRAME}${' '.repeat(200)}`)],
];

async function breakOff(texts: readonly string[], how: 'destroy' | 'resetAndDestroy'): Promise<void> {
  const sockets = await Promise.all(texts.map(sendStart));
  // The server has begun with all of them when it has answered a later call.
  await (await fetch(`${url}/healthz`)).text();
  for (const socket of sockets) socket[how]();
  await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));
}

async function sendStart(text: string): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  await new Promise<void>((resolve) => {
    socket.write(text, 'latin1', () => resolve());
  });
  return socket;
}

/** Uncaught errors, while requests are broken off. */
async function uncaughtBy(texts: readonly string[]): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.prependListener('uncaughtException', note);
  try {
    for (let from = 0; from < texts.length; from += AT_ONCE)
      for (const how of ['destroy', 'resetAndDestroy'] as const)
        await breakOff(texts.slice(from, from + AT_ONCE), how);
    await (await fetch(`${url}/healthz`)).text();
  } finally {
    process.removeListener('uncaughtException', note);
  }
  return uncaught;
}

test.each(STAGES)('a request that breaks off %s ends no process, on any route', async (_stage, of) => {
  expect(await uncaughtBy(app.server.routes.map(({ name }) => of(name)))).toEqual([]);
});

test.each(SOCKET_STAGES)('a socket that breaks off %s ends no process, on any route', async (_stage, of) => {
  const paths = app.server.routes.flatMap(({ shape: { socket } }) => socket ?? []);
  expect(await uncaughtBy(paths.map(of))).toEqual([]);
});
