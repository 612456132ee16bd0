import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { chromium } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { statement } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { type Customer, testApp, type TestApp } from '@plinth/testkit/services/app';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';
import { freePort } from '@plinth/testkit/services/ports';

/** Chat by its socket, by real clients and a real provider: each time the ledger has what the provider bills, and nothing more. */
const app = await testApp({ settings: { SOCKETS_PER_ADDRESS: '600' } });
const { sandbox } = app;
const LONG = Array.from({ length: 400 }, (_, n) => `word${n}`).join(' ');
/** No rule routes it: each answer takes two model calls. */
const MESSAGE = 'Please go on.';
const ANSWER = [
  { kind: 'content', text: '{"agents":["task_agent"]}' },
  { kind: 'content', text: LONG },
] as const;

interface Talk {
  readonly frames: readonly string[];
  readonly code: number;
}

interface TalkOptions {
  readonly url?: string;
  /** Hangs up after so many frames. */
  readonly leaveAfter?: number | undefined;
}

type Client = (frame: object, options?: TalkOptions) => Promise<Talk>;

const socketUrl = (url: string) => `${url.replace('http', 'ws')}/v1/chat/stream`;
const frameOf = ({ key }: Customer, more: object = {}) => ({ message: MESSAGE, access_token: key, ...more });
const lastOf = ({ frames }: Talk): Record<string, unknown> => JSON.parse(frames.at(-1) ?? '{}');
const textOf = ({ frames }: Talk) => frames.slice(0, -1).join('');

const node: Client = (frame, { url = app.url, leaveAfter } = {}) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(socketUrl(url));
    const frames: string[] = [];
    socket.on('open', () => socket.send(JSON.stringify(frame)));
    socket.on('message', (data: Buffer) => {
      if (frames.push(data.toString()) === leaveAfter) socket.terminate();
    });
    socket.on('close', (code) => resolve({ frames, code }));
    socket.on('error', reject);
  });

/** The same in a page of another origin, which CORS_ORIGINS lets in. */
async function openChromium(program: string): Promise<Client> {
  const pages = createServer((_request, response) => response.setHeader('content-type', 'text/html').end());
  const port = await freePort();
  pages.listen(port, '127.0.0.1');
  await once(pages, 'listening');
  const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
  atEndOfFile(async () => {
    await browser.close();
    pages.close();
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}`);
  return (frame, { url = app.url, leaveAfter } = {}) =>
    page.evaluate(
      ({ to, text, leave }) =>
        new Promise<Talk>((resolve) => {
          const socket = new globalThis.WebSocket(to);
          const frames: string[] = [];
          socket.addEventListener('open', () => socket.send(text));
          socket.addEventListener('message', ({ data }) => {
            if (frames.push(String(data)) === leave) socket.close();
          });
          socket.addEventListener('close', ({ code }) => resolve({ frames, code }));
        }),
      { to: socketUrl(url), text: JSON.stringify(frame), leave: leaveAfter },
    );
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

/** Calls that are billed and posted from now on. */
function openBooks({ db, app: { modules } }: TestApp = app) {
  const before = sandbox.bill().length;
  return async () => {
    await modules.limits.ends.idle();
    const bill = sandbox.bill().slice(before);
    const rows = await db.asMigrator(
      statement<{ id: string; state: string; tokens: number; estimated: boolean }>(
        // A correction is a row of its own, with the difference to what stood before.
        `select provider_request_id as id, max(state) as state, sum(prompt_tokens + completion_tokens)::int as tokens,
           bool_and(estimated) as estimated
         from limits.usage_events where provider_request_id = any ($1) or state in ('pending', 'sent') group by provider_request_id`,
        [bill.map(({ request_id }) => request_id)],
      ),
    );
    return {
      posted: rows.toSorted(byId),
      billed: bill
        .map(({ request_id: id, prompt_tokens: prompt, completion_tokens: completion }) => {
          return { id, state: 'posted', tokens: prompt + completion, estimated: false };
        })
        .toSorted(byId),
    };
  };
}

async function expectBalance(read: ReturnType<typeof openBooks>, calls: number): Promise<void> {
  await expect.poll(async () => (await read()).billed.length).toBe(calls);
  await expect
    .poll(async () => {
      const { posted, billed } = await read();
      return JSON.stringify(posted) === JSON.stringify(billed);
    })
    .toBe(true);
}

/** The same, where a client left in the middle: what a call cost may be an estimate then. */
async function expectPaid(read: ReturnType<typeof openBooks>, calls: number): Promise<void> {
  await expect
    .poll(async () => {
      const { posted, billed } = await read();
      const paid = posted.filter(({ state }) => state === 'posted').map(({ id }) => id);
      return [posted.length, paid.length, paid.join() === billed.map(({ id }) => id).join()];
    })
    .toEqual([calls, calls, true]);
}

describe.each(['Node', 'Chromium'])('in %s', (runtime) => {
  const program = chromiumOnPath();
  let opened: Promise<Client> | undefined;
  const client: Client = async (...given) => {
    opened ??= runtime === 'Node' ? Promise.resolve(node) : openChromium(program ?? '');
    return (await opened)(...given);
  };
  const lacks = runtime === 'Chromium' && program === undefined;

  test('the text comes piece by piece, then the answer; a repeat of the key has it alone', async ({
    skip,
  }) => {
    if (lacks) return skip(NO_CHROMIUM);
    const ada = await app.person('adiuva.pro');
    const read = openBooks();
    sandbox.faults.next(...ANSWER);
    const frame = frameOf(ada, { idempotency_key: 'first' });
    const talk = await client(frame);
    expect([talk.code, textOf(talk)]).toEqual([1000, LONG]);
    expect(talk.frames.length).toBeGreaterThan(20);
    expect(lastOf(talk)).toMatchObject({ done: true, response: LONG });
    const again = await client(frame);
    expect([again.frames.length, lastOf(again)]).toEqual([1, lastOf(talk)]);
    await expectBalance(read, 2);
  });

  test('a client that drops stops the provider and pays once; its key says so', async ({ skip }) => {
    if (lacks) return skip(NO_CHROMIUM);
    const ada = await app.person('adiuva.pro');
    const read = openBooks();
    sandbox.faults.next(...ANSWER);
    sandbox.setLatency(2_000);
    const frame = frameOf(ada, { idempotency_key: 'dropped' });
    expect((await client(frame, { leaveAfter: 2 })).frames.length).toBeGreaterThanOrEqual(2);
    sandbox.setLatency(0);
    await expectPaid(read, 2);
    await expect.poll(async () => (await client(frame)).code).toBe(4409);
    expect((await read()).billed).toHaveLength(2);
  });

  test('a server that stops says when to come back, and another one answers', async ({ skip }) => {
    if (lacks) return skip(NO_CHROMIUM);
    const other = await testApp({ beside: app, settings: { SHUTDOWN_GRACE_SECONDS: '1' } });
    const ada = await app.person('adiuva.pro');
    sandbox.faults.next(...ANSWER);
    sandbox.setLatency(3_000);
    const before = sandbox.bill().length;
    const talk = client(frameOf(ada), { url: other.url });
    await expect.poll(() => sandbox.bill().length).toBe(before + 2);
    await other.close();
    sandbox.setLatency(0);
    const { code, frames } = await talk;
    expect([code, JSON.parse(frames.at(-1) ?? '')]).toEqual([1012, { reconnect_in_ms: expect.any(Number) }]);
    expect((await client(frameOf(ada))).code).toBe(1000);
  });
});

test('a reader that is slow for a while has all of it, in its order', async () => {
  const ada = await app.person('adiuva.pro');
  const read = openBooks();
  sandbox.faults.next(...ANSWER);
  const socket = new WebSocket(socketUrl(app.url));
  await once(socket, 'open');
  const frames: string[] = [];
  socket.on('message', (data: Buffer) => frames.push(data.toString()));
  socket.pause();
  socket.send(JSON.stringify(frameOf(ada)));
  await expectBalance(read, 2);
  expect(frames).toEqual([]);
  socket.resume();
  const [code] = await once(socket, 'close');
  expect([code, textOf({ frames, code: 1000 })]).toEqual([1000, LONG]);
});

test('each of a thousand at once hears its end by a code, and what was answered is paid', async () => {
  const ada = await app.person('adiuva.power');
  const read = openBooks();
  const sockets = Array.from({ length: 1_000 }, (_, n) => {
    const localAddress = `127.0.0.${1 + (n % 2)}`;
    return new WebSocket(socketUrl(app.url), { localAddress });
  });
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  sandbox.faults.always(ANSWER[0]);
  const before = sandbox.bill().length;
  const codes = await Promise.all(
    sockets.map(async (socket) => {
      socket.send(JSON.stringify(frameOf(ada)));
      const [code] = await once(socket, 'close');
      return Number(code);
    }),
  );
  sandbox.faults.clear();
  // On a machine that is too busy for all of them, some hear that the provider is: by a code, and never by silence.
  expect(codes.filter((code) => ![1000, 4429, 4503, 4504].includes(code))).toEqual([]);
  expect(codes).toContain(4429);
  expect(codes).toContain(1000);
  // A call that ran out of time before its provider said an id is paid by an estimate without one.
  await expect
    .poll(async () => {
      const { posted } = await read();
      const [estimates] = await app.db.asMigrator(
        statement<{ count: number }>(
          `select count(*)::int from limits.usage_events
           where account_id = $1 and state = 'posted' and estimated and provider_request_id is null`,
          [ada.accountId],
        ),
      );
      return posted.filter(({ state }) => state === 'posted').length + (estimates?.count ?? 0);
    })
    .toBeGreaterThanOrEqual(sandbox.bill().length - before);
});

/** A frame of text, masked with zeros. */
function frameOfText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = bytes.length < 126 ? [0x80 | bytes.length] : [0xfe, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), bytes]);
}

describe('a connection that is cut at any byte', () => {
  const upgrade = [
    'GET /v1/chat/stream HTTP/1.1',
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');

  test('leaves no socket and nothing that is not billed', async () => {
    const ada = await app.person('adiuva.power');
    const read = openBooks();
    const all = Buffer.concat([
      Buffer.from(upgrade),
      frameOfText(JSON.stringify(frameOf(ada, { message: 'task' }))),
    ]);
    const { hostname, port } = new URL(app.url);
    for (let from = 0; from <= all.length; from += 25) {
      const cuts = Array.from({ length: Math.min(25, all.length + 1 - from) }, (_, n) => from + n);
      await Promise.all(
        cuts.map(async (at) => {
          const socket = connect(Number(port), hostname);
          socket.on('error', () => {});
          await once(socket, 'connect');
          if (at % 2 === 0) socket.end(all.subarray(0, at));
          else socket.write(all.subarray(0, at), () => socket.resetAndDestroy());
          socket.resume();
          await once(socket, 'close');
        }),
      );
    }
    await expect.poll(async () => (await read()).posted.every(({ state }) => state === 'posted')).toBe(true);
    const { posted, billed } = await read();
    expect(posted.map(({ id }) => id)).toEqual(billed.map(({ id }) => id));
    // As many as an address may have: none of those that were cut is still counted.
    const sockets = Array.from({ length: 600 }, () => new WebSocket(socketUrl(app.url)));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    for (const socket of sockets) socket.terminate();
  });
});
