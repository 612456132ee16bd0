import { beforeEach, describe, expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, type Statement, statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import { advance, advanceTo, ids, makeAccount } from '@plinth/testkit/factories';
import { engine, testDatabase } from '@plinth/testkit/services';
import { type Contribution, createPrivacy, type Privacy, type ReleaseDeclaration } from './index.ts';
import { lastPeriod, lockParticipants, setParticipant } from './store.ts';

const death = plannedDeath();
const { db } = await testDatabase(death);
await db.script(`
  create schema test;
  grant usage on schema test to plinth_system;
  create table test.patterns (account_id uuid, kind text, seen integer, primary key (account_id, kind));
  call app.protect_tenant('test.patterns');
  grant select on test.patterns to plinth_system;`);

const KINDS = ['retry', 'batch', 'cache'];
const patterns = (accounts: readonly AccountId[]): Statement<Contribution> =>
  statement(
    `select account_id, array_agg(kind order by seen desc, kind) as kinds from test.patterns
     where account_id = any($1::uuid[]) group by account_id`,
    [accounts],
  );

/** Bytes by which all noise is 0: for each kind what is left over, that it is taken, and that no more is added, without a sign. */
function quietBytes() {
  let at = 0;
  return (length: number) => new Uint8Array(length).map(() => [0, 0, 0, 1, 1][at++ % 5] ?? 0);
}

function privacyOf(
  product: string,
  denominator: number,
  { months, ...more }: Partial<ReleaseDeclaration> & { readonly months?: number } = {},
): Privacy {
  const epsilon = { numerator: 1, denominator };
  const release = { product, kinds: KINDS, epsilon, minimumGroup: 2, contributions: patterns, ...more };
  return createPrivacy({
    db,
    audit: createAudit({ ids }),
    random: { bytes: quietBytes() },
    log: { warn: () => {} },
    declared: [release],
    ...(months === undefined ? {} : { months }),
  });
}

async function account(kinds: readonly string[], takesPart = true): Promise<AccountId> {
  const { accountId } = await makeAccount(db);
  const seen = statement('insert into test.patterns select $1, kind, 1 from unnest($2::text[]) kind', [
    accountId,
    kinds,
  ]);
  const part = statement('insert into privacy.participants (account_id) values ($1)', [accountId]);
  for (const one of takesPart ? [seen, part] : [seen]) await db.asMigrator(one);
  return accountId;
}

const spent = () =>
  db.asMigrator(
    statement<{ spent: string }>(
      `select format('%s/%s', spent_numerator, spent_denominator) as spent from privacy.budgets order by starts_on`,
    ),
  );

let notes: Privacy;
let accounts: AccountId[];
let month = 1;
beforeEach(async () => {
  await db.script(
    'delete from test.patterns; delete from privacy.participants; delete from privacy.releases; delete from privacy.budgets;',
  );
  // Each test has a month of its own.
  month += 1;
  await advanceTo(
    db,
    `${2040 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-03T04:05:06Z`,
  );
  notes = privacyOf('notes', 2);
  accounts = [
    await account(['retry', 'batch']),
    await account(['retry', 'no kind']),
    await account(['cache']),
  ];
});

describe('a release', () => {
  test('counts accounts that take part, shows what reaches the minimum group, and is there once', async () => {
    await account(['cache'], false);
    const closed = await account(['cache', 'batch']);
    await db.asMigrator(
      statement('update accounts.accounts set deleted_at = app.now() where account_id = $1', [closed]),
    );
    expect(await notes.release()).toEqual({ notes: 'released' });
    const shown = await notes.readReleases('notes');
    expect(shown).toMatchObject([{ minimum_group: 2, counts: [{ kind: 'retry', count: 2 }] }]);
    await account(['cache', 'batch']);
    expect(await notes.release()).toEqual({ notes: 'already released' });
    expect(await notes.readReleases('notes')).toEqual(shown);
    expect(await notes.readReleases('other')).toEqual([]);
    expect(await spent()).toEqual([{ spent: '1/2' }]);
  });

  test('by several processes at once is made once, and spends once', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => privacyOf('notes', 3).release()));
    expect(results.filter(({ notes: result }) => result === 'released')).toHaveLength(1);
    expect(results.filter(({ notes: result }) => result === 'already released')).toHaveLength(3);
    expect(await spent()).toEqual([{ spent: '1/3' }]);
  });

  test('that dies before its commit has shown and spent nothing, and after it all; the next run finds which', async () => {
    death.plan('before privacy.released');
    await expect(notes.release()).rejects.toThrow('died');
    expect([await notes.readReleases('notes'), await spent()]).toEqual([[], []]);
    expect(await notes.release()).toEqual({ notes: 'released' });
    await advance(db, '31 days');
    death.plan('after privacy.released');
    await expect(notes.release()).rejects.toThrow('died');
    expect(await notes.readReleases('notes')).toHaveLength(2);
    expect(await notes.release()).toEqual({ notes: 'already released' });
    expect(await spent()).toEqual([{ spent: '1/2' }, { spent: '1/2' }]);
  });

  test('has no account that opts out while it reads, and none that opted out before; what was shown stays', async () => {
    const [first = '', second = ''] = accounts;
    await notes.release();
    const leaving = privacyOf('leaving', 2, {
      contributions: (all) => {
        const { text, values } = patterns(all);
        const sql = `with gone as (delete from privacy.participants where account_id = $2) ${text}`;
        return statement(sql, [...values, first]);
      },
    });
    await leaving.release();
    expect(await leaving.readReleases('leaving')).toMatchObject([{ counts: [] }]);
    await advance(db, '31 days');
    await db.asMigrator(statement('delete from accounts.accounts where account_id = $1', [second]));
    await notes.release();
    const counts = (await notes.readReleases('notes')).map((one) => one.counts);
    expect(counts).toEqual([[], [{ kind: 'retry', count: 2 }]]);
  });
});

/** Does something while a transaction is open that has done something else. */
async function during<T>(
  open: (work: (tx: Transaction) => Promise<void>) => Promise<unknown>,
  { before, meanwhile }: { before: (tx: Transaction) => Promise<unknown>; meanwhile: () => Promise<T> },
): Promise<T> {
  const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const whole = open(async (tx) => {
    await before(tx);
    begun.resolve();
    await end.promise;
  });
  await begun.promise;
  const result = await meanwhile().finally(end.resolve);
  await whole;
  return result;
}

// PGlite has one connection: no other transaction runs beside it.
describe.skipIf(engine === 'pglite')('who opts out at the same time', () => {
  const LEFT = commitPoint('test.privacy.left', 'an account that takes part no more');

  test('waits for a release that counts them', async () => {
    const free = statement('select 1 from privacy.participants for update skip locked');
    const found = await during((work) => db.system('privacy.release', LEFT, work), {
      before: (tx) => tx.run(lockParticipants),
      meanwhile: () => db.system('privacy.release', LEFT, [free]),
    });
    expect(found).toEqual([[]]);
  });

  test('is in no release that is made before they are through, which does not wait for them', async () => {
    const first = accounts[0] ?? (await account([]));
    const result = await during((work) => db.tenant(first, LEFT, work), {
      before: (tx) => tx.run(setParticipant(first, false)),
      meanwhile: () => notes.release(),
    });
    expect(result).toEqual({ notes: 'released' });
    expect(await notes.readReleases('notes')).toMatchObject([{ counts: [] }]);
  });
});

describe('the budget of a period', () => {
  test('is passed by no products at once, and spent to the last of it', async () => {
    // The period is begun: what they wait for is its row.
    await notes.release();
    const rivals = ['one', 'two', 'three', 'four', 'five', 'six'].map((product) => privacyOf(product, 4));
    const results = await Promise.all(rivals.map((rival) => rival.release()));
    const released = results.flatMap((one) => Object.values(one)).filter((one) => one === 'released');
    expect(released).toHaveLength(2);
    expect(await spent()).toEqual([{ spent: '1/1' }]);
  });

  test('adds up fractions exactly, and refuses the least that is too much; the next period has its own', async () => {
    const thirds = ['one', 'two', 'three'].map((product) => privacyOf(product, 3));
    for (const third of thirds) expect(Object.values(await third.release())).toEqual(['released']);
    const little = privacyOf('little', 1_000_000);
    expect(await little.release()).toEqual({ little: 'refused' });
    expect(await little.readReleases('little')).toEqual([]);
    await advance(db, '31 days');
    expect(await little.release()).toEqual({ little: 'released' });
    expect(await spent()).toEqual([{ spent: '1/1' }, { spent: '1/1000000' }]);
  });

  test('is not had twice for days that are in another period', async () => {
    await advanceTo(db, '2060-03-05T00:00:00Z');
    expect(await notes.release()).toEqual({ notes: 'released' });
    await advanceTo(db, '2060-04-05T00:00:00Z');
    expect(await privacyOf('notes', 2, { months: 3 }).release()).toEqual({ notes: 'refused' });
    expect(await notes.release()).toEqual({ notes: 'released' });
    expect(await spent()).toEqual([{ spent: '1/2' }, { spent: '1/2' }]);
  });
});

test.each([
  ['2071-01-01T00:00:00Z', 1, { starts_on: '2070-12-01', ends_on: '2071-01-01' }],
  ['2071-05-31T23:59:59Z', 1, { starts_on: '2071-04-01', ends_on: '2071-05-01' }],
  ['2071-05-31T23:59:59Z', 3, { starts_on: '2071-01-01', ends_on: '2071-04-01' }],
  ['2071-05-31T23:59:59Z', 4, { starts_on: '2071-01-01', ends_on: '2071-05-01' }],
  ['2071-12-31T23:59:59Z', 12, { starts_on: '2070-01-01', ends_on: '2071-01-01' }],
])('at %s the last period of %d months is %o', async (now, months, period) => {
  await advanceTo(db, now);
  expect(await db.asMigrator(lastPeriod(months))).toEqual([period]);
});

test('a period that was over before the server was there has no release', async () => {
  const [began] = await db.asMigrator(
    statement<{ at: string }>(
      `select (date_trunc('month', created_at at time zone 'UTC') + interval '1 day')::text as at from app.installation`,
    ),
  );
  await advanceTo(db, `${began?.at ?? ''}Z`);
  expect(await notes.release()).toEqual({});
  await advance(db, '31 days');
  expect(await notes.release()).toEqual({ notes: 'released' });
});
