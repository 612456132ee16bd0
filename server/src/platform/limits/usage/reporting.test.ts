import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { commitPoint, type Database, statement } from '#platform/db';
import { advanceTo, makeKey, type Member, setTimeZone } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  ledgerLines,
  openLimits,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import type { ReportedUse, Reporter } from '../index.ts';

const { db } = await testDatabase();
const reporting = commitPoint('test.limits.reporting', 'what a test reports');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    daily: { kind: 'quota', per: 'day', by: 'account', zone: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    lately: { kind: 'burst', per: 'hour', by: 'account', sliding: true },
    each: { kind: 'quota', per: 'day', by: 'subject' },
    pause: { kind: 'cooldown', by: 'account' },
    credits: { kind: 'credits', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
  },
  features: {
    sell: ['monthly', 'cost', 'at_once'],
    local: ['daily'],
    fast: ['hourly'],
    slide: ['lately'],
    draft: ['each'],
    wait: ['pause'],
    pay: ['credits'],
  },
  plans: {
    only: {
      monthly: 10,
      daily: 10,
      hourly: 10,
      lately: 10,
      each: 10,
      pause: 60,
      credits: 10,
      cost: 100,
      at_once: 1,
    },
  },
});

type ReportInput = Partial<Omit<ReportedUse, 'usage'>> & { readonly cost?: number };
const use = ({ cost = 0, ...said }: ReportInput = {}): ReportedUse => ({
  id: randomUUID(),
  product: 'demo',
  feature: 'sell',
  units: 1,
  at: undefined,
  subject: undefined,
  usage: figures(cost),
  ...said,
});

async function report(member: Member, uses: readonly ReportedUse[], by: Partial<Reporter> = {}) {
  const reporter: Reporter = { userId: member.userId, backend: 'account', requestId: 'r', ...by };
  const [rows] = await db.tenant(member.accountId, reporting, [fixture.limits.reporting(reporter, uses)]);
  return rows.map(({ status }) => status);
}

const readUsed = async (database: Database, { accountId }: Member, name: string) =>
  (await windows(database, accountId))[name];

describe('what is reported', () => {
  test('is in the ledger and in the windows, and a permit that is settled holds it', async () => {
    const member = await fixture.member();
    expect(await report(member, [use({ cost: 30, units: 2 }), use({ cost: 12 })])).toEqual([
      'posted',
      'posted',
    ]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 30', 'posted 12']);
    expect(await windows(db, member.accountId)).toEqual({ 'demo monthly': 3, 'demo cost': 42 });
    const usage = await fixture.limits.usage(member.accountId);
    expect(usage.find(({ limit }) => limit === 'at_once')?.used).toBe(0);
  });

  test('is written down past a limit, and closes it', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { feature: 'sell' }));
    await report(member, [use({ units: 50 })]);
    expect(await readUsed(db, member, 'demo monthly')).toBe(51);
    expect(denialOf(await fixture.admit(member, { feature: 'sell' }))).toMatchObject({
      limit: 'monthly',
      used: 51,
    });
    expect(await report(member, [use({ units: 1 })])).toEqual(['posted']);
  });

  test('is written down of an account without a plan, too', async () => {
    const member = await fixture.member();
    await db.asMigrator(
      statement('delete from entitlements.snapshots where account_id = $1', [member.accountId]),
    );
    const everything = ['sell', 'local', 'fast', 'slide', 'wait', 'pay'].map((feature) => use({ feature }));
    expect(new Set(await report(member, everything))).toEqual(new Set(['posted']));
  });

  test('counts once for ever, whether it comes again alone, in a crowd or twice in one report', async () => {
    const member = await fixture.member();
    const one = use({ cost: 5 });
    expect(await report(member, [one, use(), one])).toEqual(['posted', 'posted', 'duplicate']);
    const crowd = await Promise.all(Array.from({ length: 8 }, () => report(member, [use(), one])));
    expect(crowd.map(([, status]) => status)).toEqual(Array(8).fill('duplicate'));
    expect(await windows(db, member.accountId)).toEqual({ 'demo monthly': 10, 'demo cost': 5 });
    await advanceTo(db, '2029-06-01T00:00:00Z');
    expect(await report(member, [one])).toEqual(['duplicate']);
    expect(await ledgerLines(db, member.accountId)).toHaveLength(10);
  });

  test('in two reports at once is written down by one of them', async () => {
    const member = await fixture.member();
    const uses = Array.from({ length: 20 }, () => use({ cost: 1 }));
    const reports = await Promise.all([
      report(member, uses),
      report(member, uses.toReversed()),
      report(member, uses),
    ]);
    expect(reports.flat().filter((status) => status === 'posted')).toHaveLength(20);
    expect(await readUsed(db, member, 'demo cost')).toBe(20);
  });

  test('under an id that stands for something else is told so, and changes nothing', async () => {
    const member = await fixture.member();
    const one = use({ cost: 5 });
    await report(member, [one]);
    const others = [{ cost: 6 }, { cost: 5, units: 2 }, { cost: 5, feature: 'pay' }];
    for (const other of others) {
      expect(await report(member, [use({ id: one.id, ...other })])).toEqual(['mismatch']);
    }
    expect(await windows(db, member.accountId)).toEqual({ 'demo monthly': 1, 'demo cost': 5 });
  });

  test('says nothing of another account’s under the same id, nor of what the other kind of backend reports', async () => {
    const [mine, other] = [await fixture.member(), await fixture.member()];
    const one = use();
    expect(await report(mine, [one])).toEqual(['posted']);
    expect(await report(other, [one])).toEqual(['posted']);
    expect(await report(mine, [one], { backend: 'operator' })).toEqual(['posted']);
  });

  test('can be a thousand at a time', async () => {
    const member = await fixture.member();
    const features = ['sell', 'fast', 'slide', 'pay', 'local'];
    const uses = Array.from({ length: 1_000 }, (_, at) => use({ cost: 1, feature: features[at % 5] ?? '' }));
    expect(new Set(await report(member, uses))).toEqual(new Set(['posted']));
    expect(await readUsed(db, member, 'demo cost')).toBe(200);
  });
});

describe('it is charged to the present windows that it lies in', () => {
  test('and to none that has passed: then it is in the ledger alone', async () => {
    await advanceTo(db, '2029-07-02T12:00:00Z');
    const member = await fixture.member();
    await report(member, [
      use({ cost: 1, at: '2029-06-30T23:59:59Z' }),
      use({ cost: 10, at: '2029-07-01T12:00:00Z' }),
      use({ cost: 40, at: '2029-07-02T00:00:00Z' }),
    ]);
    expect(await windows(db, member.accountId)).toEqual({ 'demo monthly': 2, 'demo cost': 40 });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 1', 'posted 10', 'posted 40']);
  });

  test('and what is said to come still has happened now', async () => {
    await advanceTo(db, '2029-07-02T13:00:00Z');
    const [soon, later] = [await fixture.member(), await fixture.member()];
    // A time that lies further ahead is taken for a clock that was wrong, and forgotten.
    await report(soon, [use({ feature: 'wait', at: '2029-07-02T13:04:00Z' })]);
    await report(later, [use({ feature: 'wait', at: '2029-09-01T00:00:00Z' })]);
    await advanceTo(db, '2029-07-02T13:02:00Z');
    for (const member of [soon, later]) permitOf(await fixture.admit(member, { feature: 'wait' }));
  });

  test('by the days of the account’s own zone', async () => {
    await advanceTo(db, '2029-07-03T01:00:00Z');
    const member = await fixture.member();
    await setTimeZone(db, member.accountId, 'America/New_York');
    await report(member, [
      use({ feature: 'local', at: '2029-07-02T03:59:00Z' }),
      use({ feature: 'local', at: '2029-07-02T04:00:00Z' }),
      use({ feature: 'local', at: '2029-07-03T00:59:00Z' }),
    ]);
    expect(await readUsed(db, member, 'demo daily')).toBe(2);
    permitOf(await fixture.admit(member, { feature: 'local', units: 8 }));
    denialOf(await fixture.admit(member, { feature: 'local' }));
  });

  test('by subject, and by the last hour', async () => {
    await advanceTo(db, '2029-07-04T12:30:00Z');
    const member = await fixture.member();
    await report(member, [
      use({ feature: 'draft', subject: 'a', units: 10 }),
      use({ feature: 'draft', subject: 'b', units: 9 }),
      use({ feature: 'slide', units: 5, at: '2029-07-04T11:00:00Z' }),
      use({ feature: 'slide', units: 6, at: '2029-07-04T11:45:00Z' }),
    ]);
    denialOf(await fixture.admit(member, { feature: 'draft', subject: 'a' }));
    permitOf(await fixture.admit(member, { feature: 'draft', subject: 'b' }));
    permitOf(await fixture.admit(member, { feature: 'slide', units: 4 }));
    denialOf(await fixture.admit(member, { feature: 'slide' }));
  });

  test('a cooldown ends as late as the last use of it says, and no sooner than it did', async () => {
    await advanceTo(db, '2029-07-05T12:00:00Z');
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { feature: 'wait' }));
    await report(member, [use({ feature: 'wait', at: '2029-07-05T11:59:30Z' })]);
    await advanceTo(db, '2029-07-05T12:00:40Z');
    expect(denialOf(await fixture.admit(member, { feature: 'wait' })).resetsAt).toMatch(
      /^2029-07-05T12:01:00/,
    );
    await report(member, [use({ feature: 'wait' })]);
    await advanceTo(db, '2029-07-05T12:01:10Z');
    denialOf(await fixture.admit(member, { feature: 'wait' }));
  });

  test('credits are used as far as there are some, and never less than none', async () => {
    await advanceTo(db, '2029-08-05T12:00:00Z');
    const member = await fixture.member();
    await report(member, [use({ feature: 'pay', units: 7 })]);
    permitOf(await fixture.admit(member, { feature: 'pay', units: 1 }));
    await report(member, [use({ feature: 'pay', units: 7 })]);
    const usage = await fixture.limits.usage(member.accountId);
    expect(usage.find(({ limit }) => limit === 'credits')).toMatchObject({ used: 10, balance: 0 });
    denialOf(await fixture.admit(member, { feature: 'pay' }));
  });

  test('the budgets of the key that reports it, and of its maker, are charged too, whatever it is used for', async () => {
    const member = await fixture.member();
    const [keyId, maker] = [await makeKey(db, member), await makeKey(db, member)];
    await db.asMigrator(
      statement(
        `update identity.api_keys set monthly_budget_micros = case id when $1 then 50 else 100 end,
           makers = case id when $1 then array[$2::uuid] else '{}' end where id in ($1, $2)`,
        [keyId, maker],
      ),
    );
    for (const cost of [60, 40]) await report(member, [use({ cost, feature: 'fast' })], { keyId });
    for (const [id, max] of [
      [keyId, 50],
      [maker, 100],
    ] as const)
      expect(denialOf(await fixture.admit(member, { feature: 'fast', keyId: id, reserve: 1 }))).toMatchObject(
        {
          limit: 'key_budget',
          used: 100,
          max,
        },
      );
  });
});

test('budgets of the operator count what its own backends report, of the provider that they name', async () => {
  const open = `select limits.set_operator_budget(gen_random_uuid(), 'demo', null, 'sandbox', null, 1000000, false)`;
  await db.asMigrator(statement(open));
  const readSpent = async () => {
    const sum = 'select coalesce(sum(spent), 0)::int as spent from limits.operator_spending';
    const [row] = await db.asMigrator(statement<{ spent: number }>(sum));
    return row?.spent ?? 0;
  };
  const before = await readSpent();
  const member = await fixture.member();
  await report(member, [use({ cost: 1_000 })]);
  expect(await readSpent()).toBe(before);
  await report(member, [use({ cost: 20 }), use({ cost: 3 })], { backend: 'operator' });
  expect(await readSpent()).toBe(before + 23);
  await db.asMigrator(statement('delete from limits.operator_budgets'));
});
