import { type Description, type SqlClient, withClient } from '@plinth/testkit/services';
import { byOid } from '@plinth/testkit/statements/drivers';
import type { Copied } from './rows.ts';
import { type Comparison, comparisonsIn, pagesVisited, type PlanNode, rowsVisited } from './visits.ts';

/** One statement of the program, run for an account. */
export interface Visit {
  readonly name: string;
  /** By which role, and with which plan. */
  readonly how: string;
  /** Rows or pages, whichever are more; undefined where it did not end in time. */
  readonly visited: number | undefined;
}

export interface Text {
  readonly name: string;
  readonly text: string;
  readonly parameters: Description['parameters'];
}

const PATIENCE = '60s';
const QUERY_CANCELED = '57014';

/** As statements run, with plans for this account or for any: by a tenant, and by the system those that no tenant may run. */
const ROLES = ['plinth_tenant', 'plinth_system'] as const;
const MODES = ['force_custom_plan', 'force_generic_plan'] as const;

/**
 * Runs statements for an account, and takes everything back. One that the database refuses, for a right of the role or for the values, is
 * left out: a value is what most rows of the account have in the column that its parameter is compared with, or a default of its type.
 */
export async function walkStatements(
  url: string,
  texts: readonly Text[],
  of: Copied,
): Promise<readonly Visit[]> {
  const visits: Visit[] = [];
  await withClient(url, async (client) => {
    await client.query(`set statement_timeout = '${PATIENCE}'`);
    for (const one of texts) {
      const literals = await inTransaction(client, () => valuesOf(client, one.text, { ...one, of }));
      for (const role of ROLES) {
        const own: Visit[] = [];
        for (const mode of MODES) {
          const visited = await inTransaction(client, () =>
            visit(client, one, { role, mode, of, literals }),
          ).catch((error: unknown) => (codeOf(error) === QUERY_CANCELED ? undefined : REFUSED));
          if (visited !== REFUSED) own.push({ name: one.name, how: `${role}, ${mode}`, visited });
        }
        visits.push(...own);
        if (own.length > 0) break;
      }
    }
  });
  return visits;
}

const REFUSED = -1;
const codeOf = (error: unknown) => String((error as { code?: unknown }).code);

interface As {
  readonly of: Copied;
  readonly mode: string;
  readonly role: string;
  readonly literals: readonly string[];
}

async function inTransaction<T>(client: SqlClient, work: () => Promise<T>): Promise<T> {
  try {
    await client.query('begin');
    return await work();
  } finally {
    await client.query('rollback; deallocate all');
  }
}

async function visit(client: SqlClient, { text }: Text, { of, mode, role, literals }: As): Promise<number> {
  await client.query(
    `select set_config('role', $1, true), set_config('app.account', $2, true), set_config('app.user', $3, true), set_config('plan_cache_mode', $4, true)`,
    [role, of.account, of.user, mode],
  );
  await client.query(`prepare walked as ${text}`);
  const given = literals.length === 0 ? '' : `(${literals.join(', ')})`;
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `explain (analyze, buffers, timing off, format json) execute walked${given}`,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  if (plan === undefined) throw new Error('there is no plan');
  return Math.max(rowsVisited(plan), pagesVisited(plan));
}

/** A literal for each parameter: what most rows of the account have in the column that it is compared with. */
async function valuesOf(
  client: SqlClient,
  text: string,
  { parameters, of }: { readonly parameters: readonly number[]; readonly of: Copied },
): Promise<string[]> {
  if (parameters.length === 0) return [];
  await client.query('savepoint planned');
  const compared = await client
    .query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (generic_plan, verbose, format json) ${text}`)
    .then(({ rows }) => comparisonsIn(rows[0]?.['QUERY PLAN'][0].Plan ?? { 'Node Type': 'none' }))
    .catch(async () => {
      await client.query('rollback to savepoint planned');
      return [];
    });
  const values: string[] = [];
  for (const [index, oid] of parameters.entries()) {
    const type = byOid.get(oid)?.name ?? 'text';
    const own = compared.filter(({ parameter }) => parameter === index + 1);
    const value = await sampleOf(client, own, { type, of });
    values.push(
      `${value === undefined ? defaultOf(type, text, index + 1) : client.escapeLiteral(value)}::${type}`,
    );
  }
  return values;
}

async function sampleOf(
  client: SqlClient,
  compared: readonly Comparison[],
  { type, of }: { readonly type: string; readonly of: Copied },
): Promise<string | undefined> {
  let best: { readonly value: string; readonly rows: number } | undefined;
  for (const { table, column, operator } of compared) {
    const where = await ownedIn(client, table, of);
    if (column === 'account_id') return type.endsWith('[]') ? `{${of.account}}` : of.account;
    if (column === 'user_id' && !type.endsWith('[]')) return of.user;
    const sql = type.endsWith('[]')
      ? `select array_agg(distinct ${column})::text as value, 1 as rows from ${table} where ${where}`
      : operator === '='
        ? `select ${column}::text as value, count(*)::int as rows from ${table} where ${where} and ${column} is not null group by ${column} order by 2 desc, 1 limit 1`
        : `select ${operator.startsWith('<') ? 'max' : 'min'}(${column})::text as value, 1 as rows from ${table} where ${where}`;
    await client.query('savepoint sampled');
    const found = await client.query<{ value: string | null; rows: number }>(sql).catch(async () => {
      await client.query('rollback to savepoint sampled');
      return { rows: [] };
    });
    const [row] = found.rows;
    if (row !== undefined && row.value !== null && row.rows > (best?.rows ?? 0))
      best = { value: row.value, rows: row.rows };
  }
  return best?.value;
}

const owners = new Map<string, string>();

async function ownedIn(client: SqlClient, table: string, of: Copied): Promise<string> {
  const known = owners.get(table);
  if (known !== undefined) return known;
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attname in ('account_id', 'user_id') order by 1 limit 1`,
    [table],
  );
  const name = rows[0]?.name;
  const where = name === undefined ? 'true' : `${name} = '${name === 'account_id' ? of.account : of.user}'`;
  owners.set(table, where);
  return where;
}

function defaultOf(type: string, text: string, parameter: number): string {
  if (type.endsWith('[]')) return `'{}'`;
  if (/int|numeric|double|real/.test(type))
    return new RegExp(`limit \\$${parameter}\\b`).test(text) ? '1000' : '1';
  if (type === 'boolean') return 'true';
  if (/^timestamp|^date/.test(type)) return `'2031-01-01'`;
  if (type.startsWith('json')) return `'{}'`;
  if (type === 'uuid') return 'gen_random_uuid()';
  return `'a'`;
}
