import { memorySession, NoAnswer, PlinthError, type SocketClass, Unauthenticated } from '@plinth/sdk';
import { describe, expect, test } from 'vitest';
import { WebSocket as OtherSocket } from 'ws';
import { MINE, serve, THEIRS } from '@plinth/testkit/shop';
import { RETRIES } from '../../sdk/src/retries.ts';
import { type Credentials, keyCredentials, sessionCredentials } from '../../sdk/src/sessions.ts';
import {
  type AnswerStream,
  type StreamOptions,
  streamCalls,
  type StreamParts,
} from '../../sdk/src/sockets.ts';
import { flyingTime, thrownBy } from './fixture.ts';
import { openSocketProxy } from './socket-proxy.ts';

/** The shop's socket, under the name of a route that the client knows to take a key. */
const ROUTE = 'POST /v1/create';
const SOCKETS = { [ROUTE]: '/v1/talks/{id}/stream' };
const params = { id: '0193a000-0000-7000-8000-000000000009' };

interface Talk {
  readonly text: string;
  readonly times?: number;
  readonly ending?: string;
}
interface Said {
  readonly text: string;
  readonly sent: number;
  readonly key: string;
}

const served = await serve();
const proxy = await openSocketProxy(served.url);

/** A client that asks the shop by way of the proxy; `waits` are those between its tries, which take no time. */
function clientOf(more: Partial<StreamParts> = {}) {
  const { time, waits } = flyingTime();
  const { stream } = streamCalls({
    baseUrl: proxy.url,
    fetch,
    retries: RETRIES,
    time,
    timeout: 60_000,
    credentials: keyCredentials('token'),
    accountId: undefined,
    WebSocket: undefined,
    sockets: SOCKETS,
    ...more,
  });
  const say = (body: Talk, options?: StreamOptions) =>
    stream(ROUTE as never, { params, body } as never, options) as AnswerStream<Said>;
  return { say, waits };
}

const { say } = clientOf();

async function all(texts: AsyncIterable<string>): Promise<string[]> {
  const told: string[] = [];
  for await (const text of texts) told.push(text);
  return told;
}

/** A call that waits in its handler. */
async function waiting(body: Talk, options?: StreamOptions, client = clientOf()) {
  served.shop.done.length = 0;
  served.shop.waiting = Promise.withResolvers<void>();
  const stream = client.say({ ...body, ending: 'wait' }, options);
  await served.shop.waiting.promise;
  return stream;
}

describe('an answer is streamed', () => {
  test.each<[string, SocketClass | undefined]>([
    ['the runtime’s own WebSocket', undefined],
    ['one that is given', OtherSocket],
  ])('by %s: its texts, and then the answer', async (_what, WebSocket) => {
    const stream = clientOf({ WebSocket }).say({ text: 'tea', times: 3 });
    expect(await all(stream)).toEqual(['tea', 'tea', 'tea']);
    expect(await stream.answer).toEqual({ text: 'tea', sent: 3, key: stream.idempotencyKey });
  });

  test('also to a caller who wants the answer alone', async () => {
    expect(await say({ text: 'tea' }).answer).toMatchObject({ sent: 2 });
  });

  test.each(['{"done":true}', '{"error":{}}', '{"reconnect_in_ms":1}'])(
    'although its texts look like the end of it: %s',
    async (text) => {
      const stream = say({ text, times: 3 });
      expect(await all(stream)).toEqual([text, text, text]);
      expect(await stream.answer).toMatchObject({ text, sent: 3 });
    },
  );

  test('also where its body is large', async () => {
    const text = 'é'.repeat(100_000);
    expect(await say({ text, times: 1 }, { idempotencyKey: 'large' }).answer).toEqual({
      text,
      sent: 1,
      key: 'large',
    });
  });

  test('under the key and for the account that the call names', async () => {
    const { answer } = say({ text: 'a' }, { idempotencyKey: 'mine', accountId: MINE });
    expect((await answer).key).toBe('mine');
    expect(await thrownBy(say({ text: 'a' }, { accountId: THEIRS }).answer)).toMatchObject({ status: 404 });
  });
});

describe('what a stream fails with is what the call would', () => {
  test('code, status, request id, details and when to come back', async () => {
    const stream = clientOf({ retries: { ...RETRIES, max: 0 } }).say({
      text: 'a',
      times: 1,
      ending: 'refuse',
    });
    const texts = await thrownBy(all(stream));
    expect(texts).toBeInstanceOf(PlinthError);
    expect(texts).toMatchObject({
      code: 'conflict',
      status: 409,
      requestId: expect.any(String),
      retryAfter: 7,
      spoken: true,
    });
    expect(await thrownBy(stream.answer)).toBe(texts);
    expect(await thrownBy(say({ text: 1 } as never).answer)).toMatchObject({
      code: 'validation_failed',
      details: { issues: [expect.objectContaining({ path: 'body.text' })] },
    });
  });

  test('a frame that is too large to be read', async () => {
    expect(await thrownBy(say({ text: 'a'.repeat(600_000) }).answer)).toMatchObject({
      code: 'payload_too_large',
      status: 413,
    });
  });

  test('texts that came before the reader did, and the error last', async () => {
    const stream = say({ text: 'a', times: 2, ending: 'refuse' });
    await thrownBy(stream.answer);
    const texts: string[] = [];
    const error = await thrownBy(
      (async () => {
        for await (const text of stream) texts.push(text);
      })(),
    );
    expect([texts, error]).toEqual([['a', 'a'], expect.objectContaining({ code: 'conflict' })]);
  });

  test('a route without a socket, and a runtime without one', async () => {
    expect(await thrownBy(clientOf({ sockets: {} }).say({ text: 'a' }).answer)).toBeInstanceOf(TypeError);
    const { WebSocket } = globalThis;
    Reflect.deleteProperty(globalThis, 'WebSocket');
    const error = await thrownBy(say({ text: 'a' }).answer);
    Object.assign(globalThis, { WebSocket });
    expect(error).toMatchObject({ message: expect.stringContaining('createClient({ WebSocket })') });
  });
});

describe('a connection that drops', () => {
  test('before the first text is tried again under the same key', async () => {
    const before = proxy.count;
    proxy.next({ kind: 'cut_sent' }, { kind: 'silent' });
    const { say: hasty, waits } = clientOf();
    const stream = hasty({ text: 'tea', times: 1 }, { timeout: 1_000 });
    expect(await all(stream)).toEqual(['tea']);
    expect((await stream.answer).key).toBe(stream.idempotencyKey);
    expect([proxy.count - before, waits.length]).toEqual([3, 2]);
  });

  test('after it is not: the error has the key, by which the kept answer can be had', async () => {
    const before = proxy.count;
    proxy.next({ kind: 'cut_after', text: 'tea' });
    const stream = say({ text: 'tea', times: 1, ending: 'wait' });
    const error = await thrownBy(all(stream));
    expect(error).toBeInstanceOf(NoAnswer);
    expect(error).toMatchObject({ code: 'no_answer', idempotencyKey: stream.idempotencyKey });
    expect(proxy.count - before).toBe(1);
    await expect.poll(() => served.shop.done).toContain('hung up');
  });

  test('again and again is an error, with the key', async () => {
    const nowhere = clientOf({ baseUrl: 'http://127.0.0.1:9' });
    const stream = nowhere.say({ text: 'a' });
    expect(await thrownBy(stream.answer)).toMatchObject({
      name: 'NoAnswer',
      idempotencyKey: stream.idempotencyKey,
    });
    expect(nowhere.waits).toHaveLength(RETRIES.max);
  });
});

/** Two servers, and a way to them that leads to the first one at first. */
async function twoServers() {
  const [first, second] = [await serve(), await serve()];
  return { first, second, way: await openSocketProxy(first.url) };
}

describe('a server that stops', () => {
  test('sends the call to another one, after its hint and under the same key', async () => {
    const { first, second, way } = await twoServers();
    const { say: sayTo, waits } = clientOf({ baseUrl: way.url });
    const stream = sayTo({ text: 'a', times: 0, ending: 'wait' });
    await first.shop.waiting.promise;
    way.target = second.url;
    const stopped = first.server.stop(0);
    await second.shop.waiting.promise;
    second.shop.release();
    expect((await stream.answer).key).toBe(stream.idempotencyKey);
    expect([waits.length, (waits[0] ?? 0) >= 500]).toEqual([1, true]);
    await stopped;
  });

  test('after the first text ends it: the error says when to come back', async () => {
    const { first, second, way } = await twoServers();
    const stream = clientOf({ baseUrl: way.url }).say({ text: 'a', times: 1, ending: 'wait' });
    await first.shop.waiting.promise;
    way.target = second.url;
    const stopped = first.server.stop(0);
    expect(await thrownBy(all(stream))).toMatchObject({
      code: 'no_answer',
      idempotencyKey: stream.idempotencyKey,
      retryAfter: expect.any(Number),
    });
    await stopped;
    expect(second.shop.done).toEqual([]);
  });
});

describe('a client hangs up', () => {
  test('when its loop is left', async () => {
    const stream = await waiting({ text: 'a', times: 3 });
    for await (const text of stream) if (text === 'a') break;
    await expect.poll(() => served.shop.done).toContain('hung up');
    expect(await thrownBy(stream.answer)).toMatchObject({ idempotencyKey: stream.idempotencyKey });
    expect(await all(stream)).toEqual([]);
  });

  test('when its signal ends: the stream throws its reason', async () => {
    const ending = new AbortController();
    const stream = await waiting({ text: 'a', times: 1 }, { signal: ending.signal });
    const reason = new Error('enough');
    ending.abort(reason);
    expect(await thrownBy(all(stream))).toBe(reason);
    await expect.poll(() => served.shop.done).toContain('hung up');
    expect(await thrownBy(say({ text: 'a' }, { signal: ending.signal }).answer)).toBe(reason);
  });
});

describe('a session that has ended', () => {
  const tokens = { access_token: 'ended', refresh_token: 'r', expires_at: 4_102_444_800 };
  const credentialsOf = (renewed: string): Credentials & { readonly refreshes: string[] } => {
    const refreshes: string[] = [];
    const refresh = async (token: string) => {
      refreshes.push(token);
      return { ...tokens, access_token: renewed };
    };
    const { time } = flyingTime();
    return { ...sessionCredentials({ store: memorySession(tokens), refresh, time }), refreshes };
  };

  test('is renewed, and the call made again under the same key', async () => {
    const credentials = credentialsOf('token');
    const stream = clientOf({ credentials }).say({ text: 'a', times: 1 });
    expect(await all(stream)).toEqual(['a']);
    expect((await stream.answer).key).toBe(stream.idempotencyKey);
    expect(credentials.refreshes).toEqual(['r']);
  });

  test('and whose new token is refused too is told so, once', async () => {
    const credentials = credentialsOf('no better');
    expect(await thrownBy(clientOf({ credentials }).say({ text: 'a' }).answer)).toBeInstanceOf(
      Unauthenticated,
    );
    expect(credentials.refreshes).toEqual(['r']);
  });
});
