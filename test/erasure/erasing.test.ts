import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { allDataRules } from '../../server/src/app/lists.ts';
import { makeHousehold, PASSWORD, type Person, walkedApp, workedOff } from '../walkers/people.ts';
import { dumpOf, tablesWith } from './dump.ts';
import { markRows } from './mark-rows.ts';

const app = await walkedApp({ work: false });
const { db } = app;
const { callErrors, denials, erasure, limits, reports } = app.app.modules;
const rules = allDataRules();
const EVER = { from: new Date(0), until: new Date('2100-01-01T00:00:00Z') };

let made = 0;
function newMarker(): string {
  made += 1;
  return `MARK${process.pid}X${made}`;
}

/** Replaces a user's address in every table. */
async function changeAddress(person: Person, email: string): Promise<void> {
  const tables = [
    ['identity.users', 'email'],
    ['mail.messages', 'recipient'],
    ['accounts.invitations', 'email'],
    ['identity.email_tokens', 'email'],
  ];
  for (const [table, column] of tables) {
    const sql = `update ${table} set ${column} = $2 where lower(${column}) = lower($1)`;
    await db.asMigrator(statement(sql, [person.email, email]));
  }
}

async function personalOf({ userId }: Person): Promise<string> {
  const sql = `select account_id as id from accounts.accounts where created_by = $1 and kind = 'personal'`;
  const [row] = await db.asMigrator(statement<{ id: string }>(sql, [userId]));
  return row?.id ?? '';
}

/** A user with one of everything in their organization, who has closed their account; each of their texts contains the marker. */
async function createMarked(): Promise<{ owner: Person; organization: string; marker: string }> {
  const marker = newMarker();
  const { owner, organization } = await makeHousehold(app, []);
  await closeAccount(owner);
  // Jobs that waited are given up, and permits that were delegated are over: nothing of theirs is open any more.
  await workedOff(app);
  await advance(db, '1 day');
  await limits.sweep();
  await changeAddress(owner, `${marker}@example.com`);
  const accounts = [organization, await personalOf(owner)];
  await markRows(db, rules, { accounts, users: [owner.userId], marker });
  expect((await tablesWith(db, marker)).length).toBeGreaterThan(25);
  return { owner, organization, marker };
}

async function closeAccount(person: Person): Promise<void> {
  const reply = await app.call(person.token, 'DELETE /v1/me', { body: { password: PASSWORD } });
  expect(reply.status).toBe(200);
}

const sumsOf = async () => {
  const [row] = await db.asMigrator(
    statement<Record<string, string>>(
      `select sum(cost)::text as ledger, count(*)::text as calls,
         (select sum(posted + estimated + corrections)::text from reports.usage(to_timestamp(0), 'infinity')) as reports,
         (select sum(net)::text from reports.proceeds) as proceeds
       from limits.usage_events where state = 'posted'`,
    ),
  );
  return row;
};

/** Rows in which one of these ids stands, but for answers that are kept for a day, and counts of rates: what a process has lent and not used it gives back. */
async function rowsNaming(ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const [table, rows] of await dumpOf(db)) {
    if (table.startsWith('idempotency.') || table === 'limits.rates') continue;
    found.push(...rows.filter((row) => ids.some((id) => row.includes(id))).map((row) => `${table} ${row}`));
  }
  return found;
}

describe('an erasure', () => {
  test('leaves no word of a person and of what was theirs in the whole database; others stay as they were', async () => {
    const other = await makeHousehold(app, ['member']);
    const { marker } = await createMarked();
    await advance(db, '14 days');
    const names = [other.organization, other.owner.userId, other.others.member.userId];
    // Counted in memory, and written every few seconds.
    await Promise.all([callErrors.write(), denials.write()]);
    const [before, sums] = [await rowsNaming(names), await sumsOf()];
    expect(await erasure.eraser.run()).toBeGreaterThan(2);
    expect(await tablesWith(db, marker)).toEqual([]);
    expect(await rowsNaming(names)).toEqual(before);
    expect(await sumsOf()).toEqual(sums);
    expect(Number(sums?.['calls'])).toBeGreaterThan(0);
    expect(await reports.rollup.verify(EVER)).toEqual([]);
  });

  test('of an admin keeps what they changed of the platform, and empties what they changed of themselves', async () => {
    const { owner } = await makeHousehold(app, []);
    const changesOf = async () => {
      const sql = `select action, changes from audit.events where user_id = $1 and request_id = 'kept' order by id`;
      return db.asMigrator(statement<{ action: string; changes: object }>(sql, [owner.userId]));
    };
    const record = `insert into audit.events (id, actor_kind, user_id, action, target_kind, target_id, changes, request_id)
      values (gen_random_uuid(), 'user', $1, $2, $3, $4, '{"name": "x"}', 'kept')`;
    const done = [
      ['job.replayed', 'job', 'a-job'],
      ['mfa.passkey_renamed', 'passkey', 'a-passkey'],
      ['user.profile_changed', 'user', owner.userId],
    ];
    for (const [action = '', kind = '', id = ''] of done)
      await db.asMigrator(statement(record, [owner.userId, action, kind, id]));
    await closeAccount(owner);
    await workedOff(app);
    await advance(db, '1 day');
    await limits.sweep();
    await advance(db, '14 days');
    await erasure.eraser.run();
    const kept = (await changesOf()).filter(({ changes }) => Object.keys(changes).length > 0);
    expect(kept.map(({ action }) => action)).toEqual(['job.replayed']);
    expect(await changesOf()).toHaveLength(done.length);
  });
});
