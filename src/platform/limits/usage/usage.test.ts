import { describe, expect, test } from 'vitest';
import { UNLIMITED } from '#platform/entitlements';
import { advanceTo, makeAccount, makeGrant, makeMember } from '#test/factories';
import { figures, permitOf, limitsCatalogue, openLimits, openNode, plannedCall } from '#test/limits';
import { testDatabase } from '#test/services';

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
      const rows = await book.limits.usageEvents(member.accountId, { limit: 10, before });
      if (rows.length === 0) break;
      seen.push(...rows.map(({ id }) => id));
    }
    expect(new Set(seen).size).toBe(25);
    expect(seen).toEqual([...seen].sort().toReversed());
  });

  test('says of each call what it was and what it cost, and what corrects what', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100, requestId: 'r-1' }));
    await permit.send(plannedCall(100));
    permit.served(figures(20));
    await permit.settle();
    expect(await fixture.limits.usageEvents(member.accountId, { limit: 10 })).toMatchObject([
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
      },
    ]);
  });
});
