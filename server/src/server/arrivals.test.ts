import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { ROOM } from '@plinth/testkit/fixtures/room';
import { watchArrivals } from './arrivals.ts';

const headOf = (length: number) => `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n12345`;

/** A server that reads bodies, answers at once, or waits, as the test says; its time moves by hand. */
async function open(onRequest: (request: IncomingMessage, answer: () => void) => void = () => {}) {
  let now = 0;
  const server = createServer();
  const arrivals = watchArrivals(server, {
    clock: { now: () => now, monotonic: () => now },
    milliseconds: 30_000,
    onLate: ({ socket }) => void socket.end('HTTP/1.1 408 Late\r\nconnection: close\r\n\r\n'),
  });
  const arrived: { readonly request: IncomingMessage; readonly response: ServerResponse }[] = [];
  server.on('request', (request, response) => {
    arrived.push({ request, response });
    onRequest(request, () => response.end('early'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfFile(() => {
    server.closeAllConnections();
    server.close();
  });
  async function beginWith(bytes: number) {
    const { length } = arrived;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(headOf(bytes));
    await expect.poll(() => arrived.length).toBe(length + 1);
    const [one] = arrived.slice(length);
    if (one === undefined) throw new Error('no request has arrived');
    return { socket, ...one };
  }
  return {
    arrivals,
    beginWith,
    begin: async (): Promise<Socket> => (await beginWith(10)).socket,
    pass(milliseconds: number): void {
      now += milliseconds;
      arrivals.cut();
    },
  };
}

async function answerOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

describe('a request whose body does not come', () => {
  test('is ended after its time, and not before', async () => {
    const server = await open((request) => void request.resume());
    const socket = await server.begin();
    server.pass(29_000);
    expect(socket.destroyed).toBe(false);
    const answer = answerOf(socket);
    server.pass(2_000);
    expect(await answer).toContain('408');
  });

  test('is ended also where it was answered early', async () => {
    const server = await open((_request, answer) => answer());
    const socket = await server.begin();
    const answer = answerOf(socket);
    await expect.poll(() => socket.bytesRead).toBeGreaterThan(0);
    server.pass(31_000);
    expect(await answer).not.toContain('408');
  });

  test('that is refused early, on a connection that ends, has its answer although it goes on', async () => {
    const server = await open();
    const answered: Promise<string>[] = [];
    for (let n = 0; n < 5; n += 1) {
      const { socket, request, response } = await server.beginWith(20_000_000);
      answered.push(answerOf(socket));
      response.setHeader('connection', 'close').end('early');
      // Bytes after the answer would have the system reset a connection that was closed.
      socket.write(Buffer.alloc(20_000_000 - 5));
      await once(request, 'close');
    }
    for (const answer of await Promise.all(answered)) expect(answer).toContain('early');
  });

  test('has more time while its handler reads it, and the same as others from where that stops', async () => {
    const read: string[] = [];
    const server = await open((request) => {
      void (async () => {
        for await (const chunk of server.arrivals.bytesOf(request, ROOM, 0)) {
          read.push(Buffer.from(chunk).toString());
          if (read.join('').length >= 7) break;
        }
      })();
    });
    const socket = await server.begin();
    await expect.poll(() => read.join('')).toBe('12345');
    server.pass(3_600_000);
    expect(socket.destroyed).toBe(false);
    socket.write('67');
    await expect.poll(() => read.join('')).toBe('1234567');
    const answer = answerOf(socket);
    await expect
      .poll(() => {
        server.pass(31_000);
        return socket.destroyed || socket.readableEnded;
      })
      .toBe(true);
    expect(await answer).toContain('408');
  });
});
