import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFolderHome } from '#platform/blobs';
import { commitPoint, statement } from '#platform/db';
import { systemClock, systemRandom } from '#platform/kernel';
import { createSecrets } from '#platform/secrets';
import { temporaryFolder } from '@plinth/testkit/closing';
import { advanceTo, ids, type Member, passTheHour } from '@plinth/testkit/factories';
import { figures, openLimits, permitOf, plannedCall } from '@plinth/testkit/fixtures/limits';
import { MASTER_KEY } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';
import { createRollup } from '../rollup.ts';
import { type LedgerRow, readRows, writeRows } from './archive-file.ts';
import { createLedgerArchives, verifyArchives } from './ledger-archives.ts';

let death = 'nowhere';
const { db } = await testDatabase({
  crashHook(point, phase) {
    if (death === `${point}:${phase}`) throw new Error('killed');
  },
});
await advanceTo(db, '2027-01-05T00:00:00Z');
const fixture = await openLimits(db, {
  limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
  plans: { basic: { uses: 10_000 } },
});
const folder = join(temporaryFolder(), 'blobs');
const home = createFolderHome({
  folder,
  baseUrl: () => 'http://127.0.0.1',
  secrets: createSecrets({ keys: [MASTER_KEY] }),
  clock: systemClock,
  random: systemRandom,
});
let written: string | undefined;
let reads = 0;
const lines: unknown[] = [];
const note = (line: unknown) => void lines.push(line);
const archives = createLedgerArchives({
  db,
  home: {
    ...home,
    async read(...of) {
      reads += 1;
      return home.read(...of);
    },
    async write(...put) {
      if (death === 'write:before') throw new Error('killed');
      await home.write(...put);
      [written] = put;
      if (death === 'write:after') throw new Error('killed');
    },
  },
  log: { info: note, warn: note, error: note },
  months: 1,
});
const rollup = createRollup(db);
const TEST = commitPoint('test.archives', 'what a test changes by hand');
const change = (sql: string, values: unknown[]) =>
  db.system('reports.archive', TEST, [statement(sql, values)]);

async function call(member: Member, cost: number): Promise<void> {
  const permit = permitOf(await fixture.admit(member, { reserve: 500 }));
  await permit.send(plannedCall(500));
  permit.served(figures(cost));
  await permit.settle();
}

async function rowsOf({ accountId }: Member): Promise<LedgerRow[]> {
  const rows = await db.asMigrator(
    statement<{ row: LedgerRow }>(
      'select to_jsonb(e) as row from limits.usage_events e where account_id = $1 order by id',
      [accountId],
    ),
  );
  return rows.map(({ row }) => row);
}

const idOf = (row: LedgerRow) => String(row['id']);

/** The account's ledger in an export. */
async function exportOf(member: Member): Promise<LedgerRow[]> {
  const { has, rows } = await archives.of(member.accountId);
  const all: LedgerRow[] = [];
  for await (const batch of rows) all.push(...batch);
  return [...all, ...(await rowsOf(member)).filter((row) => !has(row))].toSorted((a, b) =>
    idOf(a).localeCompare(idOf(b)),
  );
}

const sumsOf = ({ accountId }: Member) =>
  db.asMigrator(
    statement(
      'select slot, calls, posted, estimated, corrections, charged from reports.usage($1, $2) where account_id = $3 order by slot',
      ['-infinity', 'infinity', accountId],
    ),
  );

/** An account with calls in January and one in March; it is March, and January is over for more than a month. */
async function withOldCalls(year: number): Promise<Member> {
  await advanceTo(db, `${year}-01-10T10:00:00Z`);
  await passTheHour(db);
  // Rolls up the rows that tests before have left.
  await rollup.roll();
  await archives.run();
  const member = await fixture.member();
  for (const cost of [10, 20, 40]) await call(member, cost);
  await advanceTo(db, `${year}-03-02T10:00:00Z`);
  await passTheHour(db);
  await call(member, 80);
  await rollup.roll();
  return member;
}

let year = 2027;

describe('months of the ledger that are over', () => {
  test('go into a file and out of the database, and sums, exports and verification have them', async () => {
    const member = await withOldCalls((year += 1));
    const [before, sums] = [await rowsOf(member), await sumsOf(member)];
    reads = 0;
    await archives.run();
    expect([reads, await rowsOf(member)]).toEqual([1, before.slice(3)]);
    expect(await exportOf(member)).toEqual(before);
    expect(await sumsOf(member)).toEqual(sums);
    expect([await rollup.verify(), await verifyArchives({ db, home }, {})]).toEqual([[], []]);
    await archives.run();
    expect(await exportOf(member)).toEqual(before);
  });

  test.each([
    'write:before',
    'write:after',
    'reports.archived:before',
    'reports.archived:after',
    'reports.archive-deleted:before',
    'reports.archive-deleted:after',
  ])('a run that is killed at %s loses no row, and the next one ends it', async (at) => {
    const member = await withOldCalls((year += 1));
    const before = await rowsOf(member);
    death = at;
    await expect(archives.run()).rejects.toThrow('killed');
    death = 'nowhere';
    expect(await exportOf(member)).toEqual(before);
    expect([await rollup.verify(), await verifyArchives({ db, home }, {})]).toEqual([[], []]);
    await archives.run();
    expect(await rowsOf(member)).toEqual(before.slice(3));
    expect(await exportOf(member)).toEqual(before);
  });

  test('stay while a permit, an invoice or a dispute of theirs is open', async () => {
    const member = await withOldCalls((year += 1));
    const { accountId } = member;
    const blocks = async (sql: string, undo: string) => {
      await change(sql, [accountId]);
      lines.length = 0;
      await archives.run();
      expect(await rowsOf(member)).toHaveLength(4);
      await change(undo, [accountId]);
      return lines[0];
    };
    const first = '(select id from limits.permits where account_id = $1 order by id limit 1)';
    expect(
      await blocks(
        `update limits.permits set state = 'running' where account_id = $1 and id = ${first}`,
        `update limits.permits set state = 'settled' where account_id = $1 and id = ${first}`,
      ),
    ).toMatchObject({ refusal: 'permit' });
    expect(
      await blocks(
        `insert into billing.invoices (account_id, id, store, mode, store_id, state, reason, currency, subtotal, discount, tax, total, paid, issued_at)
         values ($1, gen_random_uuid(), 'stripe', 'test', 'in_' || $1::uuid, 'open', 'manual', 'usd', 1, 0, 0, 1, 0, app.now() - interval '10 days')`,
        'delete from billing.invoices where account_id = $1',
      ),
    ).toMatchObject({ refusal: 'invoice' });
    expect(
      await blocks(
        `insert into billing.disputes (account_id, id, store, mode, store_id, charge, state, amount, currency, occurred_at)
         values ($1, gen_random_uuid(), 'stripe', 'test', 'dp_' || $1::uuid, 'ch_1', 'open', 1, 'usd', app.now() - interval '10 days')`,
        'delete from billing.disputes where account_id = $1',
      ),
    ).toMatchObject({ refusal: 'dispute' });
    await archives.run();
    expect(await rowsOf(member)).toHaveLength(1);
  });

  test('are not deleted under an export that began before, and a call that a backend reported stays', async () => {
    const member = await withOldCalls((year += 1));
    const { accountId, userId } = member;
    await change('insert into erasure.exports (user_id, id, organization_id) values ($1, $2, $3)', [
      userId,
      ids.next(),
      accountId,
    ]);
    const reported = 'update limits.usage_events set reported_by = $2, reported_id = $2 where id = $1';
    const [first] = await rowsOf(member);
    await db.asMigrator(statement('alter table limits.usage_events disable trigger usage_events_final'));
    await change(reported, [first?.['id'], ids.next()]);
    await db.asMigrator(statement('alter table limits.usage_events enable trigger usage_events_final'));
    const before = await rowsOf(member);
    await archives.run();
    expect(await rowsOf(member)).toEqual(before);
    expect(await exportOf(member)).toEqual(before);
    await change('delete from erasure.exports where user_id = $1', [userId]);
    await archives.run();
    expect(await rowsOf(member)).toEqual([before[0], before[3]]);
    expect(await exportOf(member)).toHaveLength(4);
    expect([await rollup.verify(), await verifyArchives({ db, home }, {})]).toEqual([[], []]);
  });

  test('are not deleted when their file is another one by then, and verification names it and changed sums', async () => {
    const member = await withOldCalls((year += 1));
    const { accountId } = member;
    const month = `${year}-01`;
    const found = () => verifyArchives({ db, home }, { from: new Date(`${month}-01T00:00:00Z`) });
    death = 'reports.archived:after';
    await expect(archives.run()).rejects.toThrow('killed');
    death = 'nowhere';
    // One row was deleted already, and is in the file alone.
    const [first] = await rowsOf(member);
    await change('delete from limits.usage_events where id = $1', [first?.['id']]);
    const path = join(folder, written ?? '');
    const bytes = await readFile(path);
    await writeFile(path, 'else');
    await archives.run();
    expect(await rowsOf(member)).toHaveLength(3);
    expect(await found()).toEqual([{ account_id: accountId, month, problem: 'changed' }]);
    await rm(path);
    expect(await found()).toEqual([{ account_id: accountId, month, problem: 'missing' }]);
    await expect(exportOf(member)).rejects.toMatchObject({ code: 'archive_broken' });
    await writeFile(path, bytes);
    await archives.run();
    expect([await found(), (await rowsOf(member)).length, (await exportOf(member)).length]).toEqual([
      [],
      1,
      4,
    ]);
    await change('update reports.usage_cells set posted = posted + 1 where account_id = $1', [accountId]);
    expect(await found()).toEqual([{ account_id: accountId, month, problem: 'sums' }]);
  });
});

test('a file gives back what was written, whatever texts hold and wherever it is cut', async () => {
  const rows = [
    { id: 'a', text: 'x,"y"\r\nz\n', number: -5, none: null, yes: true, steps: [1, null, 3] },
    { id: 'b', text: '', number: 0, none: '"', yes: false, steps: null },
  ];
  const parts: Buffer[] = [];
  for await (const part of writeRows(batches(rows))) parts.push(part);
  const bytes = Buffer.concat(parts);
  const chunks = batches(Array.from(bytes, (byte) => byte));
  const read: LedgerRow[] = [];
  for await (const batch of readRows(asBytes(chunks))) read.push(...batch);
  expect(read).toEqual(rows);
});

async function* batches<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (const one of all) yield [one];
}

async function* asBytes(chunks: AsyncIterable<readonly number[]>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Uint8Array.from(chunk);
}
