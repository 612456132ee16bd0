import { microsecondsOf, olderThan, statement, valuesOf } from 'plinth/product';
import type { Level, MemberKey } from '../levels.ts';
import type { ListRange } from './items.ts';

/** Why the member can give nothing this level; null: they can. */
export const levelProblem = (level: Level, teamId: string | null) =>
  statement<{ problem: string | null }>('select coditect.level_problem($1, $2) as problem', [level, teamId]);

interface ItemTable {
  readonly table: 'coditect.memory_sessions' | 'coditect.memory_decisions' | 'coditect.patterns';
  /** Which of its rows `s` the member may read: account `$1`, user `$2`. */
  readonly readable: string;
  /** Columns of a row `s`, and of what is joined to it. */
  readonly columns: string;
  readonly joined?: string;
  /** A further condition on a row `s`, with what it compares with. */
  readonly narrowed?: (put: (value: unknown) => string) => string;
}

/** A list of items, newest first. The rows of its page are found before anything is joined to them. */
export function newestFirst(
  { accountId, userId }: MemberKey,
  { table, readable, columns, joined = '', narrowed }: ItemTable,
  {
    after,
    limit,
    ...filters
  }: ListRange & Partial<Record<'level' | 'author_id' | 'status' | 'kind', string | undefined>>,
): { readonly text: string; readonly values: readonly unknown[] } {
  const { values, put } = valuesOf(accountId, userId, limit);
  const conditions = [
    readable,
    ...Object.entries(filters).flatMap(([column, value]) =>
      value === undefined ? [] : [`s.${column} = ${put(value)}`],
    ),
    ...(narrowed === undefined ? [] : [narrowed(put)]),
    ...olderThan(after, put),
  ];
  const text = `select ${columns}, ${microsecondsOf('s.created_at')} as at
     from (select * from ${table} s where ${conditions.join(' and ')} order by created_at desc, id desc limit $3) s ${joined}
     order by s.created_at desc, s.id desc`;
  return { text, values };
}
