import type { Database, Statement, Transaction } from '#platform/db';

/** The column by which a scope's statements keep to their owner. */
const OWNER = { tenant: 'account_id', member: 'account_id', user: 'user_id' } as const;
type Verb = keyof typeof OWNER;

/** What was seen of the statements of a program whose filters are off. */
export interface SeenStatements {
  /** Statements in the scope of an account or user whose filter was taken out, by their text as it was. */
  readonly opened: Set<string>;
  /** Those that had none: they write, they call a function of the database, or row security is all they have. */
  readonly plain: Set<string>;
  /** Those that still compare the owner's column in a way that is not known here. */
  readonly kept: Set<string>;
  /** Statements of the system, by use: row security does not bind it, and its filters stay. */
  readonly system: Map<string, Set<string>>;
}

export const nothingSeen = (): SeenStatements => ({
  opened: new Set(),
  plain: new Set(),
  kept: new Set(),
  system: new Map(),
});

/** In a condition, and not where a column is set: `set user_id = $2` stays. */
const CONDITION = String.raw`(?<=\b(?:where|and|or|on|not|when)\s+\(*|\(\s*)`;
const COLUMN = (owner: string) => String.raw`(?:"?\w+"?\.)?"?\b${owner}"?`;
const FILTER = (owner: string) =>
  new RegExp(String.raw`${CONDITION}${COLUMN(owner)}\s*=\s*(?:(\$\d+)(?:::uuid)?(?!\w)|app\.\w+\(\))`, 'gi');
const COMPARED = (owner: string) =>
  new RegExp(String.raw`${CONDITION}${COLUMN(owner)}\s*(?:=\s*(?:\$|any\b|\(|app\.)|in\s*\()`, 'i');

/**
 * Takes a statement's own filter by its owner out: `account_id = $1` becomes true for every row. In the scope of an account
 * or its member that is the account's column alone, as a user's id only chooses among its rows; in the scope of a user it is the user's.
 */
export function removeFilter(text: string, verb: Verb): string {
  // The place stays in use: a parameter that no place uses has no type, and the statement would fail.
  return text.replace(FILTER(OWNER[verb]), (_whole, place: string | undefined) =>
    place === undefined ? 'true' : `(${place}::uuid is not null or true)`,
  );
}

/** The same database for a program that forgets to say whose rows it means: row security is all that is left. */
export function withoutFilters(db: Database, seen: SeenStatements): Database {
  return {
    ...db,
    tenant: wrapVerb(db.tenant, (one) => open(one, 'tenant', seen)),
    member: wrapVerb(db.member, (one) => open(one, 'member', seen)),
    user: wrapVerb(db.user, (one) => open(one, 'user', seen)),
    system: wrapVerb(db.system, (one, use) => {
      const { text, values } = one;
      seen.system.set(use, (seen.system.get(use) ?? new Set()).add(text));
      return { text, values };
    }),
  };
}

function open({ text, values }: Statement, verb: Verb, seen: SeenStatements): Statement {
  const changed = removeFilter(text, verb);
  if (COMPARED(OWNER[verb]).test(changed)) seen.kept.add(text);
  else if (changed !== text) seen.opened.add(text);
  else seen.plain.add(text);
  return { text: changed, values };
}

type Job = readonly Statement[] | ((tx: Transaction) => Promise<unknown>);
type ScopedCall = (scope: unknown, pointOrJob: string | Job, job?: Job) => Promise<unknown>;

/** A verb of the database whose statements pass through something on their way. */
function wrapVerb<V extends Database[Verb | 'system']>(
  verb: V,
  change: (one: Statement, scope: string) => Statement,
): V {
  const call = verb as unknown as ScopedCall;
  const changeJob = (job: Job, scope: unknown): Job => {
    if (typeof job !== 'function') return job.map((one) => change(one, String(scope)));
    return (tx) =>
      job({
        run: async (one) => (await tx.run(change(one, String(scope)))) as never,
        runAll: async (all) => (await tx.runAll(all.map((one) => change(one, String(scope))))) as never,
      });
  };
  const callChanged: ScopedCall = (scope, pointOrJob, job) =>
    typeof pointOrJob === 'string'
      ? call(scope, pointOrJob, changeJob(job ?? [], scope))
      : call(scope, changeJob(pointOrJob, scope));
  return callChanged as unknown as V;
}
