import { type Database, type DataRule, type Fate, statement } from '#platform/db';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/** What takes the marker: each kind of column that can hold a text, and how it is put there. */
const MARKED: Readonly<Record<string, (column: string, marker: string) => string>> = {
  text: (column, marker) => `${column} || '${marker}' || gen_random_uuid()`,
  'text[]': (column, marker) => `${column} || array['${marker}']`,
  bytea: (column, marker) => `${column} || '${marker}'::bytea`,
  jsonb: (column, marker) =>
    `case jsonb_typeof(${column}) when 'object' then ${column} || '{"${marker}": "${marker}"}'
       when 'array' then ${column} || '["${marker}"]' else ${column} end`,
};

/** Columns by which rows are a person's, or by which others name them. */
const NAMING = new Set(['email', 'recipient']);
/** And objects of stores, whose owners one table names. */
const OBJECTS = /^billing\.\w+\.(store|mode|kind|object_id)$/;

/** Whose rows are marked, and with what. */
export interface MarkedRows {
  readonly accounts: readonly string[];
  readonly users: readonly string[];
  readonly marker: string;
}

/**
 * Puts a marker into every column that takes one, in the rows of these accounts and people, but for what erasure says is kept
 * as it is. A column whose check refuses it holds no text of anybody.
 */
export async function markRows(db: Database, rules: readonly DataRule[], whose: MarkedRows): Promise<void> {
  const columns = await db.asMigrator(COLUMNS);
  const updates = rules.flatMap((rule) => {
    const own = columns.filter(
      ({ table, name }) => table === rule.table && !NAMING.has(name) && !OBJECTS.test(`${table}.${name}`),
    );
    return placesOf(rule, whose).flatMap(({ where, fate }) =>
      own
        .filter(({ name }) => fate.does !== 'unlink' || Object.hasOwn(fate.sets, name))
        .flatMap(({ name, type }) => {
          const marked = MARKED[type]?.(name, whose.marker);
          return marked === undefined
            ? []
            : [`update ${rule.table} t set ${name} = ${marked} where ${where}`];
        }),
    );
  });
  const tried = updates.map((update) => `begin ${update}; exception when others then null; end;`);
  // The audit's own guard refuses what is written here.
  await db.script(`alter table audit.events disable trigger events_emptied;
    do $mark$ begin ${tried.join('\n')} end $mark$;
    alter table audit.events enable trigger events_emptied;`);
}

interface Place {
  readonly where: string;
  readonly fate: Fate;
}

function placesOf({ account, user }: DataRule, { accounts, users }: MarkedRows): Place[] {
  return [
    ...accounts.flatMap((id) => placeOf(account, 'account_id', id)),
    ...users.flatMap((id) => placeOf(user, 'user_id', id)),
  ];
}

function placeOf(fate: Fate | undefined, key: string, id: string): Place[] {
  if (fate === undefined || fate.does === 'keep') return [];
  const own = 'where' in fate ? fate.where : undefined;
  const email = `(select email from identity.users where user_id = '${id}')`;
  const where = (own ?? `t.${key} = $1`).replaceAll('$1', `'${id}'`).replaceAll('$2', email);
  return [{ where, fate }];
}

const COLUMNS = statement<Column>(
  `select n.nspname || '.' || c.relname as table, a.attname::text as name, format_type(a.atttypid, null) as type
   from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
     and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`,
);
