import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance, databaseTime } from '@plinth/testkit/factories';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });
const { db } = app;
let mine: Customer;
beforeAll(async () => {
  mine = await app.customer('gateway.scale');
});

const FEATURE = { product: 'gateway', feature: 'external' };

interface By {
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call with an Idempotency-Key of its own. */
const call = ({ key, headers }: By, name: string, body?: unknown) =>
  app.call(key, name, { body, headers: { 'idempotency-key': randomUUID(), ...headers } });
/** The same for another account. */
const onBehalfOf = ({ key }: By, { accountId }: Customer): By => ({
  key,
  headers: { 'x-account-id': accountId },
});

async function take(by: By, body: object = {}): Promise<string> {
  const { status, body: given } = await call(by, 'POST /v1/permits', { ...FEATURE, ...body });
  expect([status, given]).toMatchObject([201, { status: 'running' }]);
  return String(given['permit_id']);
}

const code = ({ status, body }: Reply) => `${status} ${(body['error'] as { code?: string })?.code}`;
const details = ({ body }: Reply) => (body['error'] as { details?: unknown }).details;
const settle = (by: By, id: string, body: unknown) => call(by, `POST /v1/permits/${id}/settle`, body);
const read = async (by: By, id: string) => (await call(by, `GET /v1/permits/${id}`)).body;
const usage = { model: 'openai/gpt-4o', prompt_tokens: 1_000, completion_tokens: 100 };

async function readUsed(by: By, limit: string): Promise<unknown> {
  const { body } = await call(by, 'GET /v1/usage');
  const rows = body['data'] as { product: string; limit: string; used: number }[];
  return rows.find((row) => row.product === 'gateway' && row.limit === limit)?.used;
}

describe('a permit over HTTP', () => {
  test('is taken, read, extended and settled at what the catalogue says that the call cost', async () => {
    const me = await app.customer('gateway.scale');
    const id = await take(me, { estimate: { ...usage, completion_tokens: 400 }, units: 2, ttl_seconds: 60 });
    expect(await read(me, id)).toMatchObject({ status: 'running', units: 2, reserve_micros: 6_500 });
    expect(await readUsed(me, 'concurrent')).toBe(1);
    const { body: extended } = await call(me, `POST /v1/permits/${id}/extend`, { cost_micros: 9_000 });
    expect(extended).toMatchObject({ permit_id: id, reserve_micros: 9_000 });
    expect(await readUsed(me, 'daily_cost')).toBe(9_000);
    const ended = await settle(me, id, { units: 1, usage: { ...usage, provider_request_id: 'at-theirs' } });
    // 1,000 tokens at $2.50 and 100 at $10 a million.
    expect(ended.body).toEqual({ permit_id: id, status: 'settled', units: 1, cost_micros: 3_500 });
    expect(
      await Promise.all(['calls', 'concurrent', 'daily_cost'].map((limit) => readUsed(me, limit))),
    ).toEqual([1, 0, 3_500]);
    const { body } = await call(me, 'GET /v1/usage');
    expect(body['events']).toMatchObject([
      {
        permit_id: id,
        provider: 'openai',
        model: 'gpt-4o',
        provider_request_id: 'at-theirs',
        status: 'posted',
      },
    ]);
  });

  test('is denied as any governed call is, with headers, details and the plan that would help', async () => {
    const me = await app.customer();
    await take(me);
    await take(me);
    const full = await call(me, 'POST /v1/permits', FEATURE);
    expect(code(full)).toBe('429 limit_exceeded');
    expect(details(full)).toMatchObject({ limit: 'concurrent', used: 2, max: 2, upgrade: 'gateway.scale' });
    expect(full.headers.get('retry-after')).toBe('1');
    expect(full.headers.get('ratelimit')).toBe('"concurrent";r=0;t=1');
    const other = await app.customer();
    const dear = await call(other, 'POST /v1/permits', {
      ...FEATURE,
      estimate: { cost_micros: 600_000 },
    });
    expect(code(dear)).toBe('429 limit_exceeded');
    const budget = { limit: 'daily_cost', needed: 600_000, max: 500_000, upgrade: 'gateway.scale' };
    expect(details(dear)).toMatchObject(budget);
  });

  test('is given once for a key: a repeat gets the same one, in any state, and charges nothing', async () => {
    const me = await app.customer('gateway.scale');
    const once = { ...me, headers: { 'idempotency-key': 'once' } };
    const first = await call(once, 'POST /v1/permits', FEATURE);
    const repeats = await Promise.all(
      Array.from({ length: 4 }, () => call(once, 'POST /v1/permits', FEATURE)),
    );
    await call(me, `POST /v1/permits/${String(first.body['permit_id'])}/release`, {});
    repeats.push(await call(once, 'POST /v1/permits', FEATURE));
    for (const { status, body, headers } of repeats) {
      expect([status, body, headers.get('idempotent-replayed')]).toEqual([201, first.body, 'true']);
    }
    expect(code(await call(once, 'POST /v1/permits', { ...FEATURE, units: 2 }))).toBe(
      '422 idempotency_mismatch',
    );
    expect(await readUsed(me, 'calls')).toBe(0);
  });

  test('asked for with one key by ten at once is one', async () => {
    const me = await app.customer('gateway.scale');
    const once = { ...me, headers: { 'idempotency-key': 'once' } };
    const asked = await Promise.all(
      Array.from({ length: 10 }, () => call(once, 'POST /v1/permits', FEATURE)),
    );
    const given = asked.filter(({ status }) => status === 201).map(({ body }) => body['permit_id']);
    expect(new Set(given).size).toBe(1);
    expect(new Set(asked.filter(({ status }) => status !== 201).map(code))).toSatisfy(
      (codes: Set<string>) =>
        codes.size === 0 || (codes.size === 1 && codes.has('409 idempotency_in_progress')),
    );
    expect(await readUsed(me, 'calls')).toBe(1);
  });

  test('needs an Idempotency-Key', async () => {
    expect(code(await app.call(mine.key, 'POST /v1/permits', { body: FEATURE }))).toBe(
      '400 idempotency_key_required',
    );
  });
});

describe('features', () => {
  test('are open only where their product says so: nobody takes a generation of Reel by hand', async () => {
    for (const named of [
      { product: 'reel', feature: 'generation' },
      { product: 'gateway', feature: 'chat' },
      { product: 'gateway', feature: 'constructor' },
      { product: 'nothing', feature: 'external' },
    ]) {
      expect(code(await call(mine, 'POST /v1/permits', named))).toBe('403 feature_not_open');
      const { body } = await call(mine, 'POST /v1/usage-events', {
        events: [{ id: randomUUID(), ...named }],
      });
      expect(body['data']).toMatchObject([{ status: 'refused', error: { code: 'feature_not_open' } }]);
    }
  });

  test('cost what a model of the catalogue costs: one that it lacks is refused, and charges nothing', async () => {
    const me = await app.customer('gateway.scale');
    const estimate = { model: 'gpt-99', prompt_tokens: 1 };
    expect(code(await call(me, 'POST /v1/permits', { ...FEATURE, estimate }))).toBe('404 model_unknown');
    expect(await readUsed(me, 'calls')).toBe(0);
    const id = await take(me);
    expect(code(await settle(me, id, { usage: { ...usage, model: 'gpt-99' } }))).toBe('404 model_unknown');
    expect(await read(me, id)).toMatchObject({ status: 'running' });
    const said = { usage: { ...usage, model: 'gpt-99', provider: 'theirs' }, cost_micros: 42 };
    expect((await settle(me, id, said)).body).toMatchObject({ status: 'settled', cost_micros: 42 });
  });

  test('whose model is named without its provider are priced where one provider alone has it', async () => {
    const id = await take(mine, { estimate: { model: 'gpt-4o-mini' } });
    expect((await settle(mine, id, { usage: { ...usage, model: 'gpt-4o-mini' } })).body).toMatchObject({
      cost_micros: 210,
    });
  });

  test('reserve what they say, where the caller expects nothing', async () => {
    const id = await take(mine);
    expect(await read(mine, id)).toMatchObject({ reserve_micros: 20_000 });
  });
});

describe('a settlement', () => {
  test('again gets the same answer; with other figures it is told what stands', async () => {
    const id = await take(mine, { units: 3 });
    const end = { units: 2, usage: { ...usage, provider_request_id: 'call-1' } };
    const first = await settle(mine, id, end);
    expect(await Promise.all([settle(mine, id, end), settle(mine, id, {})])).toMatchObject([
      { status: 200, body: first.body },
      { status: 200, body: first.body },
    ]);
    for (const other of [
      { ...end, units: 1 },
      { ...end, usage: { ...usage, provider_request_id: 'call-2' } },
      { cost_micros: 1 },
    ]) {
      const told = await settle(mine, id, other);
      expect(code(told)).toBe('409 permit_settled');
      expect(details(told)).toEqual({ units: 2, cost_micros: 3_500 });
    }
  });

  test('and another one at once: one of them ends it, and the other is told so', async () => {
    const id = await take(mine);
    const both = await Promise.all([11, 22].map((cost) => settle(mine, id, { cost_micros: cost })));
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const won = both.find(({ status }) => status === 200)?.body['cost_micros'];
    expect(await read(mine, id)).toMatchObject({ status: 'settled', cost_micros: won });
  });

  test('of more units than were admitted is refused', async () => {
    const id = await take(mine, { units: 2 });
    expect(code(await settle(mine, id, { units: 3 }))).toBe('400 validation_failed');
  });

  test('after a release, or after it has expired, is 409, and the money is posted all the same', async () => {
    const me = await app.customer('gateway.scale');
    const [released, expired] = [await take(me), await take(me)];
    await call(me, `POST /v1/permits/${released}/release`, { reason: 'no answer' });
    await advance(db, '121 seconds');
    for (const [id, status] of [
      [released, 'voided'],
      [expired, 'expired'],
    ] as const) {
      for (let time = 0; time < 2; time += 1) {
        const late = await settle(me, id, { usage });
        expect(code(late)).toBe('409 permit_stale');
        expect(details(late)).toEqual({ status, cost_micros: 3_500 });
      }
    }
    expect(await readUsed(me, 'daily_cost')).toBe(7_000);
  });

  test('and then a release, and all else of a closed permit, is 409', async () => {
    const id = await take(mine);
    await settle(mine, id, {});
    expect(code(await call(mine, `POST /v1/permits/${id}/release`, {}))).toBe('409 permit_stale');
    expect(code(await call(mine, `POST /v1/permits/${id}/extend`, {}))).toBe('409 permit_stale');
    // Its real cost may still be reported, if it was not yet.
    expect(await read(mine, id)).toMatchObject({ estimated: true, cost_micros: 20_000 });
    expect((await settle(mine, id, { usage })).body).toMatchObject({ cost_micros: 3_500 });
  });
});

describe('another account', () => {
  test('gets 404 for every call on the permit', async () => {
    const id = await take(mine);
    const other = await app.customer('gateway.scale');
    for (const name of [
      `GET /v1/permits/${id}`,
      `POST /v1/permits/${id}/settle`,
      `POST /v1/permits/${id}/release`,
      `POST /v1/permits/${id}/extend`,
    ]) {
      const body = name.startsWith('GET') ? undefined : {};
      expect(code(await call(other, name, body))).toBe('404 not_found');
      expect(code(await call(onBehalfOf(mine, other), name, body))).toBe('404 not_found');
    }
    expect(await read(mine, id)).toMatchObject({ status: 'running' });
  });
});

/** What was done in the name of an account’s owner. */
const auditOf = (accountId: string) =>
  db.asMigrator(
    statement<{ action: string; actor_kind: string; user_id: string }>(
      `select action, actor_kind, user_id from audit.events
       where account_id = $1 and action in ('permit.taken', 'usage.reported') order by id`,
      [accountId],
    ),
  );

describe('a backend of the operator', () => {
  test('takes permits of any account, in its owner’s name, and it is audited there', async () => {
    const admin = await app.admin();
    const customer = await app.customer('gateway.scale');
    const there = onBehalfOf(admin, customer);
    const id = await take(there);
    expect(await readUsed(customer, 'concurrent')).toBe(1);
    expect((await settle(there, id, { usage })).body).toMatchObject({ cost_micros: 3_500 });
    expect(await readUsed(customer, 'daily_cost')).toBe(3_500);
    const events = [{ id: randomUUID(), ...FEATURE, cost_micros: 500 }];
    await call(there, 'POST /v1/usage-events', { events });
    expect(await readUsed(customer, 'daily_cost')).toBe(4_000);
    const by = { actor_kind: 'key', user_id: admin.userId };
    expect(await auditOf(customer.accountId)).toEqual([
      { action: 'permit.taken', ...by },
      { action: 'usage.reported', ...by },
    ]);
    const [row] = await db.asMigrator(
      statement<{ user_id: string; key_id: string | null }>(
        'select user_id, key_id from limits.permits where id = $1',
        [id],
      ),
    );
    expect(row).toEqual({ user_id: customer.userId, key_id: null });
  });

  test('has permits of its own: the customer can neither see nor release what is done for them', async () => {
    const admin = await app.admin();
    const customer = await app.customer('gateway.scale');
    const id = await take(onBehalfOf(admin, customer));
    expect(code(await call(customer, `POST /v1/permits/${id}/release`, {}))).toBe('404 not_found');
    expect(code(await call(customer, `GET /v1/permits/${id}`))).toBe('404 not_found');
    const own = await take(customer);
    expect(code(await settle(onBehalfOf(admin, customer), own, {}))).toBe('404 not_found');
  });

  test('has Idempotency-Keys of its own: nobody who guesses one delegates it a permit of theirs', async () => {
    const customer = await app.customer('gateway.scale');
    const served = onBehalfOf(await app.admin(), customer);
    const guessed = { 'idempotency-key': 'summary-17' };
    const theirs = await take({ ...customer, headers: guessed });
    const id = await take({ ...served, headers: { ...served.headers, ...guessed } });
    expect(id).not.toBe(theirs);
    expect((await settle(served, id, { cost_micros: 5 })).body).toMatchObject({ status: 'settled' });
  });

  test('is a platform admin’s key: no other key calls for an account that is not its own', async () => {
    const customer = await app.customer('gateway.scale');
    const admin = await app.admin();
    expect(code(await call(onBehalfOf(mine, customer), 'POST /v1/permits', FEATURE))).toBe('404 not_found');
    // And nothing else than what says so.
    expect(code(await call(onBehalfOf(admin, customer), 'GET /v1/jobs'))).toBe('404 not_found');
    expect(
      code(await call({ ...admin, headers: { 'x-account-id': randomUUID() } }, 'POST /v1/permits', FEATURE)),
    ).toBe('404 not_found');
    expect(await readUsed(customer, 'calls')).toBe(0);
  });

  test('is refused for an account that is suspended', async () => {
    const customer = await app.customer('gateway.scale');
    await db.asMigrator(
      statement(`update accounts.accounts set status = 'suspended' where account_id = $1`, [
        customer.accountId,
      ]),
    );
    const admin = await app.admin();
    expect(code(await call(onBehalfOf(admin, customer), 'POST /v1/permits', FEATURE))).toBe('403 forbidden');
  });
});

describe('usage that was metered elsewhere', () => {
  test('is written down event by event: one that is refused holds up no other', async () => {
    const me = await app.customer('gateway.scale');
    const [posted, unknown, free] = [randomUUID(), randomUUID(), randomUUID()];
    const events = [
      { id: posted, ...FEATURE, usage, at: (await databaseTime(app.db)).toISOString() },
      { id: unknown, ...FEATURE, usage: { ...usage, model: 'gpt-99' } },
      { id: posted, ...FEATURE, usage },
      { id: free, ...FEATURE, units: 4 },
    ];
    const answers = async () => {
      const { body } = await call(me, 'POST /v1/usage-events', { events });
      const data = body['data'] as { id: string; status: string; error?: { code: string } }[];
      return data.map(
        ({ id, status, error }) => `${events.findIndex((one) => one.id === id)} ${error?.code ?? status}`,
      );
    };
    expect(await answers()).toEqual(['0 posted', '1 model_unknown', '0 duplicate', '3 posted']);
    expect(await answers()).toEqual(['0 duplicate', '1 model_unknown', '0 duplicate', '3 duplicate']);
    expect(await readUsed(me, 'calls')).toBe(5);
    expect(await readUsed(me, 'daily_cost')).toBe(3_500);
  });

  test('under an id that was reported of something else is refused', async () => {
    const event = { id: randomUUID(), ...FEATURE, cost_micros: 5 };
    await call(mine, 'POST /v1/usage-events', { events: [event] });
    const { body } = await call(mine, 'POST /v1/usage-events', {
      events: [{ ...event, cost_micros: 6 }],
    });
    expect(body['data']).toMatchObject([{ status: 'refused', error: { code: 'conflict' } }]);
  });

  test('has the reported time, in any offset, within the accepted range', async () => {
    const me = await app.customer('gateway.scale');
    const times = ['0000-01-01T00:00:00Z', '2026-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59'];
    const events = times.map((at) => ({ id: randomUUID(), ...FEATURE, at }));
    const { body } = await call(me, 'POST /v1/usage-events', { events });
    expect(body['data']).toMatchObject([{ status: 'posted' }, { status: 'posted' }, { status: 'posted' }]);
    expect(await readUsed(me, 'calls')).toBe(1);
  });

  test('closes the limit that it passes for the next permit', async () => {
    const me = await app.customer();
    const events = [{ id: randomUUID(), ...FEATURE, units: 1_500 }];
    expect((await call(me, 'POST /v1/usage-events', { events })).status).toBe(200);
    expect(details(await call(me, 'POST /v1/permits', FEATURE))).toMatchObject({
      limit: 'calls',
      used: 1_500,
      max: 1_000,
    });
  });
});
