import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Statement, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { answerText, type TextAnswer } from '#platform/product';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import { atEndOfFile } from '@plinth/testkit/closing';
import { productContext } from '../../server/src/platform/product/product-context.ts';
import { prism } from '../../products/prism/index.ts';
import { insertTurn, type NewTurn } from '../../products/prism/turns/store.ts';
import { follow } from '@plinth/testkit/fixtures/follow';
import { ROOM } from '@plinth/testkit/fixtures/room';

/** The kit's text of a model, as a route of a product calls it; it is Prism's plan, prompts and tables that it uses. */
const app = await testApp({ work: false });
const { count, db, sandbox } = app;
const { ids, limits } = app.app.modules;
const context = productContext({ ...prism, product: prism.key, settings: {} }, app.app.modules);

let me: Customer;
let permit: Permit;
/** What a test has in place of the rows that keep a text. */
let rows: TextAnswer['rows'];

const keep = (id: string, turn: string): Statement[] => {
  const safety: NewTurn['safety'] = { status: 'ok', kinds: [] };
  const row = { thought: 'x', style: 'gentle', distortion: null, question: 'y', safety } as const;
  return [insertTurn({ ...me, id, turn, ...row })];
};

const server = createServer((request, response) => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const wire = {
    request,
    body: new Uint8Array(),
    accept: request.headers.accept ?? '',
    bytes: () => request,
    hold: () => ROOM,
    socket: undefined,
    take: () => response,
    call: () => Promise.reject(new Error('it makes no other call')),
    refuseForeignPages: () => {},
  };
  const origin = {
    requestId: permit.requestId,
    ip: '127.0.0.1',
    userAgent: 'a test',
    traceparent: undefined,
    signal: gone.signal,
  };
  const asked = {
    prompt: { id: 'fragments', variables: { content: 'I am torn about the move.' } },
    rows: (id: string, text: string) => rows(id, text),
    followedBy: 'fragments',
  };
  answerText({ accountId: me.accountId, permit, origin, wire }, context, asked).then(
    (reply) => reply && response.end(JSON.stringify(reply)),
    async (error: unknown) => {
      await permit.finish();
      response.statusCode = 500;
      response.end(JSON.stringify({ code: error instanceof AppError ? error.code : 'internal' }));
    },
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
atEndOfFile(() => void server.close());
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const getPlainly = async () => {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const events = async () => (await follow(url, { key: 'none' })).rest();

beforeEach(async () => {
  me = await app.person();
  rows = keep;
  permit = await context.plan.permit({
    accountId: me.accountId,
    spender: { userId: me.userId },
    feature: 'mirror_message',
    as: 'inline',
    textBytes: 100,
    requestId: ids.next(),
  });
});

/** What is kept of this account: the texts, the states of the permit and of what it paid for, and the jobs. */
async function readKept() {
  await limits.ends.idle();
  const turns = await db.asMigrator(
    statement<{ turn: string }>('select turn from prism.turns where account_id = $1', [me.accountId]),
  );
  const ended = await db.asMigrator(
    statement<{ state: string }>('select state from limits.permits where account_id = $1 and id = $2', [
      me.accountId,
      permit.id,
    ]),
  );
  return {
    texts: turns.map(({ turn }) => turn),
    permit: ended[0]?.state,
    paid: await count(me, 'limits.usage_events', `state = 'posted' and charged > 0`),
    jobs: await count(me, 'jobs.jobs'),
    open: await count(me, 'limits.permits', `state in ('queued', 'running')`),
  };
}

const broken = { kind: 'cut_stream', after: 12 } as const;
const down = { kind: 'status', status: 400 } as const;

describe('a text that somebody waits for', () => {
  test('is answered, kept and charged once, and a job goes on with it', async () => {
    const { body } = await getPlainly();
    expect(await readKept()).toEqual({ texts: [body['text']], permit: 'settled', paid: 1, jobs: 1, open: 1 });
    expect(body).toEqual({ id: expect.any(String), text: expect.any(String) });
  });

  test('is asked for again when the model breaks off before anybody saw a word of it', async () => {
    sandbox.faults.next(broken);
    const { status, body } = await getPlainly();
    expect(status).toBe(200);
    expect(await readKept()).toMatchObject({ texts: [body['text']], permit: 'settled', jobs: 1 });
    expect(String(body['text']).length).toBeGreaterThan(60);
  });

  test('is kept as far as it came when the model breaks off in the middle of the stream', async () => {
    sandbox.faults.next(broken);
    const told = await events();
    expect(told.map(({ event }) => event).at(-1)).toBe('done');
    const words = told.filter(({ event }) => event === 'words').map(({ data }) => data['text']);
    expect(words.join('')).not.toBe('');
    expect(told.at(-1)?.data).toEqual({ id: expect.any(String), text: words.join('') });
    expect(await readKept()).toEqual({
      texts: [words.join('')],
      permit: 'settled',
      paid: 1,
      jobs: 1,
      open: 1,
    });
  });

  test('is a plain failure when the model breaks off before the first word of a stream, and costs nothing', async () => {
    sandbox.faults.next(down);
    const response = await fetch(url, { headers: { accept: 'text/event-stream' } });
    expect([response.status, await response.json()]).toEqual([500, { code: 'provider_rejected' }]);
    expect(await readKept()).toEqual({ texts: [], permit: 'voided', paid: 0, jobs: 0, open: 0 });
  });

  test('is an error at the end of the stream when it could not be kept, and no job goes on with it', async () => {
    rows = () => [statement('insert into prism.turns (account_id) values ($1)', [me.accountId])];
    const told = await events();
    expect(told.at(-1)).toMatchObject({ event: 'error', data: { error: { code: 'internal' } } });
    // The provider was paid, so that the call is; what would have followed gives its money back.
    expect(await readKept()).toEqual({ texts: [], permit: 'settled', paid: 1, jobs: 0, open: 0 });
  });

  test('is made, kept and charged when its reader hangs up', async () => {
    sandbox.setLatency(300);
    const stream = await follow(url, { key: 'none' });
    expect((await stream.next())?.event).toBe('words');
    stream.leave();
    await expect.poll(() => count(me, 'prism.turns')).toBe(1);
    sandbox.setLatency(0);
    expect(await readKept()).toMatchObject({ permit: 'settled', paid: 1, jobs: 1 });
  });
});
