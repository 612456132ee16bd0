import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Statement, statement } from '#platform/db';
import { PLATFORM_ACCOUNT } from '#platform/jobs';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { isShort } from '@plinth/testkit/thorough';
import { isRecord, send } from '@plinth/testkit/walkers/calls';
import { chanceFrom } from '@plinth/testkit/walkers/hostile/chance';
import { bytesOf, FRAMINGS } from '@plinth/testkit/walkers/hostile/framing';
import { type Operation, operationsOf } from '@plinth/testkit/walkers/hostile/operations';
import { type HostileRequest, hostileRequests } from '@plinth/testkit/walkers/hostile/requests';
import { closeConnections, faultOf, sendBytes } from '@plinth/testkit/walkers/hostile/send-hostile';
import { sendAll, stateOf } from '@plinth/testkit/walkers/hostile/send-all';
import { NASTY } from '@plinth/testkit/walkers/hostile/values';
import { worstBodies, worstFrames } from '@plinth/testkit/walkers/hostile/worst-bodies';
import { standStill } from '@plinth/testkit/walkers/isolation/while-still';
import { makeDataKey } from './organization.ts';
import { makePerson, type Person } from '@plinth/testkit/walkers/people';
import { walkedApp } from './household.ts';
import type { OpenApi } from '@plinth/testkit/walkers/rules/rule';

const HOW_MANY = isShort ? 800 : 2_000;

const seed = z.coerce
  .number()
  .int()
  .default(randomInt(2 ** 31))
  .parse(process.env['HOSTILE_SEED']);
const app = await walkedApp({ work: true });
const [owner, admin] = [await makePerson(app, { company: true }), await makePerson(app, { role: 'admin' })];
// The first reading of the signed list makes the key that signs it.
await fetch(`${app.url}/v1/plugins/revoked`);
const operations = await readOperations();
afterAll(closeConnections);

/** The calls of the document as it is served: what an attacker would start from. */
async function readOperations(): Promise<Operation[]> {
  const response = await fetch(`${app.url}/openapi.json`);
  return operationsOf((await response.json()) as OpenApi);
}

/** What the database held when it was last looked at. */
let known: Record<string, string> = {};

/** Has the database's time stand still while nothing may change: every five minutes a schedule clears away old guesses. */
async function stopChanging(): Promise<() => Promise<void>> {
  await untilNone(UNDER_WAY);
  const goOn = await standStill(app.db);
  await untilNone(SCHEDULED);
  known = await stateOf(app);
  return goOn;
}

/** Does what may change nothing. */
async function expectUnchanged(work: () => Promise<void>): Promise<void> {
  const before = known;
  await work();
  known = await stateOf(app);
  expect(known).toEqual(before);
}

/** What a purchase has under way: a licence's first mail takes an RSA key, which takes seconds. */
const UNDER_WAY = statement<{ left: number }>(
  `select (select count(*) from jobs.jobs where state in ('ready', 'delayed', 'running') and account_id <> $1)::integer
     + (select count(*) from mail.messages where status in ('asked', 'waiting'))::integer as left`,
  [PLATFORM_ACCOUNT],
);

/** What the clock began just before it stood still: a job of a schedule that runs now changes rows of its own. */
const SCHEDULED = statement<{ left: number }>(
  `select (select count(*) from jobs.schedules where next_at <= app.now())::integer
     + (select count(*) from jobs.jobs where account_id = $1 and state in ('ready', 'delayed', 'running')
        and run_at <= app.now())::integer as left`,
  [PLATFORM_ACCOUNT],
);

async function untilNone(left: Statement<{ left: number }>): Promise<void> {
  await vi.waitFor(async () => expect(await app.db.asMigrator(left)).toEqual([{ left: 0 }]), {
    timeout: 120_000,
    interval: 20,
  });
}

/** Asks for a post, and waits until it is written: nothing is under way afterwards. */
async function goodCreate(by: Person): Promise<unknown> {
  const [create] = app.app.server.routes.filter(({ name }) => name === 'POST /v1/create');
  if (create === undefined) throw new Error('there is no call to be good with');
  const { status, json } = await send(app.url, create, { as: by.key });
  expect(status).toBe(202);
  const url = isRecord(json) ? String(json['status_url']) : '';
  const { body } = await app.call(by.key, `GET ${url}?wait=20`);
  return body['status'];
}

function bearerOf({ as }: HostileRequest): string {
  return as === 'admin' ? admin.token : as === 'key' ? owner.key : owner.token;
}

describe(`hostile requests (HOSTILE_SEED=${seed})`, () => {
  beforeAll(async () => {
    expect(await goodCreate(owner)).toBe('completed');
    // A key that is made at its first use, by any caller.
    for (const accountId of new Set([owner.accountId, owner.own])) await makeDataKey(app, accountId);
    return stopChanging();
  });

  test(`${HOW_MANY} of them and more, from the OpenAPI document: none fails, each is answered in form, and nothing changes`, () =>
    expectUnchanged(async () => {
      const requests = hostileRequests(operations, chanceFrom(seed), HOW_MANY);
      const { faults, statuses } = await sendAll(app, requests, bearerOf);
      const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
      process.stdout.write(`${requests.length} hostile requests, seed ${seed}: ${counts.join(', ')}\n`);
      expect(faults).toEqual([]);
    }));

  test('of each route the worst bodies that it takes, and one that is larger: refused in form, free of charge', () =>
    expectUnchanged(async () => {
      const { routes } = app.app.server;
      expect((await sendAll(app, [...worstBodies(routes), ...worstFrames(routes)], bearerOf)).faults).toEqual(
        [],
      );
    }));

  test.each(FRAMINGS)('%s: it is answered in form, and nothing hidden in it is carried out', (_what, text) =>
    expectUnchanged(async () => {
      const heard = await sendBytes(app.url, bytesOf(text, owner.token));
      expect(heard.map((one) => faultOf(one, 'GET')).filter((fault) => fault !== undefined)).toEqual([]);
    }),
  );
});

describe('after hostile requests', () => {
  test('the server serves on, and so do those who were attacked with', async () => {
    await forgetRates(app);
    expect(await goodCreate(owner)).toBe('completed');
    expect((await app.call(owner.token, 'GET /v1/me')).status).toBe(200);
    expect((await app.call(admin.token, 'GET /v1/me')).status).toBe(200);
  });
});

/** Odd text is text like any other. */
const ODD = NASTY.filter((text) => !text.includes('\0') && text.trim() !== '' && text.length <= 200);

test.each(ODD)('the text %j is kept as it is', async (text) => {
  await forgetRates(app);
  const sent = { body: { full_name: text } };
  expect((await app.call(owner.token, 'PATCH /v1/me', sent)).status).toBe(200);
  const { body } = await app.call(owner.token, 'GET /v1/me');
  expect(body['full_name']).toBe(text.trim());
});

describe('hostile requests are noticed', () => {
  test('a request that goes through changes the digest', async () => {
    const before = await stateOf(app);
    await goodCreate(owner);
    expect(await stateOf(app)).not.toEqual(before);
  });

  test.each([
    [{ status: 500, requestId: 'a', text: '' }],
    [{ status: 400, requestId: undefined, text: '' }],
    [{ status: 400, requestId: 'a', text: 'Bad Request' }],
    [{ status: 400, requestId: 'a', text: '{"error":{"code":"oops","message":"","request_id":"a"}}' }],
    [{ status: 404, requestId: 'a', text: '{"error":{"code":"not_found","message":"","request_id":"b"}}' }],
  ])('the answer %o is a fault', (heard) => {
    expect(faultOf(heard, 'GET')).toBeDefined();
  });
});
