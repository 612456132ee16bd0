import { type DataRule, type Fate, type Statement, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** Whose rows are meant. */
export type Subject =
  | { readonly kind: 'account'; readonly id: AccountId }
  | {
      readonly kind: 'user';
      readonly id: UserId;
      /** null where it was never verified: what went to that address may be another person's. */
      readonly email: string | null;
    };

/** The rows of a subject in a table, as a condition on `t` with the id as `$1` and the verified email, or '', as `$2`; undefined: it has none there. */
export function rowsOf(rule: DataRule, kind: Subject['kind']): string | undefined {
  const fate = rule[kind];
  if (fate === undefined) return undefined;
  const own = 'where' in fate ? fate.where : undefined;
  return own ?? `t.${kind}_id = $1::uuid`;
}

export const valuesOf = (subject: Subject): [string, string] => [
  subject.id,
  subject.kind === 'user' ? (subject.email ?? '') : '',
];

/**
 * One statement that erases a subject from all tables. One, because tables name each other: foreign keys are looked at when
 * all of it is done.
 */
export function eraseStatement(rules: readonly DataRule[], subject: Subject): Statement {
  const steps = rules.flatMap((rule) => {
    const fate = rule[subject.kind];
    const step = fate === undefined ? undefined : stepOf(rule, fate, rowsOf(rule, subject.kind) ?? 'false');
    return step === undefined ? [] : [step];
  });
  const named = steps.map((step, place) => `step_${place} as (${step})`);
  return statement(`with ${named.join(',\n')}\nselect $1::uuid, $2::text`, valuesOf(subject));
}

function stepOf({ table }: DataRule, fate: Fate, where: string): string | undefined {
  if (fate.does === 'erase') return `delete from ${table} t where ${where}`;
  if (fate.does !== 'unlink') return undefined;
  const sets = Object.entries(fate.sets).map(([column, to]) => `${column} = ${to}`);
  return `update ${table} t set ${sets.join(', ')} where ${where}`;
}
