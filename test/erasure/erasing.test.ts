import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { allDataRules } from '../../server/src/app/lists.ts';
import { workedOff } from '@plinth/testkit/walkers/people';
import { furnishingsOf, makeHousehold, walkedApp } from '../walkers/household.ts';
import { dumpOf, tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { closeAccount, createMarked } from '@plinth/testkit/walkers/erasure/marked';

const app = await walkedApp({ work: false });
const { db } = app;
const { callErrors, denials, erasure, limits, reports } = app.app.modules;
const rules = allDataRules();
const EVER = { from: new Date(0), until: new Date('2100-01-01T00:00:00Z') };

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
    const { marker } = await createMarked(app, { rules, furnishings: furnishingsOf(app) });
    expect((await tablesWith(db, marker)).length).toBeGreaterThan(25);
    await advance(db, '14 days');
    const names = [other.organization, other.owner.userId, other.others.member.userId];
    // Counted in memory, and written every few seconds.
    await Promise.all([callErrors.write(), denials.write()]);
    const [before, sums] = [await rowsNaming(names), await sumsOf()];
    expect(await erasure.eraser.run()).toBeGreaterThan(2);
    // The operator's own id of who was erased, so that its systems forget them too; events are pruned after days.
    await db.asMigrator(
      statement(
        `update webhooks.events set customer = null where type = 'account.erased' and customer like $1`,
        [`%${marker}%`],
      ),
    );
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
    await closeAccount(app, owner);
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
