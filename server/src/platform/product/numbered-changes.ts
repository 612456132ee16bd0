import { type CommitPoint, type Database, type Statement, statement, type SystemUse } from '#platform/db';

/**
 * Changes that are numbered by a head: one row of `heads` (columns `seq`, `pruned`, `updated_at`) for each `key`, such as a scope of
 * Orbit or the records of a member.
 */
export interface NumberedChanges {
  /** `orbit.scope_heads` */
  readonly heads: string;
  /** `orbit.scope_changes`: it has the key's columns, and `seq`. */
  readonly changes: string;
  /** Which of them grow old, and when they began to: a column of `changes` that an index leads with. */
  readonly since: string;
  /** `['account_id', 'scope_id']` */
  readonly key: readonly string[];
}

/**
 * Takes the next number, in SQL: it answers `seq`. The head is locked to the commit, so that numbers are committed in their order: a
 * reader of a number has all before it. `key` gives the values of the key's columns: `['$1', '$2']`.
 */
export function nextNumber(
  { heads, key }: Pick<NumberedChanges, 'heads' | 'key'>,
  values: readonly string[],
) {
  return `insert into ${heads} as h (${key.join(', ')}, seq) values (${values.join(', ')}, 1)
       on conflict (${key.join(', ')}) do update set seq = h.seq + 1, updated_at = app.now()
       returning h.seq`;
}

/** Whether a client that was told all up to a number can be told what it missed: nothing of it was pruned, and there was such a number. */
export function canGoOn({ head, pruned }: { readonly head: number; readonly pruned: number }, told: number) {
  return told >= pruned && told <= head;
}

function same(one: string, other: string, names: readonly string[]): string {
  return names.map((name) => `${one}.${name} = ${other}.${name}`).join(' and ');
}

/** Deletes some of the changes that are older than so many days, and notes up to where; answers how many. */
export function pruneNumbered(
  { heads, changes, since, key }: NumberedChanges,
  { days, most }: { readonly days: number; readonly most: number },
): Statement<{ pruned: number }> {
  const columns = [...key, 'seq'];
  return statement<{ pruned: number }>(
    `with old as materialized (
       select ${columns.join(', ')} from ${changes}
       where ${since} < (select app.now() - make_interval(days => $1)) order by ${since} limit $2 for update skip locked),
     gone as (
       delete from ${changes} c using old
       where ${same('c', 'old', columns)}
       returning ${columns.map((name) => `c.${name}`).join(', ')}),
     noted as (
       update ${heads} h set pruned = greatest(h.pruned, g.seq), updated_at = app.now()
       from (select ${key.join(', ')}, max(seq) as seq from gone group by ${key.join(', ')}) g
       where ${same('h', 'g', key)})
     select count(*)::integer as pruned from gone`,
    [days, most],
  );
}

const PRUNED_AT_ONCE = 5_000;

/** Deletes all changes that are older than so many days, of all accounts, a commit at a time: for a job that runs by the clock. */
export async function pruneChanges(
  db: Pick<Database, 'system'>,
  changes: NumberedChanges,
  { use, point, days }: { readonly use: SystemUse; readonly point: CommitPoint; readonly days: number },
): Promise<void> {
  for (;;) {
    const [[gone]] = await db.system(use, point, [pruneNumbered(changes, { days, most: PRUNED_AT_ONCE })]);
    if ((gone?.pruned ?? 0) < PRUNED_AT_ONCE) return;
  }
}
