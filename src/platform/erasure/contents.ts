import { type Database, type DataRule, statement } from '#platform/db';
import type { ArchivedFile } from './archive.ts';
import type { AccountId } from '#platform/kernel';
import { rowsOf, type Subject, valuesOf } from './plan.ts';

/** Rows that are read at a time. */
const BATCH = 500;

const README = (subjects: readonly Subject[], left: readonly string[]) => `# Your data

This archive holds what is kept of ${subjects.some(({ kind }) => kind === 'user') ? 'you and of your personal account' : 'the organization'}, table by table, as JSON: a list of rows, whose fields are named
as in the documentation. Times are in UTC, money is in millionths of a US dollar, ids are UUIDs.

- \`user/\`: who you are, your sessions and keys, the mails that you were sent, what you did.
- \`account/\`: what belongs to the account: its members, plans, use, and what was made in its products.

Files that were uploaded or made are listed in \`account/files.json\`, each with a link by which anybody may download it for seven days.

A table without rows has no file. Left out are secrets (passwords, tokens and keys, of which only hashes are kept), columns that are
made of others, and these tables:

${left.map((line) => `- ${line}`).join('\n')}

What belongs to an organization is exported by its owners. What is erased, and when, is said at docs/erasure.md.
`;

export interface ContentsParts {
  readonly db: Database;
  readonly rules: readonly DataRule[];
  /** Files of an account, whose bytes are not in the database, with links to read them by. */
  readonly filesOf: (accountId: AccountId) => AsyncIterable<object>;
}

/** All files of an archive of these subjects: a README, a list of rows for each table that has some, and a list of files. */
export async function* contentsOf(
  { db, rules, filesOf }: ContentsParts,
  subjects: readonly Subject[],
): AsyncGenerator<ArchivedFile> {
  const left = rules.flatMap(({ table, withheld }) =>
    typeof withheld === 'string' ? [`${table}: ${withheld}`] : [],
  );
  yield { name: 'README.md', pieces: once(README(subjects, left)) };
  const person = subjects.find(({ kind }) => kind === 'user')?.id;
  const keys = await keysOf(db);
  for (const subject of subjects) {
    for (const rule of rules) {
      if (!isShown(rule, subject.kind)) continue;
      const key = keys.get(rule.table);
      if (key === undefined) throw new Error(`${rule.table} has no primary key to read it by`);
      const batches = rowsIn(db, { rule, subject, key, person });
      yield { name: `${subject.kind}/${rule.table}.json`, pieces: listOf(batches) };
    }
    if (subject.kind === 'account')
      yield { name: 'account/files.json', pieces: listOf(oneByOne(filesOf(subject.id))) };
  }
}

/** What of a person stays with an account is the account's to export. */
function isShown({ withheld, ...rule }: DataRule, kind: Subject['kind']): boolean {
  const fate = rule[kind];
  if (fate === undefined || typeof withheld === 'string') return false;
  return kind === 'account' || fate.does !== 'keep';
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

async function* oneByOne(all: AsyncIterable<unknown>): AsyncGenerator<readonly unknown[]> {
  for await (const one of all) yield [one];
}

async function* listOf(batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  let head = '[\n';
  for await (const rows of batches) {
    yield head + rows.map((row) => JSON.stringify(row)).join(',\n');
    head = ',\n';
  }
  if (head === ',\n') yield '\n]\n';
}

interface RowsRequest {
  readonly rule: DataRule;
  readonly subject: Subject;
  readonly key: readonly string[];
  /** Whose archive it is, where it is a person's. */
  readonly person: string | undefined;
}

/** Rows in the order of their primary key, each batch a transaction of its own. */
async function* rowsIn(
  db: Database,
  { rule, subject, key, person }: RowsRequest,
): AsyncGenerator<readonly Record<string, unknown>[]> {
  const { table } = rule;
  const [own, after] = ['t', 'r'].map((name) => key.map((column) => `${name}.${column}`).join(', '));
  const sql = `
    select to_jsonb(t) as row from ${table} t
    where (${rowsOf(rule, subject.kind) ?? 'false'}) and num_nonnulls($1::uuid, $2::text) = 2
      and ($3::text is null or (${own}) > (select ${after} from jsonb_populate_record(null::${table}, $3::text::jsonb) r))
    order by ${own} limit ${BATCH}`;
  let last: Record<string, unknown> | undefined;
  for (;;) {
    const place = last === undefined ? null : JSON.stringify(last);
    const [rows] = await db.system('erasure.export', [
      statement<{ row: Record<string, unknown> }>(sql, [...valuesOf(subject), place]),
    ]);
    if (rows.length > 0) yield rows.map(({ row }) => redactRow(row, rule, person));
    const end = rows.at(-1)?.row;
    if (end === undefined || rows.length < BATCH) return;
    last = Object.fromEntries(key.map((column) => [column, end[column]]));
  }
}

/** A row without secrets, and in a person's archive without who else did something to them, and from where. */
function redactRow(
  row: Record<string, unknown>,
  { withheld = [], doer }: DataRule,
  person: string | undefined,
): Record<string, unknown> {
  const another = doer !== undefined && person !== undefined && row[doer.id] !== person;
  const hidden = another ? doer.columns : [];
  return Object.fromEntries(
    Object.entries(row).filter(([column]) => !withheld.includes(column) && !hidden.includes(column)),
  );
}

/** The primary key of each table. */
async function keysOf(db: Database): Promise<ReadonlyMap<string, readonly string[]>> {
  const [rows] = await db.system('erasure.export', [
    statement<{ table: string; key: string[] }>(
      `select n.nspname || '.' || c.relname as table,
         array(select a.attname::text from unnest(i.indkey::int[]) with ordinality k (attnum, place)
           join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum order by k.place) as key
       from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
       where i.indisprimary and n.nspname !~ '^pg_'`,
    ),
  ]);
  return new Map(rows.map(({ table, key }) => [table, key]));
}
