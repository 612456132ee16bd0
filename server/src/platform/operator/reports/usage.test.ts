import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advanceTo, makeGrant, makeKey, type Member } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  openLimits,
  plannedCall,
  type AdmissionInput,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { createRollup } from './index.ts';
import { openUsageReport, type UsageQuestion, type ReportScope } from './usage.ts';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
  plans: { basic: { uses: 1_000 }, pro: { uses: 2_000 } },
  features: { other: ['uses'] },
});
const rollup = createRollup(db);

async function call(
  member: Member,
  cost: number,
  more: AdmissionInput & { readonly model?: string } = {},
): Promise<void> {
  const { model, ...wanted } = more;
  const permit = permitOf(await fixture.admit(member, { reserve: 500, ...wanted }));
  await permit.send(plannedCall(500, model));
  permit.served(figures(cost, { model: model ?? 'small' }));
  await permit.settle();
}

async function report(whose: ReportScope, question: Partial<UsageQuestion> & Pick<UsageQuestion, 'group'>) {
  const opened = await openUsageReport(db, whose, { zone: 'UTC', filters: {}, ...question });
  return opened.page({ limit: 1_000 });
}

/** `day plan …: cost`, in the order of the report. */
async function lines(
  whose: ReportScope,
  question: Partial<UsageQuestion> & Pick<UsageQuestion, 'group'>,
): Promise<string[]> {
  const opened = await openUsageReport(db, whose, { zone: 'UTC', filters: {}, ...question });
  const sums = await opened.page({ limit: 1_000 });
  return sums.map((sum) => `${opened.positionOf(sum).join(' ')}: ${sum.cost_micros}`);
}

describe('an account’s report', () => {
  test('tells sums apart by what it is asked for, rolled up or not', async () => {
    await advanceTo(db, '2027-01-10T10:00:00Z');
    const member = await fixture.member();
    const keyId = await makeKey(db, member);
    await call(member, 10);
    await call(member, 20, { feature: 'other', model: 'large' });
    await rollup.roll();
    await call(member, 40, { keyId });
    const { accountId } = member;
    expect(await lines(accountId, { group: ['feature', 'model'] })).toEqual([
      'other large: 20',
      'use small: 50',
    ]);
    expect(await lines(accountId, { group: ['key'] })).toEqual([': 30', `${keyId}: 40`]);
    expect(await lines(accountId, { group: ['user'], filters: { feature: 'use' } })).toEqual([
      `${member.userId}: 50`,
    ]);
    expect(await report(accountId, { group: [] })).toEqual([
      {
        calls: 3,
        estimated_calls: 0,
        prompt_tokens: 30,
        cached_tokens: 12,
        completion_tokens: 60,
        reasoning_tokens: 15,
        cost_micros: 70,
        posted_micros: 70,
        estimated_micros: 0,
        corrections_micros: 0,
        charged_micros: 70,
      },
    ]);
  });

  test('counts a call under the plan that admitted it, whatever the account holds today', async () => {
    await advanceTo(db, '2027-02-01T10:00:00Z');
    const member = await fixture.member('basic');
    await call(member, 10);
    await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'pro' });
    await call(member, 20);
    expect(await lines(member.accountId, { group: ['plan'] })).toEqual(['demo.basic: 10', 'demo.pro: 20']);
  });

  test('has the cost of each user and plan by calendar month, of the zone that it is asked in', async () => {
    await advanceTo(db, '2027-02-10T10:00:00Z');
    const member = await fixture.member('basic');
    const { accountId, userId } = member;
    await call(member, 10);
    await advanceTo(db, '2027-02-28T23:31:00Z');
    await call(member, 20);
    await makeGrant(db, accountId, { catalogue: fixture.catalogue, plan: 'pro' });
    await rollup.roll();
    await call(member, 40);
    await advanceTo(db, '2027-03-01T00:01:00Z');
    await call(member, 80);
    const group = ['user', 'plan', 'month'] as const;
    const range = { from: '2027-02-01', until: '2027-04-01' };
    expect(await lines(accountId, { group, ...range })).toEqual([
      `${userId} demo.basic 2027-02: 30`,
      `${userId} demo.pro 2027-02: 40`,
      `${userId} demo.pro 2027-03: 80`,
    ]);
    expect(await lines(accountId, { group: ['month', 'day'], zone: 'Europe/Berlin', ...range })).toEqual([
      '2027-02 2027-02-10: 10',
      '2027-03 2027-03-01: 140',
    ]);
  });

  test('has days of the zone that it is asked in: one call is of three days', async () => {
    await advanceTo(db, '2027-03-14T18:29:00Z');
    const member = await fixture.member();
    await call(member, 1);
    await advanceTo(db, '2027-03-14T18:31:00Z');
    await call(member, 2);
    await rollup.roll();
    const { accountId } = member;
    const group = ['day'] as const;
    expect(await lines(accountId, { group })).toEqual(['2027-03-14: 3']);
    expect(await lines(accountId, { group, zone: 'Asia/Kolkata' })).toEqual([
      '2027-03-14: 1',
      '2027-03-15: 2',
    ]);
    const range = { from: '2027-03-15', until: '2027-03-16' };
    expect(await lines(accountId, { group, zone: 'Asia/Kolkata', ...range })).toEqual(['2027-03-15: 2']);
    expect(await lines(accountId, { group, zone: 'Pacific/Kiritimati', ...range })).toEqual([
      '2027-03-15: 3',
    ]);
    expect(await lines(accountId, { group, ...range })).toEqual([]);
  });

  test.each([
    ['2027-10-31', '2027-11-01', 25],
    ['2027-03-28', '2027-03-29', 23],
  ])('over %s in Berlin has as many hours as that day', async (from, until, hours) => {
    const { range } = await openUsageReport(db, 'everybody', {
      group: [],
      filters: {},
      zone: 'Europe/Berlin',
      from,
      until,
    });
    expect((range.ends.getTime() - range.starts.getTime()) / 3_600_000).toBe(hours);
  });

  test('has nothing of another account, whatever is filtered or grouped', async () => {
    await advanceTo(db, '2027-04-01T10:00:00Z');
    const [mine, theirs] = [await fixture.member(), await fixture.member()];
    await call(mine, 10);
    await call(theirs, 20);
    await rollup.roll();
    await call(theirs, 30);
    expect(await lines(mine.accountId, { group: ['user'] })).toEqual([`${mine.userId}: 10`]);
    expect(await lines(mine.accountId, { group: ['user'], filters: { user_id: theirs.userId } })).toEqual([]);
    const [cells] = await db.tenant(mine.accountId, [
      statement<{ account_id: AccountId }>('select distinct account_id from reports.usage_cells'),
    ]);
    expect(cells).toEqual([{ account_id: mine.accountId }]);
    await expect(db.tenant(mine.accountId, [statement('select from limits.postings')])).rejects.toMatchObject(
      { code: '42501' },
    );
    await expect(db.tenant(mine.accountId, [statement('select reports.tail()')])).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('a report', () => {
  test('goes on page by page where it was, also when what is before it changes', async () => {
    await advanceTo(db, '2027-05-01T10:00:00Z');
    const member = await fixture.member();
    for (const model of ['a', 'b', 'c', 'd', 'e']) await call(member, 1, { model });
    const opened = await openUsageReport(db, member.accountId, {
      group: ['model', 'key'],
      filters: {},
      zone: 'UTC',
    });
    const first = await opened.page({ limit: 2 });
    await call(member, 1, { model: 'aa' });
    const [last] = first.slice(-1);
    const second = await opened.page({ limit: 9, after: last === undefined ? [] : opened.positionOf(last) });
    expect([...first, ...second].map(({ model }) => model)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('of the operator names accounts, and is over all of them or one', async () => {
    await advanceTo(db, '2027-06-01T10:00:00Z');
    const [one, other] = [await fixture.member(), await fixture.member()];
    await call(one, 10);
    await call(other, 20);
    const sums = await report('everybody', { group: ['account'] });
    expect(sums).toMatchObject(
      [
        { account_id: one.accountId, cost_micros: 10 },
        { account_id: other.accountId, cost_micros: 20 },
      ]
        .sort((a, b) => (a.account_id < b.account_id ? -1 : 1))
        .map((sum) => ({ ...sum, account_name: 'An account' })),
    );
    expect(await lines('everybody', { group: [], filters: { account_id: one.accountId } })).toEqual([': 10']);
  });

  test('of many accounts is read some at a time, and leaves none out, not even one that is rolled up nowhere', async () => {
    await advanceTo(db, '2027-08-05T10:00:00Z');
    const { userId } = await fixture.member();
    await db.asMigrator(
      statement(
        `insert into reports.usage_cells
         select replace('0196%-7c00-7000-8000-000000000002', '%', lpad(to_hex(a), 4, '0'))::uuid, timestamptz '2027-08-01Z' + d * interval '15 minutes',
           $1, 'demo.basic', 'demo', 'use', null, 'sandbox', 'small', false, 1, 0, 0, 0, 0, 0, 5, 0, 0, 5
         from generate_series(1, 12) a, generate_series(1, 1000) d`,
        [userId],
      ),
    );
    await call(await fixture.member(), 7);
    const range = { zone: 'UTC', from: '2027-07-01', until: '2027-09-01' };
    const opened = await openUsageReport(db, 'everybody', {
      group: ['account', 'product'],
      filters: {},
      ...range,
    });
    const seen: number[] = [];
    for (let after: string[] | undefined; ; ) {
      const page = await opened.page({ limit: 9, after });
      seen.push(...page.map(({ cost_micros }) => cost_micros));
      const last = page.at(-1);
      if (last === undefined || page.length < 9) break;
      after = opened.positionOf(last);
    }
    expect(seen).toEqual([...Array.from({ length: 12 }, () => 5_000), 7]);
  });

  test.each([[{ from: '2027-06-02', until: '2027-06-02' }], [{ from: '2020-01-01', until: '2027-06-02' }]])(
    'over %o is refused',
    async (range) => {
      await expect(report('everybody', { group: [], ...range })).rejects.toMatchObject({
        code: 'validation_failed',
      });
    },
  );
});
