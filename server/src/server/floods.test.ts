import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { atEndOfFile } from '@plinth/testkit/closing';
import { serve } from '@plinth/testkit/shop';

const MIB = 1_048_576;
const PATH = '/v1/talks/0193a000-0000-7000-8000-000000000009/stream';
const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;
const PONG = 10;

const served = await serve();
const small = await serve({ bodyCapacity: { process: MIB, account: MIB } });
const connections = new Set<Socket>();
atEndOfFile(() => connections.forEach((one) => one.destroy()));

/** A frame of a client, masked with zeros (RFC 6455, 5.2). */
function frame(opcode: number, payload = '', isLast = true): Buffer {
  const bytes = Buffer.from(payload);
  const length = Buffer.alloc(bytes.length < 126 ? 1 : 9, bytes.length < 126 ? bytes.length : 127);
  if (length.length > 1) length.writeBigUInt64BE(BigInt(bytes.length), 1);
  length[0] = (length[0] ?? 0) | 0x80;
  return Buffer.concat([Buffer.from([opcode | (isLast ? 0x80 : 0)]), length, Buffer.alloc(4), bytes]);
}

/** A connection, and all that comes back on it until it is closed. */
async function open(
  port: number,
  sent: string | Buffer,
): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  connections.add(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => {});
  const ended = new Promise<string>((resolve) => void socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  await new Promise<void>((resolve) => void socket.write(sent, () => resolve()));
  return { socket, ended };
}

/** A connection whose upgrade is answered. */
async function upgrade(port: number): ReturnType<typeof open> {
  const head = [`GET ${PATH} HTTP/1.1`, 'host: a', 'connection: Upgrade', 'upgrade: websocket'];
  const keys = ['sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', '', ''];
  const opened = await open(port, [...head, ...keys].join('\r\n'));
  await once(opened.socket, 'data');
  return opened;
}

/** Counts what the sockets of this process tell; answers how much that was. */
function countEvents(): () => number {
  let events = 0;
  Object.assign(WebSocket.prototype, {
    emit(this: WebSocket, ...given: Parameters<EventEmitter['emit']>) {
      events += 1;
      return EventEmitter.prototype.emit.apply(this, given);
    },
  });
  return () => {
    Reflect.deleteProperty(WebSocket.prototype, 'emit');
    return events;
  };
}

const many = (one: Buffer, bytes: number) => Buffer.concat(Array(Math.floor(bytes / one.length)).fill(one));

test.each<[string, Buffer, number]>([
  ['empty frames', many(frame(TEXT), MIB), 4_400],
  ['pings', many(frame(PING), MIB), 1_008],
  ['pongs', many(frame(PONG), MIB), 1_008],
  ['pieces', Buffer.concat([frame(TEXT, '{', false), many(frame(CONTINUATION, '', false), MIB)]), 1_008],
])('a megabyte of %s gets one refusal, and no more of it is read', async (_what, flood, code) => {
  const { socket, ended } = await upgrade(served.port);
  const heard = countEvents();
  socket.write(flood);
  const said = Buffer.from(await ended, 'latin1');
  expect(said.subarray(-4)).toEqual(Buffer.from([0x88, 2, code >> 8, code & 255]));
  expect(said.toString().split('"error"').length - 1).toBeLessThanOrEqual(1);
  expect(heard()).toBeLessThan(500);
});

test('a client that is not known sends 72 KiB before its call, and no more', async () => {
  const { socket, ended } = await upgrade(served.port);
  socket.write(frame(TEXT, 'x'.repeat(200_000)));
  expect(await ended).toContain('"code":"payload_too_large"');
});

test('a call under way ends with the first kilobytes of a further frame', async () => {
  const { socket, ended } = await upgrade(served.port);
  served.shop.done.length = 0;
  served.shop.waiting = Promise.withResolvers<void>();
  socket.write(frame(TEXT, '{"text":"a","times":0,"ending":"wait","access_token":"token"}'));
  await served.shop.waiting.promise;
  socket.write(frame(TEXT, 'x'.repeat(50_000)).subarray(0, -1));
  expect(await ended).toContain('"code":"unexpected_frame"');
  expect(served.shop.done).toContain('hung up');
});

test.each([
  ['at once', 0],
  ['a moment later', 1],
])(
  'a client that says who it is in a first frame sends a large body in the next, %s',
  async (_when, later) => {
    const { socket, ended } = await upgrade(served.port);
    const hello = frame(TEXT, '{"access_token":"token","idempotency_key":"k-1","body_follows":true}');
    const body = frame(TEXT, JSON.stringify({ text: 'x'.repeat(150_000), times: 0 }));
    if (later === 0) socket.write(Buffer.concat([hello, body]));
    else {
      socket.write(hello);
      await new Promise<void>((resolve) => void socket.write(body.subarray(0, 500), () => resolve()));
      socket.write(body.subarray(500));
    }
    const said = await ended;
    expect(said).toContain('"done":true');
    expect(said).toContain('"key":"k-1"');
  },
);

test.each<[string, string[], string]>([
  ['that is not good', ['{"access_token":"x","body_follows":true}', '{"text":"a"}'], 'unauthenticated'],
  [
    'with a part of the body',
    ['{"access_token":"token","text":"a","body_follows":true}'],
    'validation_failed',
  ],
  [
    'before two bodies',
    ['{"access_token":"token","body_follows":true}', '{"text":"a"}', '{"text":"b"}'],
    'unexpected_frame',
  ],
])('a first frame %s ends the socket', async (_what, frames, code) => {
  const { socket, ended } = await upgrade(served.port);
  socket.write(Buffer.concat(frames.map((text) => frame(TEXT, text))));
  expect(await ended).toContain(`"code":"${code}"`);
});

const held = frame(TEXT, `{"text":"${'x'.repeat(60_000)}"}`).subarray(0, -1);
const body = `POST /v1/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n${'x'.repeat(59_000)}`;

test.each<[string, () => ReturnType<typeof open>]>([
  [
    'frames',
    async () => {
      const opened = await upgrade(small.port);
      opened.socket.write(held);
      return opened;
    },
  ],
  ['small bodies', () => open(small.port, body)],
])(
  '%s whose end does not come take room, of an address half of it, and give way to others',
  async (_what, send) => {
    const first = await Promise.all(Array.from({ length: 12 }, send));
    // Half a megabyte has room for eight of them.
    expect(await Promise.race(first.map(({ ended }) => ended))).toContain('"code":"unavailable"');
    let dropped = 0;
    for (const { ended } of first)
      void ended.then((text) => (dropped += text.includes('too slowly') ? 1 : 0));
    await expect
      .poll(async () => {
        await send();
        return dropped;
      })
      .toBeGreaterThan(0);
  },
);
