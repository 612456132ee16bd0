import { describe, expect, it } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf, waitFor } from '@plinth/testkit/fixtures/calls';
import { advance, advanceTo } from '@plinth/testkit/factories';
import type { Reply } from '@plinth/testkit/services/app';
import { type Creator, type Generation, reelFixture } from './fixture.ts';

const { admin, call, count, creator, db, sandbox } = await reelFixture();
// No window of a limit ends by itself while these tests run.
await advanceTo(db, '2031-01-15T12:10:00Z');

/** The generations that these answers promised, ended. */
function waitForAll(by: Creator, answers: readonly Reply[]): Promise<Generation[]> {
  return Promise.all(answers.map(({ body }) => by.ended(String(body['generation_id']))));
}

describe('POST /v1/create', () => {
  it('answers at once, and the variants come with a ledger row that agrees with the provider’s bill', async () => {
    const by = await creator('reel.pro');
    const accepted = await by.create({ variants: 3 });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe(accepted.body['status_url']);
    const [generation] = await waitForAll(by, [accepted]);
    expect(generation).toMatchObject({ status: 'completed', platform: 'linkedin', mode: 'create' });
    expect(generation?.progress).toEqual({ done: 3, total: 3 });
    expect(generation?.variants).toHaveLength(3);
    const { body } = await call(by.by.key, 'GET /v1/usage');
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
    const by = await creator('reel.pro');
    const before = sandbox.bill().length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => by.create({}, 'same')));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThanOrEqual(1);
    expect(new Set(accepted.map(({ body }) => body['generation_id'])).size).toBe(1);
    for (const other of answers.filter(({ status }) => status !== 202)) {
      expect(refusalOf(other)).toMatchObject({ status: 409, code: 'idempotency_in_progress' });
    }
    await waitForAll(by, accepted.slice(0, 1));
    expect(await count(by.by, 'reel.generations')).toBe(1);
    expect(await count(by.by, 'limits.permits')).toBe(1);
    expect(sandbox.bill().length - before).toBe(1);
    expect(await by.used()).toMatchObject({ generations: 1, hourly: 1, concurrent: 0 });
    const replay = await by.create({}, 'same');
    expect(replay.status).toBe(202);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(replay.body['generation_id']).toBe(accepted[0]?.body['generation_id']);
  });

  it('the same key with another body is refused, and charges nothing', async () => {
    const by = await creator('reel.pro');
    await by.create({}, 'k');
    expect((await by.create({ variants: 2 }, 'k')).status).toBe(422);
    expect(await by.used()).toMatchObject({ generations: 1 });
  });

  it('50 creates at once on basic never run two at once, and each denial names its limit and when it resets', async () => {
    const by = await creator('reel.basic');
    sandbox.faults.always({ kind: 'latency', ms: 20 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => by.create()));
    sandbox.faults.clear();
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThanOrEqual(1);
    for (const denied of answers.filter(({ status }) => status !== 202)) {
      const { details, ...refusal } = refusalOf(denied);
      expect(refusal).toEqual({ status: 429, code: 'limit_exceeded' });
      expect(details).toMatchObject({ limit: 'concurrent', used: 1, max: 1, upgrade: 'reel.standard' });
      expect(Date.parse(String(details['resets_at']))).toBeGreaterThan(0);
      expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    await waitForAll(by, accepted);
    // A place is taken from admission to settlement: no two of them overlap.
    const overlaps = `exists (select from limits.permits b where b.account_id = p.account_id and b.id > p.id
      and b.created_at < p.updated_at and p.created_at < b.updated_at)`;
    expect(await count(by.by, 'limits.permits p', overlaps)).toBe(0);
    expect(await by.used()).toMatchObject({
      generations: accepted.length,
      hourly: accepted.length,
      concurrent: 0,
    });
    const next = await by.create();
    expect(next.status).toBe(202);
    await waitForAll(by, [next]);
  });

  it('a denial charges nothing: no window, no permit, no event, no key', async () => {
    const by = await creator('reel.basic');
    for (let n = 0; n < 10; n += 1) await waitForAll(by, [await by.create()]);
    const before = await by.used();
    const spent = await count(by.by, 'limits.usage_events');
    const denied = await by.create({}, 'too-many');
    expect(refusalOf(denied)).toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'hourly', used: 10, max: 10 },
    });
    expect(await by.used()).toEqual(before);
    expect(await count(by.by, 'limits.usage_events')).toBe(spent);
    expect(await count(by.by, 'idempotency.keys', `state = 'running'`)).toBe(0);
    await advance(db, '1 hour');
    // A denial is cached for a moment, so that a caller who hammers a closed limit reaches no database.
    await waitFor(async () => (await by.create({}, 'too-many')).status === 202);
  });

  it('without a plan, or with more variants than the plan has, 402 names the plan that would do', async () => {
    const none = await creator();
    expect(refusalOf(await none.create())).toMatchObject({
      code: 'plan_required',
      details: { upgrade: 'reel.basic' },
    });
    const basic = await creator('reel.basic');
    expect(refusalOf(await basic.create({ variants: 3 }))).toMatchObject({
      status: 402,
      details: { grant: 'variants', needed: 3, upgrade: 'reel.standard' },
    });
    expect(await basic.used()).toMatchObject({ generations: 0 });
  });

  it('a failed generation says why, gives the quota back and keeps the burst', async () => {
    const by = await creator('reel.basic');
    sandbox.faults.next({ kind: 'status', status: 400 });
    const [generation] = await waitForAll(by, [await by.create()]);
    expect(generation).toMatchObject({
      status: 'failed',
      error: { code: 'provider_rejected' },
      variants: [],
    });
    expect(await by.used()).toMatchObject({ generations: 0, hourly: 1, concurrent: 0, daily_cost: 0 });
  });

  it('another account’s generation is not found', async () => {
    const [mine, theirs] = [await creator('reel.pro'), await creator('reel.pro')];
    const id = await mine.asked();
    expect((await call(theirs.by.key, `GET /v1/generations/${id}`)).status).toBe(404);
  });
});

/** Makes a window of the account as full as that. */
async function fill({ by }: Creator, limit: string, used: number): Promise<void> {
  await db.asMigrator(
    statement(
      `update limits.meters set used[array_position(names, $2)] = $3 where account_id = $1 and scope = 'reel'`,
      [by.accountId, limit, used],
    ),
  );
}

describe('each limit denies by its own name, and says when it resets', () => {
  const month = /-01T00:00:00/;
  it.each([
    ['generations', { plan: 'reel.basic', used: 60, max: 60, resets: month }],
    ['hourly', { plan: 'reel.basic', used: 10, max: 10, resets: /:00:00/ }],
    ['daily_cost', { plan: 'reel.basic', used: 500_000, max: 500_000, resets: /T00:00:00/ }],
  ])('%s, of a create', async (limit, { plan, used, max, resets }) => {
    const by = await creator(plan);
    await by.ended(await by.asked());
    await fill(by, limit, used);
    const { status, details } = refusalOf(await by.create());
    expect(status).toBe(429);
    expect(details).toMatchObject({ limit, used, max, resets_at: expect.stringMatching(resets) });
  });

  it('full_regenerations, of a regeneration, which is no creation’s limit', async () => {
    const by = await creator('reel.standard');
    const { draft_id } = await by.draft();
    await by.ended(await by.started({ draft_id, mode: 'full' }));
    await fill(by, 'full_regenerations', 20);
    await advance(db, '20 seconds');
    const { status, details } = refusalOf(await by.regenerate({ draft_id, mode: 'full' }));
    expect(status).toBe(429);
    expect(details).toMatchObject({ limit: 'full_regenerations', used: 20, max: 20, upgrade: 'reel.pro' });
    expect(details['resets_at']).toMatch(month);
    expect((await by.create()).status).toBe(202);
  });

  it('regenerate_cooldown, of one draft alone, for twenty seconds', async () => {
    const by = await creator('reel.standard');
    const [one, other] = [await by.draft(), await by.draft()];
    const again = { draft_id: one.draft_id, mode: 'targeted', target: 'cta' };
    await by.ended(await by.started(again));
    const denied = await by.regenerate(again);
    const { status, details } = refusalOf(denied);
    expect([status, details['limit']]).toEqual([429, 'regenerate_cooldown']);
    // A plan with more of it would have her wait longer.
    expect(details['upgrade']).toBeNull();
    expect(Date.parse(String(details['resets_at']))).toBeGreaterThan(0);
    expect(Number(denied.headers.get('retry-after'))).toBeLessThanOrEqual(20);
    expect((await by.regenerate({ ...again, draft_id: other.draft_id })).status).toBe(202);
    await advance(db, '20 seconds');
    expect((await by.regenerate(again)).status).toBe(202);
  });
});

interface HeldPlan {
  readonly product: string;
  readonly plan: string;
  readonly add_ons: readonly { readonly expires_at: string }[];
}

describe('a Pro Boost', () => {
  it('a boost lifts at once, and falls back at its instant while creates run', async () => {
    const by = await creator('reel.basic', 'reel.pro_boost');
    sandbox.faults.always({ kind: 'latency', ms: 50 });
    const boosted = await Promise.all([1, 2, 3].map(() => by.create({ variants: 5 })));
    expect(boosted.map(({ status }) => status)).toEqual([202, 202, 202]);
    await advance(db, '31 days');
    const after = await by.create({ variants: 5 });
    expect(after.status).toBe(402);
    const generations = await waitForAll(by, boosted);
    sandbox.faults.clear();
    expect(generations.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect((await by.create()).status).toBe(202);
  });

  it('given twice lasts twice as long, and ends at its instant', async () => {
    const [by, giver] = [await creator('reel.basic'), await admin()];
    const body = { account_id: by.by.accountId, product: 'reel', add_on: 'pro_boost' };
    const ends = async () => {
      expect((await call(giver.key, 'POST /v1/admin/grants', { body })).status).toBe(201);
      const { body: held } = await call(by.by.key, 'GET /v1/billing/entitlements');
      const reel = (held['data'] as HeldPlan[]).find(({ product }) => product === 'reel');
      expect(reel?.plan).toBe('reel.pro');
      return Date.parse(reel?.add_ons[0]?.expires_at ?? '');
    };
    const [first, second] = [await ends(), await ends()];
    expect(second - first).toBe(30 * 86_400_000);
    await advanceTo(db, new Date(second - 1_000).toISOString());
    const last = await by.create({ variants: 5 });
    expect(last.status).toBe(202);
    await advanceTo(db, new Date(second).toISOString());
    expect(refusalOf(await by.create({ variants: 5 }))).toMatchObject({
      status: 402,
      details: { plan: 'reel.basic', grant: 'variants' },
    });
    // Work that was taken on while it lasted is still done.
    expect(await waitForAll(by, [last])).toMatchObject([{ status: 'completed', progress: { done: 5 } }]);
  });
});
