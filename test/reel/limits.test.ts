import { describe, expect, it } from 'vitest';
import { statement } from '#platform/db';
import { type Customer, testApp } from '../services/app.ts';
import { advance } from '#test/factories';

const { call, customer, db, sandbox } = await testApp();

function create(by: Customer, key: string, more: object = {}) {
  return call(by.key, 'POST /v1/create', {
    headers: { 'idempotency-key': key },
    body: { platform: 'linkedin', topic: 'Why small teams ship faster', ...more },
  });
}

async function finished(by: Customer, id: unknown) {
  const { body } = await call(by.key, `GET /v1/generations/${String(id)}?wait=20`);
  return body;
}

async function count(sql: string, by: Customer): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>(`select count(*) as n from ${sql}`, [by.accountId]),
  );
  return row?.n ?? -1;
}

async function used(by: Customer): Promise<Record<string, number>> {
  const { body } = await call(by.key, 'GET /v1/usage');
  const limits = body['data'] as { product: string; limit: string; used: number }[];
  return Object.fromEntries(
    limits.filter(({ product }) => product === 'reel').map((one) => [one.limit, one.used]),
  );
}

describe('POST /v1/create', () => {
  it('answers at once, and the variants come with a ledger row that agrees with the provider’s bill', async () => {
    const by = await customer('reel.pro');
    const accepted = await create(by, 'one', { variants: 3 });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe(accepted.body['status_url']);
    const generation = await finished(by, accepted.body['generation_id']);
    expect(generation).toMatchObject({ status: 'completed', platform: 'linkedin' });
    expect(generation['variants']).toHaveLength(3);
    const { body } = await call(by.key, 'GET /v1/usage');
    const [event] = body['events'] as Record<string, unknown>[];
    const billed = sandbox.bill().find(({ request_id }) => request_id === event?.['provider_request_id']);
    expect(event).toMatchObject({
      status: 'posted',
      estimated: false,
      prompt_tokens: billed?.prompt_tokens,
      completion_tokens: billed?.completion_tokens,
      request_id: accepted.headers.get('x-request-id'),
    });
    expect(billed?.client_request_id).toBe(accepted.headers.get('x-request-id'));
  });

  it('the same Idempotency-Key from 20 callers at once gives one generation, one permit and one bill', async () => {
    const by = await customer('reel.pro');
    const before = sandbox.bill().length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(by, 'same')));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThanOrEqual(1);
    expect(new Set(accepted.map(({ body }) => body['generation_id'])).size).toBe(1);
    expect(
      answers
        .filter(({ status }) => status !== 202)
        .every(
          ({ status, body }) =>
            status === 409 && (body['error'] as { code: string }).code === 'idempotency_in_progress',
        ),
    ).toBe(true);
    await finished(by, accepted[0]?.body['generation_id']);
    expect(await count('reel.generations where account_id = $1', by)).toBe(1);
    expect(await count('limits.permits where account_id = $1', by)).toBe(1);
    expect(sandbox.bill().length - before).toBe(1);
    expect(await used(by)).toMatchObject({ generations: 1, hourly: 1, concurrent: 0 });
    const replay = await create(by, 'same');
    expect(replay.status).toBe(202);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(replay.body['generation_id']).toBe(accepted[0]?.body['generation_id']);
  });

  it('the same key with another body is refused, and charges nothing', async () => {
    const by = await customer('reel.pro');
    await create(by, 'k');
    const other = await create(by, 'k', { variants: 2 });
    expect(other.status).toBe(422);
    expect(await used(by)).toMatchObject({ generations: 1 });
  });

  it('50 creates at once on basic never run two at once, and each denial names its limit and when it resets', async () => {
    const by = await customer('reel.basic');
    sandbox.faults.always({ kind: 'latency', ms: 20 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => create(by, `at once ${n}`.replaceAll(' ', '-'))),
    );
    sandbox.faults.clear();
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThanOrEqual(1);
    for (const { status, headers, body } of answers.filter((answer) => answer.status !== 202)) {
      expect(status).toBe(429);
      const { code, details } = body['error'] as { code: string; details: Record<string, unknown> };
      expect(code).toBe('limit_exceeded');
      expect(details).toMatchObject({ limit: 'concurrent', used: 1, max: 1, upgrade: 'reel.standard' });
      expect(Date.parse(String(details['resets_at']))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    for (const { body } of accepted) await finished(by, body['generation_id']);
    // A place is taken from admission to settlement: no two of them overlap.
    const overlaps = `limits.permits a join limits.permits b on b.account_id = a.account_id and b.id > a.id
      and b.created_at < a.updated_at and a.created_at < b.updated_at where a.account_id = $1`;
    expect(await count(overlaps, by)).toBe(0);
    expect(await used(by)).toMatchObject({
      generations: accepted.length,
      hourly: accepted.length,
      concurrent: 0,
    });
    const next = await create(by, 'after');
    expect(next.status).toBe(202);
    await finished(by, next.body['generation_id']);
  });

  it('a denial charges nothing: no window, no permit, no event, no key', async () => {
    const by = await customer('reel.basic');
    for (let n = 0; n < 10; n += 1) await finished(by, (await create(by, `n${n}`)).body['generation_id']);
    const before = await used(by);
    const spent = await count('limits.usage_events where account_id = $1', by);
    const denied = await create(by, 'too-many');
    expect(denied.body['error']).toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'hourly', used: 10, max: 10 },
    });
    expect(await used(by)).toEqual(before);
    expect(await count('limits.usage_events where account_id = $1', by)).toBe(spent);
    expect(await count(`idempotency.keys where account_id = $1 and state = 'running'`, by)).toBe(0);
    await advance(db, '1 hour');
    expect((await create(by, 'too-many')).status).toBe(202);
  });

  it('without a plan, or with more variants than the plan has, 402 names the plan that would do', async () => {
    const none = await customer();
    expect((await create(none, 'a')).body['error']).toMatchObject({
      code: 'plan_required',
      details: { upgrade: 'reel.basic' },
    });
    const basic = await customer('reel.basic');
    const refused = await create(basic, 'b', { variants: 3 });
    expect(refused.status).toBe(402);
    expect(refused.body['error']).toMatchObject({
      details: { grant: 'variants', needed: 3, upgrade: 'reel.standard' },
    });
    expect(await used(basic)).toMatchObject({ generations: 0 });
  });

  it('a boost lifts at once, and falls back at its instant while creates run', async () => {
    const by = await customer('reel.basic', 'reel.pro_boost');
    sandbox.faults.always({ kind: 'latency', ms: 50 });
    const boosted = await Promise.all([1, 2, 3].map((n) => create(by, `boosted-${n}`, { variants: 5 })));
    expect(boosted.map(({ status }) => status)).toEqual([202, 202, 202]);
    await advance(db, '31 days');
    const after = await create(by, 'after', { variants: 5 });
    expect(after.status).toBe(402);
    const generations = await Promise.all(boosted.map(({ body }) => finished(by, body['generation_id'])));
    sandbox.faults.clear();
    expect(generations.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect((await create(by, 'plain')).status).toBe(202);
  });

  it('a failed generation says why, gives the quota back and keeps the burst', async () => {
    const by = await customer('reel.basic');
    sandbox.faults.always({ kind: 'status', status: 400 });
    const { body } = await create(by, 'fails');
    const generation = await finished(by, body['generation_id']);
    sandbox.faults.clear();
    expect(generation).toMatchObject({
      status: 'failed',
      error: { code: 'provider_rejected' },
      variants: [],
    });
    expect(await used(by)).toMatchObject({ generations: 0, hourly: 1, concurrent: 0, daily_cost: 0 });
  });

  it('another account’s generation is not found', async () => {
    const [mine, theirs] = [await customer('reel.pro'), await customer('reel.pro')];
    const { body } = await create(mine, 'mine');
    expect((await call(theirs.key, `GET /v1/generations/${String(body['generation_id'])}`)).status).toBe(404);
  });
});
