import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import type { Rememberer } from '../fixture.ts';
import { openFiles } from './fixture.ts';

const files = await openFiles({
  settings: { BODY_MB_AT_ONCE: '24', BODY_MB_AT_ONCE_PER_ACCOUNT: '20' },
});
const connections = new Set<Socket>();
atEndOfFile(() => connections.forEach((one) => one.destroy()));

/** The server's end of each connection, by the port of its client. */
const ends = new Map<number | undefined, Socket>();
const onRequest = (message: unknown) => {
  const { socket } = (message as { request: IncomingMessage }).request;
  ends.set(socket.remotePort, socket);
};
subscribe('http.server.request.start', onRequest);
atEndOfFile(() => void unsubscribe('http.server.request.start', onRequest));

/** Sends a call and stands still: nothing more is sent, and of the answer nothing is read, where `reads` does not say so. */
function stall(by: Rememberer, call: string, { body = Buffer.alloc(0), length = 0, reads = true }) {
  const socket = connect(Number(new URL(files.url).port), '127.0.0.1');
  connections.add(socket);
  const heard = { socket, text: '', isOver: false };
  socket.on('error', () => {}).on('close', () => (heard.isOver = true));
  if (reads) socket.on('data', (chunk) => (heard.text += chunk.toString('latin1')));
  const head = [`${call} HTTP/1.1`, 'host: a', `authorization: Bearer ${by.key}`];
  const octets = ['content-type: application/octet-stream', `content-length: ${length}`];
  socket.write([...head, ...(length === 0 ? [] : octets), '', ''].join('\r\n'));
  socket.write(body);
  return heard;
}

/** Bytes that lie between the two ends have no room yet: it has begun when the server has read almost all of them. */
async function upload(by: Rememberer, session: string, bytes: number) {
  const call = `POST /v1/sessions/${session}/files?client_id=f-1&name=a`;
  const stalled = stall(by, call, { body: randomBytes(bytes - 1), length: bytes });
  const readOf = () => ends.get(stalled.socket.localPort)?.bytesRead ?? 0;
  await expect.poll(readOf).toBeGreaterThan(bytes - 1_000_000);
  return stalled;
}

test('files that stand still on their way here give way to those of others', async () => {
  const [ada, bob, eve] = [await files.rememberer(), await files.rememberer(), await files.rememberer()];
  const session = await eve.session('s');
  const sessions = await Promise.all([ada, bob].map(async (by) => [by, await by.session('s')] as const));
  const stalled = await Promise.all(sessions.map(([by, theirs]) => upload(by, theirs, 10_000_000)));
  await expect.poll(async () => (await files.send(eve, session, new Uint8Array(9_000_000))).status).toBe(201);
  await expect.poll(() => stalled.some(({ text }) => text.includes('too slowly'))).toBe(true);
});

test('a file that its reader takes no more of gives way to those of others', async () => {
  const [ada, eve] = [await files.rememberer(), await files.rememberer()];
  const session = await ada.session('s');
  const id = await files.store(ada, session, new Uint8Array(randomBytes(20_000_000)));
  const theirs = await eve.session('s');
  const stalled = stall(ada, `GET /v1/sessions/${session}/files/${id}`, { reads: false });
  // Room for a file is taken before its first byte goes out.
  await expect.poll(() => stalled.socket.bytesRead).toBeGreaterThan(0);
  await expect.poll(async () => (await files.send(eve, theirs, new Uint8Array(9_000_000))).status).toBe(201);
  // Bytes that have not gone out by then never come.
  stalled.socket.on('data', (chunk) => (stalled.text += chunk.toString('latin1')));
  await expect.poll(() => stalled.isOver).toBe(true);
  expect(stalled.text.length).toBeLessThan(20_000_000);
});

test('an account whose own files take all its room is refused by a limit', async () => {
  const ada = await files.rememberer();
  const session = await ada.session('s');
  await upload(ada, session, 15_000_000);
  const refused = expect.poll(async () => files.send(ada, session, new Uint8Array(9_000_000), { id: 'f-2' }));
  await refused.toSatisfy((reply) => reply.status === 429 && refusalOf(reply).code === 'limit_exceeded');
});
