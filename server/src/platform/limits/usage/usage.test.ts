import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { UNLIMITED } from '#platform/entitlements';
import { advanceTo, makeAccount, makeGrant, makeMember } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  limitsCatalogue,
  openLimits,
  openNode,
  plannedCall,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import type { UsageEventFilter } from './usage.ts';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    daily: { kind: 'quota', per: 'day', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    pause: { kind: 'cooldown', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    each: { kind: 'concurrency', by: 'member' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: UNLIMITED, daily: 10, hourly: 9, pause: 0, at_once: 5, each: 4, cost: 1_000 } },
});

describe('what is used', () => {
  test('is said of each limit of the account, with when it is new', async () => {
    await advanceTo(db, '2028-02-29T22:30:00Z');
    const member = await fixture.member();
    const other = await makeMember(db, member.accountId);
    const permit = permitOf(await fixture.admit(member, { reserve: 100, units: 3 }));
    permitOf(await fixture.admit(other, { reserve: 50 }));
    await permit.send(plannedCall(100));
    permit.served(figures(20));
    await permit.settle();
    const base = { product: 'demo' };
    expect(await fixture.limits.usage(member.accountId)).toEqual([
      {
        ...base,
        limit: 'monthly',
        kind: 'quota',
        used: 4,
        max: UNLIMITED,
        resetsAt: '2028-03-01T00:00:00.000Z',
      },
      { ...base, limit: 'daily', kind: 'quota', used: 4, max: 10, resetsAt: '2028-03-01T00:00:00.000Z' },
      { ...base, limit: 'hourly', kind: 'burst', used: 4, max: 9, resetsAt: '2028-02-29T23:00:00.000Z' },
      { ...base, limit: 'at_once', kind: 'concurrency', used: 1, max: 5, resetsAt: null },
      { ...base, limit: 'cost', kind: 'budget', used: 70, max: 1_000, resetsAt: '2028-03-01T00:00:00.000Z' },
    ]);
  });

  test('of a window that has passed is nothing', async () => {
    await advanceTo(db, '2028-04-30T23:30:00Z');
    const member = await fixture.member();
    await permitOf(await fixture.admit(member, { reserve: 100 })).settle();
    await advanceTo(db, '2028-05-01T00:00:00Z');
    const used = await fixture.limits.usage(member.accountId);
    expect(used.map((one) => one.used)).toEqual([0, 0, 0, 0, 0]);
  });

  test('is said of the products that the account has a plan in, and of none other', async () => {
    const catalogue = limitsCatalogue({
      product: 'sample',
      limits: { samples: { kind: 'quota', per: 'week', by: 'account' } },
      plans: { only: { samples: 3 } },
    });
    const node = await openNode(db, [fixture.catalogue, catalogue]);
    const member = await makeAccount(db);
    expect(await node.limits.usage(member.accountId)).toEqual([]);
    await makeGrant(db, member.accountId, { catalogue, plan: 'only' });
    expect(await node.limits.usage(member.accountId)).toMatchObject([
      { product: 'sample', limit: 'samples', used: 0 },
    ]);
  });
});

describe('the ledger', () => {
  test('is paged from the newest back: no row twice, none left out, also where one instant has many', async () => {
    const book = await openLimits(db, {
      product: 'book',
      limits: { uses: { kind: 'quota', per: 'day', by: 'account' } },
      plans: { only: { uses: 100 } },
    });
    const [member, other] = [await book.member(), await book.member()];
    await Promise.all([...Array.from({ length: 25 }, () => book.admit(member)), book.admit(other)]);
    const seen: string[] = [];
    for (let before: string | undefined; ; before = seen.at(-1)) {
      const { rows, next } = await book.limits.usageEvents(member.accountId, { limit: 10, before });
      seen.push(...rows.map(({ id }) => id));
      expect(next).toBe(rows.length === 10 ? seen.at(-1) : undefined);
      if (next === undefined) break;
    }
    expect(new Set(seen).size).toBe(25);
    expect(seen).toEqual([...seen].sort().toReversed());
  });

  test('says of each call what it was and what it cost, and what corrects what', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100, requestId: 'r-1' }));
    permit.walked([0.06, 0.21, 1.5]);
    await permit.send(plannedCall(100));
    permit.served(figures(20));
    await permit.settle();
    const { rows } = await fixture.limits.usageEvents(member.accountId, { limit: 10 });
    expect(rows).toMatchObject([
      {
        permit_id: permit.id,
        product: 'demo',
        feature: 'use',
        provider: 'sandbox',
        model: 'small',
        provider_request_id: 'at-theirs',
        prompt_tokens: 10,
        cached_tokens: 4,
        completion_tokens: 20,
        reasoning_tokens: 5,
        cost_micros: 20,
        price_version: '2026-11-20',
        status: 'posted',
        estimated: false,
        corrects: null,
        request_id: 'r-1',
        steps: [60, 210, 1_500, expect.any(Number), expect.any(Number)],
      },
    ]);
  });

  test('says how long the steps of each call took, whichever way it ends', async () => {
    const member = await fixture.member();
    const admit = async () => permitOf(await fixture.admit(member, { reserve: 100 }));
    // Together in one batch; with a call before it; failed; and never dispatched.
    const several = await Promise.all([admit(), admit()]);
    for (const permit of several) {
      await permit.send(plannedCall(100));
      permit.served(figures(20));
    }
    await Promise.all(several.map((permit) => permit.settle()));
    const again = await admit();
    await again.send(plannedCall(40));
    again.notServed();
    await again.send(plannedCall(40));
    again.served(figures(20));
    await again.settle();
    await (await admit()).release('not wanted');
    const { rows } = await fixture.limits.usageEvents(member.accountId, { limit: 10 });
    const times = [null, null, null, expect.any(Number), expect.any(Number)];
    expect(rows.map(({ steps }) => steps)).toEqual([null, times, times, times, times]);
  });

  test('tells of one row why its permit was closed, and nothing of a row of another account', async () => {
    const [member, stranger] = [await fixture.member(), await fixture.member()];
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.release('provider_unavailable');
    const { rows } = await fixture.limits.usageEvents(member.accountId, { limit: 1 });
    const { id = '' } = rows[0] ?? {};
    expect(await fixture.limits.usageEvent(member.accountId, id)).toMatchObject({
      id,
      status: 'voided',
      permit_status: 'voided',
      reason: 'provider_unavailable',
      reserve_micros: 100,
      plan: 'demo.only',
    });
    expect(await fixture.limits.usageEvent(stranger.accountId, id)).toBeUndefined();
  });

  test('is read by each of its filters', async () => {
    const member = await fixture.member();
    const others = await makeMember(db, member.accountId);
    permitOf(await fixture.admit(member, { reserve: 10, requestId: 'mine' }));
    permitOf(await fixture.admit(others, { reserve: 10, requestId: 'theirs' }));
    const all = await fixture.limits.usageEvents(member.accountId, { limit: 10 });
    const [newest, oldest] = all.rows;
    if (newest === undefined || oldest === undefined) throw new Error('no two rows');
    const later = new Date(oldest.created_at.getTime() + 1);
    const namesOf = async (filter: UsageEventFilter) =>
      (await fixture.limits.usageEvents(member.accountId, { limit: 10, filter })).rows.map(
        (row) => row.request_id,
      );
    for (const [filter, names] of [
      [{ request_id: 'mine' }, ['mine']],
      [{ permit_id: newest.permit_id }, ['theirs']],
      [{ user_id: others.userId }, ['theirs']],
      [{ product: 'demo', feature: 'use', model: 'small', status: 'sent' }, ['theirs', 'mine']],
      [{ product: 'other' }, []],
      [{ feature: 'other' }, []],
      [{ model: 'other' }, []],
      [{ status: 'voided' }, []],
      [{ key_id: others.userId }, []],
      [{ from: newest.created_at, until: new Date(newest.created_at.getTime() + 1) }, ['theirs']],
      [{ until: later }, ['mine']],
    ] satisfies [UsageEventFilter, string[]][])
      expect(await namesOf(filter)).toEqual(names);
  });

  test('looks through 10,000 rows for a filter, and says where to go on', async () => {
    const member = await fixture.member();
    await fixture.admit(member, { reserve: 1, requestId: 'rare' });
    await db.asMigrator(
      statement(
        `insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, product, feature, provider, model, reserve, price_version, state, request_id)
         select $1, ('f0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(), 1, 1, $2, 'demo', 'use', 'p', 'm', 0, 'v', 'posted', 'often'
         from generate_series(1, 10001) n`,
        [member.accountId, member.userId],
      ),
    );
    const filter = { request_id: 'rare' };
    const { rows, next } = await fixture.limits.usageEvents(member.accountId, { limit: 10, filter });
    expect([rows.length, next]).toEqual([0, 'f0000000-0000-7000-8000-000000000002']);
    const more = await fixture.limits.usageEvents(member.accountId, { limit: 10, before: next, filter });
    expect([more.rows.length, more.next]).toEqual([1, undefined]);
    const recent = { from: new Date(Date.now() + 1e12), ...filter };
    expect((await fixture.limits.usageEvents(member.accountId, { limit: 10, filter: recent })).next).toBe(
      undefined,
    );
  });
});
