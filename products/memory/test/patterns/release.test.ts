import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { patternRelease } from '../../patterns/release.ts';
import { openMemory, type Rememberer } from '../fixture.ts';
import { extract, sayVariant } from './fixture.ts';

const memory = await openMemory();

/** Says what recurs, and has it found: a workflow of terraform, a problem that poetry ends, and a rule without a tool. */
async function recur(by: Rememberer, level: string): Promise<void> {
  for (const variant of [0, 1, 2]) await sayVariant(by, variant, { level });
  await extract(by);
  if (level === 'private') return;
  await memory.db.asMigrator(
    statement('update coditect.patterns set level = $2 where account_id = $1', [by.accountId, level]),
  );
}

test('an account counts with what all of it sees, what most sessions have first, in the days of a release', async () => {
  const [shared, hidden, alone] = [
    await memory.rememberer(),
    await memory.rememberer(),
    await memory.personal(),
  ];
  await recur(shared, 'organization');
  await recur(hidden, 'private');
  await recur(alone, 'private');
  const countedIn = async (starts_on: string, ends_on: string) => {
    const accounts = [shared, hidden, alone].map(({ accountId }) => accountId);
    const [rows] = await memory.db.system('privacy.release', [
      patternRelease.contributions(accounts, { starts_on, ends_on }),
    ]);
    return new Map(rows.map(({ account_id, kinds }) => [account_id, kinds]));
  };
  const counted = await countedIn('2000-01-01', '2100-01-01');
  expect([...counted.keys()].toSorted()).toEqual([shared.accountId, alone.accountId].toSorted());
  const kinds = counted.get(shared.accountId) ?? [];
  expect(kinds).toEqual(
    expect.arrayContaining(['practice', 'problem_solution:poetry', 'workflow:terraform']),
  );
  expect(patternRelease.kinds).toEqual(expect.arrayContaining([...kinds]));
  expect((await countedIn('2000-01-01', '2000-02-01')).size).toBe(0);
});

test('everybody reads what was released last, the most frequent first, page by page, and by kind', async () => {
  const reader = await memory.rememberer();
  const read = async (query: string) => (await reader.call(`GET /v1/patterns?scope=platform${query}`)).body;
  expect(await read('')).toEqual({ data: [], next_cursor: null });
  const counts = [
    ['practice', 31],
    ['workflow:git', 44],
    ['practice:npm', 40],
  ].map(([kind, count]) => ({ kind, count }));
  for (const [starts, ends, shown] of [
    ['2026-08-01', '2026-09-01', []],
    ['2026-09-01', '2026-10-01', counts],
  ]) {
    await memory.db.asMigrator(
      statement(
        'insert into privacy.budgets (starts_on, ends_on, spent_numerator) values ($1::date, $2::date, 1)',
        [starts, ends],
      ),
    );
    await memory.db.asMigrator(
      statement(
        `insert into privacy.releases (product, starts_on, epsilon_numerator, epsilon_denominator, most_kinds, minimum_group, kinds, counts)
         values ('coditect', $1::date, 1, 1, 5, 30, 190, $2)`,
        [starts, JSON.stringify(shown)],
      ),
    );
  }
  const days = { starts_on: '2026-09-01', ends_on: '2026-10-01' };
  const first = await read('&limit=2');
  expect(first['data']).toEqual([
    { level: 'platform', kind: 'workflow', tool: 'git', accounts: 44, ...days },
    { level: 'platform', kind: 'practice', tool: 'npm', accounts: 40, ...days },
  ]);
  const last = await read(`&limit=2&cursor=${String(first['next_cursor'])}`);
  expect(last).toEqual({
    data: [{ level: 'platform', kind: 'practice', tool: null, accounts: 31, ...days }],
    next_cursor: null,
  });
  expect((await read('&kind=practice'))['data']).toHaveLength(2);
});
