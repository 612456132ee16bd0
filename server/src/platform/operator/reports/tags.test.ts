import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Member } from '@plinth/testkit/factories';
import {
  type AdmissionInput,
  figures,
  openLimits,
  permitOf,
  plannedCall,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { createRollup } from './index.ts';
import { openUsageReport, type ReportScope, type UsageQuestion } from './usage.ts';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
  plans: { only: { uses: 1_000 } },
  features: { other: ['uses'] },
});
const rollup = createRollup(db);

async function call(member: Member, cost: number, more: Pick<AdmissionInput, 'tags' | 'feature'> = {}) {
  const permit = permitOf(await fixture.admit(member, { reserve: 500, ...more }));
  await permit.send(plannedCall(500));
  permit.served(figures(cost));
  await permit.settle();
}

/** `value …: cost of so many calls`, page by page. */
async function lines(
  whose: ReportScope,
  question: Partial<UsageQuestion> & Pick<UsageQuestion, 'group'>,
  limit = 2,
): Promise<string[]> {
  const opened = await openUsageReport(db, whose, { zone: 'UTC', filters: {}, ...question });
  const found: string[] = [];
  for (let after: readonly string[] | undefined; ; ) {
    const sums = await opened.page({ limit, after });
    found.push(
      ...sums.map((sum) => `${opened.positionOf(sum).join(' ')}: ${sum.cost_micros} of ${sum.calls}`),
    );
    const last = sums.at(-1);
    if (last === undefined || sums.length < limit) return found;
    after = opened.positionOf(last);
  }
}

/** A call of each of so many teams, as if each had been made in its turn; the first teams cost most. */
const crowd = ({ accountId }: Member, teams: number) =>
  db.asMigrator(
    statement(
      `with made as (
         select n, limits.new_id(app.now()) as permit, limits.new_id(app.now()) as event from generate_series(1, $2::integer) as n
       ), permits as (
         insert into limits.permits select (jsonb_populate_record(p.one, jsonb_build_object('id', permit, 'tags', jsonb_build_object('team', 'crowd ' || n)))).*
           from made cross join (select t as one from limits.permits t where account_id = $1 limit 1) as p
       )
       insert into limits.usage_events select (jsonb_populate_record(e.one, jsonb_build_object('id', event, 'permit_id', permit, 'cost', 10000 - n, 'charged', 10000 - n))).*
         from made cross join (select t as one from limits.usage_events t where account_id = $1 limit 1) as e`,
      [accountId, teams],
    ),
  );

test('sums by a tag are those of its rows, rolled up or not, told apart by what else is asked for', async () => {
  const [member, stranger] = [await fixture.member(), await fixture.member()];
  await call(stranger, 1_000, { tags: { team: 'search' } });
  await call(member, 10, { tags: { team: 'search', user_id: 'ada' } });
  await call(member, 20, { tags: { team: 'ads: all' }, feature: 'other' });
  await rollup.roll();
  await call(member, 40, { tags: { team: 'search' }, feature: 'other' });
  await call(member, 80);
  const { accountId } = member;
  const byTeam = [': 80 of 1', 'ads: all: 20 of 1', 'search: 50 of 2'];
  expect(await lines(accountId, { group: ['tag:team'] })).toEqual(byTeam);
  expect(await lines('everybody', { group: ['tag:team'], filters: { account_id: accountId } })).toEqual(
    byTeam,
  );
  expect(await lines(accountId, { group: ['tag:user_id'] })).toEqual([': 140 of 3', 'ada: 10 of 1']);
  expect(await lines(accountId, { group: ['feature', 'tag:team'], tag: 'team:search' })).toEqual([
    'other search: 40 of 1',
    'use search: 10 of 1',
  ]);
  expect(await lines(accountId, { group: ['feature'], tag: 'team:ads: all' })).toEqual(['other: 20 of 1']);
  expect(await lines(accountId, { group: ['tag:team'], filters: { feature: 'use' } })).toEqual([
    ': 80 of 1',
    'search: 10 of 1',
  ]);
  expect(await lines(accountId, { group: ['tag:team'], from: '2020-01-01', until: '2020-02-01' })).toEqual(
    [],
  );
});

test('the thousand values that cost most are told, and what the others have is one sum', async () => {
  const member = await fixture.member();
  await call(member, 80);
  await crowd(member, 1_003);
  const sums = await lines(member.accountId, { group: ['tag:team'] }, 400);
  expect(sums).toHaveLength(1_002);
  expect(sums).toContain('crowd 1000: 9000 of 1');
  expect(sums).toContain(`other: ${8_999 + 8_998 + 8_997} of 3`);
});
