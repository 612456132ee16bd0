import { describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advance, advanceTo, ids, type Member } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  ledger,
  ledgerLines,
  openLimits,
  plannedCall,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { createAdjuster, listAdjustments, type NewAdjustment } from '../index.ts';

const { db } = await testDatabase();
const TEST = commitPoint('test.adjustments', 'what support adjusts');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    each: { kind: 'quota', per: 'month', by: 'member' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    coins: { kind: 'credits', per: 'month', by: 'account' },
  },
  plans: { only: { monthly: 10, each: 10, hourly: 100, cost: 1_000, coins: 10 } },
});
const adjuster = createAdjuster({ ids, catalogues: [fixture.catalogue], audit: createAudit({ ids }) });

type Wanted = Pick<NewAdjustment, 'of' | 'amount'>;

function adjust({ accountId, userId }: Member, wanted: Wanted) {
  const by = { by: { kind: 'user', userId } as const, madeBy: userId };
  return db.system('admin.calls', TEST, (tx) =>
    adjuster(tx, { accountId, reason: 'a test', ...wanted, ...by }),
  );
}

const ofLimit = (limit: string) => ({ product: 'demo', limit });
const usedOf = async (accountId: AccountId, limit: string) =>
  (await fixture.limits.usage(accountId)).find((one) => one.limit === limit);

describe('a limit', () => {
  test('holds less at once: what was denied is admitted by the next decision', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { units: 10 }));
    expect(denialOf(await fixture.admit(member)).limit).toBe('monthly');
    await adjust(member, { of: ofLimit('monthly'), amount: { units: -3 } });
    await adjust(member, { of: ofLimit('coins'), amount: { units: -3 } });
    expect(await usedOf(member.accountId, 'monthly')).toMatchObject({ used: 7 });
  });

  test('holds more at once, with or without a window so far', async () => {
    const member = await fixture.member();
    expect(await adjust(member, { of: ofLimit('monthly'), amount: { units: 8 } })).toMatchObject({
      asked: 8,
      applied: 8,
    });
    expect(denialOf(await fixture.admit(member, { units: 3 }))).toMatchObject({ limit: 'monthly', used: 8 });
  });

  test('never holds less than nothing, and what really changed is said', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { units: 2 }));
    expect(await adjust(member, { of: ofLimit('monthly'), amount: { units: -5 } })).toMatchObject({
      asked: -5,
      applied: -2,
    });
    expect(await adjust(member, { of: ofLimit('monthly'), amount: { units: -5 } })).toMatchObject({
      applied: 0,
    });
    expect(await usedOf(member.accountId, 'monthly')).toMatchObject({ used: 0 });
  });

  test('of a window that has passed is left alone: the present one is meant', async () => {
    await advanceTo(db, '2028-01-31T12:00:00Z');
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { units: 9 }));
    await advance(db, '1 day');
    expect(await adjust(member, { of: ofLimit('monthly'), amount: { units: -4 } })).toMatchObject({
      applied: 0,
    });
    expect(await usedOf(member.accountId, 'monthly')).toMatchObject({ used: 0 });
  });

  test('that is a budget is moved by micro-dollars, and the ledger is not touched', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
    await permit.send(plannedCall(400));
    permit.served(figures(300));
    await permit.settle();
    await adjust(member, { of: ofLimit('cost'), amount: { micros: -250 } });
    expect(await usedOf(member.accountId, 'cost')).toMatchObject({ used: 50 });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 300']);
  });

  test('that is credits draws like a call, gives back no more than was used, and is never below 0', async () => {
    const member = await fixture.member();
    expect(await adjust(member, { of: ofLimit('coins'), amount: { units: 4 } })).toMatchObject({
      applied: 4,
    });
    expect(await usedOf(member.accountId, 'coins')).toMatchObject({ balance: 6 });
    expect(await adjust(member, { of: ofLimit('coins'), amount: { units: 40 } })).toMatchObject({
      applied: 6,
    });
    expect(denialOf(await fixture.admit(member)).limit).toBe('coins');
    expect(await adjust(member, { of: ofLimit('coins'), amount: { units: -3 } })).toMatchObject({
      applied: -3,
    });
    expect(await adjust(member, { of: ofLimit('coins'), amount: { units: -30 } })).toMatchObject({
      applied: -7,
    });
    expect(await usedOf(member.accountId, 'coins')).toMatchObject({ balance: 10 });
  });

  test('that is credits and was handed back is not handed back again by the work that had drawn it', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { units: 5 }));
    await adjust(member, { of: ofLimit('coins'), amount: { units: -3 } });
    await permit.release('failed');
    expect(await usedOf(member.accountId, 'coins')).toMatchObject({ balance: 10 });
  });

  test.each([
    ['hourly', { units: -1 }],
    ['each', { units: -1 }],
    ['nothing', { units: -1 }],
    ['monthly', { micros: -1 }],
    ['cost', { units: -1 }],
  ])('%s by %o is refused, and nothing is written', async (limit, amount) => {
    const member = await fixture.member();
    await expect(adjust(member, { of: ofLimit(limit), amount })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    expect(await windows(db, member.accountId)).toEqual({});
    expect(await listAdjusted(member.accountId)).toEqual([]);
  });
});

/** A posted call of a new account. */
async function makeCall(cost: number) {
  const member = await fixture.member();
  const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
  await permit.send(plannedCall(400));
  permit.served(figures(cost));
  await permit.settle();
  const [row] = await ledger(db, member.accountId);
  return { member, eventId: row?.id ?? '' };
}

describe('a call', () => {
  test('is corrected by a row of its own, and the budget that it counts in holds the difference', async () => {
    const { member, eventId } = await makeCall(300);
    await adjust(member, { of: { eventId }, amount: { micros: -120 } });
    await adjust(member, { of: { eventId }, amount: { micros: 20 } });
    expect(await ledgerLines(db, member.accountId)).toEqual([
      'posted 300',
      'correction -120',
      'correction 20',
    ]);
    expect(await usedOf(member.accountId, 'cost')).toMatchObject({ used: 200 });
  });

  test('never costs less than nothing', async () => {
    const { member, eventId } = await makeCall(300);
    expect(await adjust(member, { of: { eventId }, amount: { micros: -500 } })).toMatchObject({
      applied: -300,
    });
    expect(await adjust(member, { of: { eventId }, amount: { micros: -1 } })).toMatchObject({ applied: 0 });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 300', 'correction -300']);
    expect(await usedOf(member.accountId, 'cost')).toMatchObject({ used: 0 });
  });

  test('whose work goes on is counted with its correction when that ends', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
    await permit.send(plannedCall(100));
    permit.served(figures(90));
    await permit.send(plannedCall(100));
    const [row] = await ledger(db, member.accountId);
    await adjust(member, { of: { eventId: row?.id ?? '' }, amount: { micros: -40 } });
    permit.served(figures(60));
    await permit.settle();
    expect(await usedOf(member.accountId, 'cost')).toMatchObject({ used: 110 });
  });

  test('of another account, one that is a correction, and one that is not posted are not found', async () => {
    const { member, eventId } = await makeCall(300);
    const other = await fixture.member();
    await adjust(member, { of: { eventId }, amount: { micros: 10 } });
    const correction = (await ledger(db, member.accountId))[1]?.id ?? '';
    permitOf(await fixture.admit(other, { reserve: 10 }));
    const open = (await ledger(db, other.accountId))[0]?.id ?? '';
    for (const [who, id] of [
      [other, eventId],
      [member, correction],
      [other, open],
    ] as const)
      await expect(adjust(who, { of: { eventId: id }, amount: { micros: 1 } })).rejects.toMatchObject({
        code: 'not_found',
      });
  });
});

const listAdjusted = async (accountId: AccountId) =>
  (await db.system('admin.reports', [listAdjustments({ accountId, limit: 10 })]))[0];

test('an adjustment is listed with its reason, and is in the account’s audit', async () => {
  const member = await fixture.member();
  const made = await adjust(member, { of: ofLimit('monthly'), amount: { units: 2 } });
  expect(await listAdjusted(member.accountId)).toEqual([made]);
  expect(made).toMatchObject({
    name: 'monthly',
    counted_in: 'units',
    asked: 2,
    applied: 2,
    reason: 'a test',
    made_by: member.userId,
  });
  const audited = await db.asMigrator(
    statement(`select action, target_id, changes from audit.events where account_id = $1`, [
      member.accountId,
    ]),
  );
  expect(audited).toEqual([
    {
      action: 'usage.adjusted',
      target_id: made.id,
      changes: { product: 'demo', limit: 'monthly', asked: 2, applied: 2, reason: 'a test' },
    },
  ]);
});
