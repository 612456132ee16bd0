import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { Table } from '@plinth/testkit/walkers/tables';
import { KEY_OF, ownerOf } from './rules.ts';

const ATTEMPT = commitPoint('test.walkers.bite', 'what one tenant tries on the rows of another');
/** What PostgreSQL says where a right is missing, or a policy stands in the way of a written row. */
const DENIED = '42501';
/** What `app.account()` and `app.user_id()` say where that scope is not set. */
const UNSCOPED = ['PL001', 'PL002'];

/** An owner of rows: an account and its user. */
export interface Tenant {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

class Undone extends Error {}

/**
 * What one tenant can do to the rows of another in a table, in sentences: nothing, when policies bite. It really tries,
 * in each scope that a tenant's transaction can have, and takes everything back.
 */
export async function bitesOf(db: Database, table: Table, { mine, theirs }: Pair): Promise<string[]> {
  const owner = ownerOf(table);
  if (owner === 'system') return systemBites(db, table, mine);
  const key = KEY_OF[owner];
  const other = { key, value: owner === 'account' ? theirs.accountId : theirs.userId };
  const own = { key, value: owner === 'account' ? mine.accountId : mine.userId };
  const rows = await rowsOf(db, table, other);
  const [row] = rows;
  if (row === undefined || (await rowsOf(db, table, own)).length === 0)
    return ['there are no rows to try on'];
  const written = table.columns.flatMap(({ name, generated }) => (generated ? [] : [name])).join();
  const found: string[] = [];
  for (const scope of SCOPES) {
    const run = (sql: string, values: readonly unknown[]) => tryStatement(db, { scope, mine }, sql, values);
    found.push(
      ...checkReached(
        'reads',
        scope,
        await run(`select 1 from ${table.name} where ${key} = $1`, [other.value]),
      ),
      ...checkReached(
        'changes',
        scope,
        await run(`update ${table.name} set ${key} = ${key} where ${key} = $1 returning 1`, [other.value]),
      ),
      ...checkReached(
        'deletes',
        scope,
        await run(`delete from ${table.name} where ${key} = $1 returning 1`, [other.value]),
      ),
      ...checkReached(
        'gives away',
        scope,
        await run(`update ${table.name} set ${key} = $2 where ${key} = $1 returning 1`, [
          own.value,
          other.value,
        ]),
      ),
      ...checkPlanted(
        scope,
        await run(
          `insert into ${table.name} (${written}) select ${written} from jsonb_populate_record(null::${table.name}, $1::jsonb) returning 1`,
          [JSON.stringify(row)],
        ),
      ),
    );
  }
  return found;
}

/** How many rows of other users a user reaches in a table of users, in sentences: none, whichever accounts they own. */
export async function readsOfOthers(db: Database, table: Table, mine: Tenant): Promise<string[]> {
  const found: string[] = [];
  for (const scope of SCOPES) {
    const outcome = await tryStatement(
      db,
      { scope, mine },
      `select 1 from ${table.name} where user_id <> $1`,
      [mine.userId],
    );
    found.push(...checkReached('reads', scope, outcome));
  }
  return found;
}

/** What a user reaches of what others of their account wrote for themselves alone, in sentences: nothing, and in no scope but a member's anything. */
export async function reachOfMember(db: Database, table: Table, mine: Tenant): Promise<string[]> {
  const found: string[] = [];
  for (const scope of SCOPES) {
    const own = scope === 'member' ? `author_id <> $1 and level = 'private'` : '$1::uuid is not null';
    const run = (sql: string) => tryStatement(db, { scope, mine }, sql, [mine.userId]);
    found.push(
      ...checkReached('reads', scope, await run(`select 1 from ${table.name} where ${own}`)),
      ...checkReached(
        'changes',
        scope,
        await run(`update ${table.name} set level = level where author_id <> $1 returning 1`),
      ),
    );
  }
  return found;
}

export interface Pair {
  readonly mine: Tenant;
  readonly theirs: Tenant;
}

const SCOPES = ['account', 'user', 'member'] as const;
type Scope = (typeof SCOPES)[number];

async function systemBites(db: Database, table: Table, mine: Tenant): Promise<string[]> {
  const found: string[] = [];
  for (const scope of SCOPES) {
    const changes = await tryStatement(db, { scope, mine }, `delete from ${table.name} returning 1`, []);
    if (changes !== DENIED) found.push(`a tenant deletes in it (${scope}): ${String(changes)}`);
  }
  return found;
}

async function rowsOf(
  db: Database,
  table: Table,
  { key, value }: { key: string; value: string },
): Promise<Record<string, unknown>[]> {
  const sql = `select to_jsonb(t) as row from ${table.name} t where ${key} = $1`;
  const rows = await db.asMigrator(statement<{ row: Record<string, unknown> }>(sql, [value]));
  return rows.map(({ row }) => row);
}

/** How many rows a statement reached, or the code with which it was refused. Nothing of it stays. */
async function tryStatement(
  db: Database,
  { scope, mine }: { scope: Scope; mine: Tenant },
  ...[sql, values]: [sql: string, values: readonly unknown[]]
): Promise<number | string> {
  let reachedRows = 0;
  const work = async (tx: Transaction) => {
    reachedRows = (await tx.run(statement(sql, values))).length;
    throw new Undone();
  };
  try {
    if (scope === 'account') await db.tenant(mine.accountId, ATTEMPT, work);
    else if (scope === 'user') await db.user(mine.userId, ATTEMPT, work);
    else await db.member({ account: mine.accountId, user: mine.userId }, ATTEMPT, work);
  } catch (error) {
    if (error instanceof Undone) return reachedRows;
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
  return reachedRows;
}

function checkReached(does: string, scope: Scope, outcome: number | string): string[] {
  const isRefused = outcome === 0 || outcome === DENIED || UNSCOPED.includes(String(outcome));
  return isRefused ? [] : [`a tenant ${does} rows that are another’s (${scope}): ${outcome}`];
}

function checkPlanted(scope: Scope, outcome: number | string): string[] {
  const isRefused = outcome === DENIED || UNSCOPED.includes(String(outcome));
  return isRefused ? [] : [`a tenant plants a row in another’s name (${scope}): ${outcome}`];
}
