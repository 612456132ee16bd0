import type { Admin } from './history.ts';

/** Indexes that aren't unique by what they say, and find one row all the same. */
const ONE_ROW_EACH = new Map([
  ['entitlements.grants_by_id', 'an id is of one grant, whichever account has it'],
  ['billing.former_invoices_by_store_id', 'a store’s invoice became another at an instant once'],
  ['billing.former_subscriptions_by_store_id', 'a store’s subscription became another at an instant once'],
  ['blobs.blobs_by_id', 'an id is of one file'],
  ['coditect.licenses_by_id', 'an id is of one licence'],
  ['mail.messages_log', 'an id is of one message'],
  ['identity.api_keys_by_id', 'an id is of one key'],
]);

interface Key {
  readonly table: string;
  readonly columns: readonly string[];
}

interface Plan {
  readonly Schema?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Plan[];
}

/**
 * Tables where a plan made on empty tables looks a row up by its primary key through an index that finds others too. The
 * history of migrations is not empty, and read as a whole.
 */
export async function keysReadBadly(admin: Admin): Promise<string[]> {
  const columns = `(select array_agg(quote_ident(a.attname) order by k.place) from unnest(i.indkey) with ordinality k (attnum, place)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum)`;
  const keys = await admin(`select i.indrelid::regclass::text as table, ${columns} as columns
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    where i.indisprimary and c.relname <> 'plinth_migrations' and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema') order by 1`);
  const unique =
    await admin(`select c.relnamespace::regnamespace || '.' || c.relname as name, ${columns} as columns
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indisunique and i.indpred is null and i.indexprs is null`);
  const columnsOf = new Map(unique.map(({ name, columns: all }) => [String(name), all as readonly string[]]));
  const badly: string[] = [];
  for (const key of keys as unknown as Key[]) {
    const { name, condition } = await lookUp(admin, key);
    const has = (column: string) => condition.some((one) => one === column);
    const finds = key.columns.every(has) || columnsOf.get(name)?.every(has) === true;
    if (!finds && !ONE_ROW_EACH.has(name)) badly.push(`${key.table} by ${name}: ${condition.join()}`);
  }
  return badly;
}

async function lookUp(
  admin: Admin,
  { table, columns }: Key,
): Promise<{ name: string; condition: readonly string[] }> {
  const where = columns.map((column, n) => `${column} = $${n + 1}`).join(' and ');
  const values = columns.map(() => 'null').join(', ');
  const rows = await admin(
    'set plan_cache_mode = force_generic_plan',
    `prepare look_up as select from ${table} where ${where}`,
    `explain (verbose, format json) execute look_up(${values})`,
  );
  const [{ Plan: plan } = { Plan: {} }] = (rows[0]?.['QUERY PLAN'] ?? []) as { Plan: Plan }[];
  const [leaf = plan] = plan.Plans ?? [];
  return {
    name: `${leaf.Schema ?? ''}.${leaf['Index Name'] ?? 'no index'}`,
    condition: [...(leaf['Index Cond'] ?? '').matchAll(/(\w+|"[^"]+") = /g)].map(([, column = '']) => column),
  };
}
