import { type DataRule, type Fate, type Statement, statement } from '#platform/db';
import { rowsOf, type Subject, valuesOf } from './plan.ts';

/** Rows of a table that were an erased account's, or person's, and what became of them. */
export interface ProofLine {
  readonly table: string;
  readonly of: Subject['kind'];
  /** The table's rule: `erase`, `follow` (by a foreign key) or `unlink` (emptied of what names them). */
  readonly rule: Exclude<Fate['does'], 'keep'>;
  /** Rows that were theirs before the erasure, and those that still are in the same commit. */
  readonly before: number;
  readonly after: number;
}

interface Counted {
  readonly table: string;
  readonly rows: number;
}

/** How many rows of each table are a subject's, by the rules that erase them; without tables that have none, or that are kept. */
export function countRows(rules: readonly DataRule[], subject: Subject): Statement<Counted> {
  const counts = rules.flatMap((rule) => {
    const where = rowsOf(rule, subject.kind);
    return where === undefined || rule[subject.kind]?.does === 'keep'
      ? []
      : [`select '${rule.table}' as "table", (select count(*) from ${rule.table} t where ${where}) as rows`];
  });
  return statement(
    `select c.* from (${counts.join(' union all ')}) c where c.rows > 0 and num_nonnulls($1::uuid, $2::text) = 2`,
    valuesOf(subject),
  );
}

/** Counts before and after, by table. */
export function proofOf(
  rules: readonly DataRule[],
  of: Subject['kind'],
  { before, after }: { readonly before: readonly Counted[]; readonly after: readonly Counted[] },
): ProofLine[] {
  const left = new Map(after.map(({ table, rows }) => [table, rows]));
  const fates = new Map(rules.map((rule) => [rule.table, rule[of]]));
  return before.flatMap(({ table, rows }) => {
    const rule = fates.get(table)?.does;
    if (rule === undefined || rule === 'keep') return [];
    return [{ table, of, rule, before: rows, after: left.get(table) ?? 0 }];
  });
}

export function insertProof(
  of: { readonly kind: Subject['kind']; readonly id: string },
  lines: readonly ProofLine[],
): Statement {
  return statement(`insert into erasure.proofs (subject_id, subject_kind, tables) values ($1, $2, $3)`, [
    of.id,
    of.kind,
    JSON.stringify(lines),
  ]);
}
