import { commitPoint, type Database, statement } from 'plinth/product';

const NOTED = commitPoint(
  'coditect.departed-noted',
  'which authors of what is private are no members any more',
);
const FORGOTTEN = commitPoint(
  'coditect.departed-forgotten',
  'what people who left kept private, their storage given back',
);

/** How long what a departed member kept private is theirs to export, and waits for them to come back. */
const DAYS_KEPT = 30;

/** Tables of members' texts, each with `left_at`. Rows that belong to a row go with it. */
const TABLES = [
  'coditect.memory_sessions',
  'coditect.memory_decisions',
  'coditect.memory_documents',
  'coditect.patterns',
] as const;
type Table = (typeof TABLES)[number];

/** Notes whose authors have left, or are back. */
export const noteDeparted = (table: Table) =>
  statement(
    `update ${table} s set left_at = case when s.left_at is null then app.now() end, updated_at = app.now()
     where s.level = 'private' and (s.left_at is null) is distinct from exists (
       select from accounts.members m where m.account_id = s.account_id and m.user_id = s.author_id)`,
  );

/** One that is due, whose author did not come back; its storage is the account's again by the same commit, which holds its gauges. */
export const deleteDeparted = (table: Table) =>
  statement<{ id: string }>(
    `with chosen as materialized (
       select account_id, id from ${table} d where left_at < (select app.now() - make_interval(days => $1))
         and not exists (select from accounts.members m where m.account_id = d.account_id and m.user_id = d.author_id)
       order by left_at limit 1 for update skip locked)
     delete from ${table} s using chosen where s.account_id = chosen.account_id and s.id = chosen.id returning s.id`,
    [DAYS_KEPT],
  );

/** Deletes what people kept private who left 30 days ago, of all accounts, a commit at a time. */
export async function forgetDeparted(db: Database): Promise<void> {
  await db.system('coditect.departed', NOTED, TABLES.map(noteDeparted));
  for (const table of TABLES)
    for (let isLast = false; !isLast; ) {
      const [rows] = await db.system('coditect.departed', FORGOTTEN, [deleteDeparted(table)]);
      isLast = rows.length === 0;
    }
}
