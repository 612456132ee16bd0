import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Client, QstashError, Receiver, SignatureError } from '@upstash/qstash';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createQStashSandbox, type QStashSandbox } from './index.ts';

/** What a receiver was sent, as it came. */
interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const received: Received[] = [];
/** What the next deliveries are answered; 200 when there is nothing here. */
const answers: Answer[] = [];
let sandbox: QStashSandbox;
let client: Client;
let receiver: Receiver;
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body });
      const { status, headers: more = {} } = answers.shift() ?? { status: 200 };
      response.writeHead(status, more).end(`answered ${status}`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook`;
  sandbox = await createQStashSandbox({ driven: true });
  client = new Client({ baseUrl: sandbox.url, token: sandbox.token, retry: false });
  receiver = new Receiver({ currentSigningKey: sandbox.keys.current, nextSigningKey: sandbox.keys.next });
});
afterEach(async () => {
  sandbox.release();
  sandbox.faults.clear();
  await sandbox.idle();
  received.length = 0;
  answers.length = 0;
});
afterAll(async () => {
  await sandbox.close();
  server.close();
});

async function failureOf(call: Promise<unknown>): Promise<QstashError> {
  const error = await call.then(
    () => new Error('the call went through'),
    (reason: unknown) => reason,
  );
  if (error instanceof QstashError) return error;
  throw error;
}

const publishOnce = () => client.publishJSON({ url, body: {}, deduplicationId: 'once' });
const signatureOf = ({ headers }: Received) => String(headers['upstash-signature']);

describe('the official @upstash/qstash package', () => {
  test('publishes JSON, which arrives with its headers, signed so that its own Receiver believes it', async () => {
    const { messageId } = await client.publishJSON({
      url,
      body: { hello: 'world' },
      headers: { 'x-mine': '1' },
      method: 'PUT',
    });
    await sandbox.idle();
    const [one] = received;
    if (one === undefined) throw new Error('nothing arrived');
    expect(one).toMatchObject({
      method: 'PUT',
      path: '/hook',
      body: '{"hello":"world"}',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Upstash-QStash',
        'upstash-message-id': messageId,
        'upstash-retried': '0',
        'x-mine': '1',
      },
    });
    const signature = signatureOf(one);
    expect(await receiver.verify({ signature, body: one.body, url })).toBe(true);
    await expect(receiver.verify({ signature, body: '{}', url })).rejects.toThrow(SignatureError);
    await expect(receiver.verify({ signature, body: one.body, url: `${url}/x` })).rejects.toThrow(
      SignatureError,
    );
  });

  test('publishes in groups, and gets an answer for each message', async () => {
    const receipts = await client.batchJSON([
      { url, body: { n: 1 } },
      { url: 'ftp://nowhere', body: { n: 2 } },
      { url, body: { n: 3 } },
    ]);
    await sandbox.idle();
    expect(receipts).toEqual([
      { messageId: expect.stringMatching(/^msg_/) },
      { error: expect.stringContaining('invalid scheme') },
      { messageId: expect.stringMatching(/^msg_/) },
    ]);
    expect(received.map(({ body }) => body).sort()).toEqual(['{"n":1}', '{"n":3}']);
  });

  test('a Deduplication-Id is delivered once in ten minutes, and again after them', async () => {
    const first = await publishOnce();
    expect(await publishOnce()).toEqual({ messageId: first.messageId, deduplicated: true });
    await sandbox.idle();
    expect(received).toHaveLength(1);
    sandbox.elapse(600_000);
    expect((await publishOnce()).messageId).not.toBe(first.messageId);
  });

  test('a delay is waited for, and a message that waits can be cancelled', async () => {
    const late = await client.publishJSON({ url, body: {}, delay: 30 });
    const never = await client.publishJSON({ url, body: {}, delay: '90s' });
    expect((await client.messages.get(never.messageId)).url).toBe(url);
    await client.messages.cancel(never.messageId);
    sandbox.elapse(29_999);
    await sandbox.idle();
    expect(received).toHaveLength(0);
    sandbox.elapse(200_000);
    await sandbox.idle();
    expect(received.map(({ headers }) => headers['upstash-message-id'])).toEqual([late.messageId]);
  });

  test('a failed delivery is tried again after 12 s and 148 s, then becomes a dead letter', async () => {
    answers.push({ status: 500 }, { status: 404 }, { status: 503 });
    const { messageId } = await client.publishJSON({ url, body: {}, retries: 2 });
    await sandbox.idle();
    for (const [seconds, tries] of [
      [12, 1],
      [1, 2],
      [147, 2],
      [2, 3],
      [90_000, 3],
    ] as const) {
      sandbox.elapse(seconds * 1_000);
      await sandbox.idle();
      expect(received).toHaveLength(tries);
    }
    expect(received.map(({ headers }) => headers['upstash-retried'])).toEqual(['0', '1', '2']);
    const { messages } = await client.dlq.listMessages();
    expect(messages).toEqual([
      expect.objectContaining({ messageId, url, responseStatus: 503, responseBody: 'answered 503' }),
    ]);
    await client.dlq.delete(messages[0]?.dlqId ?? '');
    expect((await client.dlq.listMessages()).messages).toEqual([]);
  });

  test('the receiver may say when, and the publisher by what rule', async () => {
    answers.push({ status: 503, headers: { 'retry-after': '5' } }, { status: 500 }, { status: 500 });
    await client.publishJSON({ url, body: {}, retryDelay: 'min(60000, 1000 * pow(3, retried))' });
    await sandbox.idle();
    for (const [ms, tries] of [
      [4_999, 1],
      [1, 2],
      [2_999, 2],
      [1, 3],
      [9_000, 4],
    ] as const) {
      sandbox.elapse(ms);
      await sandbox.idle();
      expect(received).toHaveLength(tries);
    }
  });

  test('489 with Upstash-NonRetryable-Error is not tried again', async () => {
    answers.push({ status: 489, headers: { 'upstash-nonretryable-error': 'true' } });
    const { messageId } = await client.publishJSON({ url, body: {} });
    await sandbox.idle();
    sandbox.elapse(100_000);
    await sandbox.idle();
    expect(received).toHaveLength(1);
    expect(sandbox.deadLetters().at(-1)?.message.id).toBe(messageId);
  });

  test('flow control keeps to its parallelism', async () => {
    const held: (() => void)[] = [];
    const slow = createServer((_request, response) => held.push(() => response.end())).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const address = slow.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const flowControl = { key: 'lane', parallelism: 2 };
    for (let n = 0; n < 5; n += 1)
      await client.publishJSON({ url: `http://127.0.0.1:${port}/`, body: { n }, flowControl });
    expect(await client.flowControl.get('lane')).toMatchObject({ waitListSize: 3, parallelismCount: 2 });
    for (let n = 0; n < 5; n += 1) {
      const [arrival] = held.length > 0 ? [] : [once(slow, 'request')];
      await arrival;
      held.shift()?.();
    }
    await sandbox.idle();
    expect(await client.flowControl.get('lane')).toMatchObject({ waitListSize: 0, parallelismCount: 0 });
    slow.close();
  });

  test('after a rotation of the keys, a receiver with the old pair accepts one rotation and not two', async () => {
    const old = new Receiver({ currentSigningKey: sandbox.keys.current, nextSigningKey: sandbox.keys.next });
    const signDelivery = () => ({ signature: sandbox.sign({ url, body: 'x' }), body: 'x', url });
    sandbox.rollKeys();
    expect(await old.verify(signDelivery())).toBe(true);
    sandbox.rollKeys();
    await expect(old.verify(signDelivery())).rejects.toThrow(SignatureError);
  });

  test('another token is refused, as is what is no destination', async () => {
    const stranger = new Client({ baseUrl: sandbox.url, token: 'another', retry: false });
    expect((await failureOf(stranger.publishJSON({ url, body: {} }))).status).toBe(401);
    expect((await failureOf(client.publishJSON({ url: 'nowhere', body: {} }))).status).toBe(400);
    expect((await failureOf(client.publishJSON({ url, body: {}, retryDelay: 'system("rm")' }))).status).toBe(
      400,
    );
  });
});

describe('the sandbox on demand', () => {
  test('loses, doubles and delays messages, and loses answers', async () => {
    sandbox.faults.next(
      { kind: 'lose' },
      { kind: 'double' },
      { kind: 'late', ms: 700 },
      { kind: 'answer_lost' },
    );
    for (const n of ['lost', 'doubled', 'late', 'unheard']) await client.publish({ url, body: n });
    await sandbox.idle();
    expect(received.map(({ body }) => body).sort()).toEqual(['doubled', 'doubled', 'unheard']);
    sandbox.elapse(13_000);
    await sandbox.idle();
    expect(received.map(({ body }) => body).sort()).toEqual([
      'doubled',
      'doubled',
      'late',
      'unheard',
      'unheard',
    ]);
  });

  test('keeps back and reorders, and delivers once more', async () => {
    sandbox.hold();
    const { messageId } = await client.publish({ url, body: 'first' });
    await client.publish({ url, body: 'second' });
    await sandbox.idle();
    expect(received).toEqual([]);
    sandbox.release('reversed');
    await sandbox.idle();
    await sandbox.redeliver(messageId);
    expect(received.map(({ body }) => body).sort()).toEqual(['first', 'first', 'second']);
  });

  test('refuses, and forgets to say that it took something', async () => {
    sandbox.faults.next({ kind: 'status', status: 429 }, { kind: 'reset' }, { kind: 'reset', taken: true });
    expect((await failureOf(client.publish({ url, body: 'refused' }))).status).toBe(429);
    await expect(client.publish({ url, body: 'cut' })).rejects.toThrow();
    await expect(client.publish({ url, body: 'taken' })).rejects.toThrow();
    await sandbox.idle();
    expect(received.map(({ body }) => body)).toEqual(['taken']);
  });

  test('sends a name to the servers behind it in turn, and signs for the name', async () => {
    const other = createServer((_request, response) => response.end('other')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    sandbox.route('https://behind.test', url.replace(/\/hook$/, ''), `http://127.0.0.1:${port}`);
    await client.publish({ url: 'https://behind.test/hook', body: 'a' });
    await client.publish({ url: 'https://behind.test/hook', body: 'b' });
    await sandbox.idle();
    expect(
      sandbox
        .deliveries()
        .slice(-2)
        .map(({ answer }) => answer)
        .sort(),
    ).toEqual(['answered 200', 'other']);
    const [one] = received;
    if (one === undefined) throw new Error('nothing arrived');
    const signed = { signature: signatureOf(one), body: one.body, url: 'https://behind.test/hook' };
    const now = new Receiver({ currentSigningKey: sandbox.keys.current, nextSigningKey: sandbox.keys.next });
    expect(await now.verify(signed)).toBe(true);
    other.close();
  });
});
