import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { MINE, serve, THEIRS } from '@plinth/testkit/shop';

const PATH = '/v1/talks/0193a000-0000-7000-8000-000000000009/stream';
const ORIGIN = 'https://app.example.com';
const served = await serve({ corsOrigins: [ORIGIN] });

interface Ended {
  readonly frames: readonly string[];
  /** The last frame. */
  readonly last: { readonly error?: { readonly code: string } } & Record<string, unknown>;
  readonly code: number;
}

interface Opened {
  readonly socket: WebSocket;
  readonly ended: Promise<Ended>;
}

const lastOf = (frames: readonly string[]): Ended['last'] =>
  frames.at(-1)?.startsWith('{') === true ? JSON.parse(frames.at(-1) ?? '') : {};

/** Opens a socket; `ended` has all its frames once it is closed. */
function open(
  url: string,
  { path = PATH, ...options }: { path?: string } & WebSocket.ClientOptions = {},
): Opened {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, options);
  const frames: string[] = [];
  socket.on('message', (data: Buffer) => frames.push(data.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    socket.once('close', (code) => resolve({ frames, code, last: lastOf(frames) }));
    socket.once('unexpected-response', (_request, { statusCode }) => reject(new Error(`HTTP ${statusCode}`)));
    socket.once('error', reject);
  });
  ended.catch(() => {});
  return { socket, ended };
}

async function ask(frame: object | string | Buffer, options = {}, { url } = served): Promise<Ended> {
  const { socket, ended } = open(url, options);
  await once(socket, 'open');
  socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  return ended;
}

const token = { authorization: 'Bearer token' };

describe('an answer', () => {
  test('comes in frames, and the last one is what the POST answers, with done', async () => {
    const { frames, code } = await ask({ text: 'tea' }, { headers: token });
    expect(frames).toEqual(['tea', 'tea', '{"done":true,"text":"tea","sent":2,"key":null}']);
    expect(code).toBe(1000);
  });

  test('the first frame carries token, account and key in place of headers, and a header wins', async () => {
    const body = { text: 'a', times: 0, access_token: 'token', account_id: MINE, idempotency_key: 'k-1' };
    expect((await ask(body)).last).toEqual({ done: true, text: 'a', sent: 0, key: 'k-1' });
    const mixed = { ...body, access_token: 'nobody', account_id: THEIRS };
    const headers = { ...token, 'x-account-id': MINE };
    expect((await ask(mixed, { headers })).last).toMatchObject({ done: true, key: 'k-1' });
  });

  test.each(['/api' + PATH, PATH.replace('/v1', '/api'), `${PATH}/`])('is had at %s too', async (path) => {
    expect((await ask({ text: 'a', times: 0 }, { path, headers: token })).code).toBe(1000);
  });
});

test.each<[string, object | string, number, string]>([
  ['no credential', { text: 'a' }, 4401, 'unauthenticated'],
  ['a token that is not good', { text: 'a', access_token: 'x' }, 4401, 'unauthenticated'],
  ["another's account", { text: 'a', access_token: 'token', account_id: THEIRS }, 4404, 'not_found'],
  ['too low a role', { text: 'a', access_token: 'viewer' }, 4403, 'forbidden'],
  ['a token that is no text', { text: 'a', access_token: 1 }, 4400, 'validation_failed'],
  ['a line break in a token', { text: 'a', access_token: 'a\r\nx: y' }, 4400, 'validation_failed'],
  [
    'a key that is none',
    { text: 'a', access_token: 'token', idempotency_key: 'a b' },
    4400,
    'validation_failed',
  ],
  ['a body that the schema refuses', { text: 1, access_token: 'token' }, 4400, 'validation_failed'],
  ['no JSON', '{"text"', 4400, 'validation_failed'],
  ['a failure of the handler', { text: 'a', access_token: 'token', ending: 'refuse' }, 4409, 'conflict'],
  ['too large a frame', { text: 'a'.repeat(80_000), access_token: 'token' }, 4413, 'payload_too_large'],
])('%s is refused by one frame and its close code', async (...[, frame, code, error]) => {
  const ended = await ask(frame);
  expect(ended).toMatchObject({ code, last: { error: { code: error, request_id: expect.any(String) } } });
});

test('a frame says in which second to come back, as Retry-After does', async () => {
  const ended = await ask({ text: 'a', access_token: 'token', ending: 'refuse' });
  expect(ended.last.error).toMatchObject({ retry_after: 7 });
});

test('bytes are refused', async () => {
  expect(await ask(Buffer.from('{}'))).toMatchObject({
    code: 4400,
    last: { error: { code: 'unexpected_frame' } },
  });
});

test('a frame beyond twice the size is not read: close code 1009', async () => {
  const ended = await ask({ text: 'a'.repeat(600_000) }, { headers: token });
  expect(ended).toMatchObject({ code: 1009, frames: [] });
});

test('a second frame ends the call as a hang-up does', async () => {
  const { socket, ended } = open(served.url, { headers: token });
  await once(socket, 'open');
  served.shop.done.length = 0;
  served.shop.waiting = Promise.withResolvers<void>();
  socket.send(JSON.stringify({ text: 'a', times: 1, ending: 'wait' }));
  await served.shop.waiting.promise;
  socket.send('{}');
  expect(await ended).toMatchObject({ code: 4400, last: { error: { code: 'unexpected_frame' } } });
  await expect.poll(() => served.shop.done).toContain('hung up');
});

test('a hang-up ends the call', async () => {
  const { socket } = open(served.url, { headers: token });
  await once(socket, 'open');
  served.shop.done.length = 0;
  served.shop.waiting = Promise.withResolvers<void>();
  socket.send(JSON.stringify({ text: 'a', times: 1, ending: 'wait' }));
  await served.shop.waiting.promise;
  socket.terminate();
  await expect.poll(() => served.shop.done).toContain('hung up');
});

test('what a slow reader leaves unread keeps the writer waiting', async () => {
  const { socket } = open(served.url, { headers: token });
  await once(socket, 'open');
  socket.pause();
  served.shop.done.length = 0;
  socket.send(JSON.stringify({ text: 'x'.repeat(10_000), times: 5_000 }));
  // It stands still when as many are sent as sockets and the 64 KiB hold.
  let before = -1;
  await expect
    .poll(
      () => {
        const [last, now] = [before, served.shop.done.length];
        before = now;
        return now > 0 && now === last;
      },
      { interval: 300 },
    )
    .toBe(true);
  expect(served.shop.done.length).toBeLessThan(5_000);
  socket.terminate();
});

async function refused(options: object, path = PATH): Promise<string> {
  const { ended } = open(served.url, { path, ...options });
  return ended.then(
    () => 'opened',
    (error: Error) => error.message,
  );
}

describe('before the upgrade it is refused by HTTP:', () => {
  test.each<[string, object, string]>([
    ['a page of an origin that is not listed', { origin: 'https://evil.example.com' }, 'HTTP 403'],
    ['a token that is not good', { headers: { authorization: 'Bearer x' } }, 'HTTP 401'],
    ["another's account", { headers: { ...token, 'x-account-id': THEIRS } }, 'HTTP 404'],
  ])('%s', async (_what, options, answer) => {
    expect(await refused(options)).toBe(answer);
  });

  test('a path that has no socket, and an upgrade to something else', async () => {
    expect(await refused({}, '/v1/items')).not.toBe('opened');
    expect((await served.call('/v1/nothing', { headers: {} })).status).toBe(404);
    const other = httpRequest(`${served.url}/v1/items`, {
      headers: { connection: 'upgrade', upgrade: 'h2c' },
    });
    other.end();
    const [response] = await once(other, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  test('a GET that asks for no upgrade gets 426', async () => {
    const { status, json, headers } = await served.call(PATH);
    expect([status, json.error?.code, headers.get('upgrade')]).toEqual([
      426,
      'upgrade_required',
      'websocket',
    ]);
  });
});

test('a client that resets its connection while it is looked up ends nothing but its upgrade', async () => {
  const lookUp = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow = await serve(
    {},
    {
      identify: async () => {
        begun.resolve();
        await lookUp.promise;
        return undefined;
      },
    },
  );
  const uncaught: unknown[] = [];
  const hear = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', hear);
  const accepted = Promise.withResolvers<Socket>();
  const accept = (message: unknown) => accepted.resolve((message as { socket: Socket }).socket);
  subscribe('net.server.socket', accept);
  const socket = connect(slow.port, '127.0.0.1');
  const head = [`GET ${PATH} HTTP/1.1`, 'host: a', 'connection: upgrade', 'upgrade: websocket'];
  socket.write(`${[...head, 'sec-websocket-version: 13', 'authorization: Bearer x'].join('\r\n')}\r\n\r\n`);
  await begun.promise;
  const closed = new Promise((resolve) => void accepted.promise.then((one) => one.once('close', resolve)));
  socket.resetAndDestroy();
  await closed;
  lookUp.resolve();
  await slow.server.stop(0);
  process.off('uncaughtException', hear);
  unsubscribe('net.server.socket', accept);
  expect(uncaught).toEqual([]);
});

test('a page of a listed origin is let in', async () => {
  expect((await ask({ text: 'a', times: 0, access_token: 'token' }, { origin: ORIGIN })).code).toBe(1000);
});

test('an address and an account have so many sockets at once; closed ones count no more', async () => {
  const small = await serve({ sockets: { perAddress: 3, perAccount: 1 } });
  const waiting = (frame?: object) => async () => {
    const { socket, ended } = open(small.url);
    await once(socket, 'open');
    small.shop.waiting = Promise.withResolvers<void>();
    if (frame !== undefined) socket.send(JSON.stringify(frame));
    return { socket, ended };
  };
  const hello = { text: 'a', times: 1, ending: 'wait', access_token: 'token' };
  const first = await waiting(hello)();
  await small.shop.waiting.promise;
  expect(await ask(hello, {}, small)).toMatchObject({
    code: 4429,
    last: { error: { code: 'too_many_sockets', details: { used: 1, max: 1 }, retry_after: 1 } },
  });
  await waiting()();
  await waiting()();
  const { ended } = open(small.url);
  await expect(ended).rejects.toThrow('HTTP 429');
  first.socket.terminate();
  await expect.poll(async () => (await ask({ ...hello, ending: 'go' }, {}, small)).code).toBe(1000);
});

test('a server that stops ends calls after their grace and sends those away that have not begun', async () => {
  const stopping = await serve();
  const idle = open(stopping.url);
  await once(idle.socket, 'open');
  const busy = open(stopping.url, { headers: token });
  await once(busy.socket, 'open');
  busy.socket.send(JSON.stringify({ text: 'a', times: 1, ending: 'wait' }));
  await stopping.shop.waiting.promise;
  const stopped = stopping.server.stop(0);
  const hint = { code: 1012, last: { reconnect_in_ms: expect.any(Number) } };
  expect(await idle.ended).toMatchObject(hint);
  expect(await busy.ended).toMatchObject(hint);
  await stopped;
});

test('a client that leaves in the middle of the upgrade leaves nothing behind', async () => {
  const small = await serve({ sockets: { perAddress: 1, perAccount: 1 } });
  const { port } = new URL(small.url);
  for (const cut of [40, 100, 160]) {
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const head = [`GET ${PATH} HTTP/1.1`, 'host: a', 'connection: Upgrade', 'upgrade: websocket'];
    const keys = ['sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', '', ''];
    socket.write([...head, ...keys].join('\r\n').slice(0, cut));
    socket.destroy();
  }
  const hello = { text: 'a', times: 0, access_token: 'token' };
  await expect.poll(async () => (await ask(hello, {}, small)).code).toBe(1000);
});
