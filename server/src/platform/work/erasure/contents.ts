import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Database, type DataRule, statement } from '#platform/db';
import type { ArchivedFile } from './archive.ts';
import { type AccountId, AppError } from '#platform/kernel';
import type { DataKeys } from '#platform/secrets';
import { z } from 'zod';
import { rowsOf, type Subject, valuesOf } from './plan.ts';

/** Rows that are read at a time; what is sealed may be texts of 1 MB each. */
const BATCH = 500;
const SEALED_BATCH = 8;

const README = (subjects: readonly Subject[], left: readonly string[]) => `# Your data

This archive holds what is kept of ${subjects.some(({ kind }) => kind === 'user') ? 'you and of your personal account' : 'the organization'}, table by table, as JSON: a list of rows, whose fields are named
as in the documentation. Times are in UTC, money is in millionths of a US dollar, ids are UUIDs.

- \`user/\`: who you are, your sessions and keys, the mails that you were sent, what you did.
- \`account/\`: what belongs to the account: its members, plans, use, and what was made in its products.

Files that were uploaded or made are listed in \`account/files.json\`, each with a link by which anybody may download it for seven days.
Those that are kept sealed are here themselves, in a folder with the name of their table.

A table without rows has no file. Left out are secrets (passwords, tokens and keys, of which only hashes are kept), columns that are
made of others, and these tables:

${left.map((line) => `- ${line}`).join('\n')}

What belongs to an organization is exported by its owners. What is erased, and when, is said at docs/erasure.md.
`;

type Row = Readonly<Record<string, unknown>>;

/** Rows of an account that lie in files, and no longer, or for a moment still, in their table. */
export interface ArchivedRows {
  has(row: Row): boolean;
  readonly rows: AsyncIterable<readonly Row[]>;
}

export interface ContentsParts {
  /** By table. */
  readonly archivedRows?: Readonly<Record<string, (accountId: AccountId) => Promise<ArchivedRows>>>;
  readonly db: Database;
  readonly rules: readonly DataRule[];
  /** Files of an account, whose bytes are not in the database, with links to read them by. */
  readonly filesOf: (accountId: AccountId) => AsyncIterable<object>;
  /** The bytes of a file of a product. */
  readonly openFile: (product: string, accountId: AccountId, blobId: string) => Promise<Readable>;
  readonly dataKeys: DataKeys;
}

/** All files of an archive of these subjects: a README, a list of rows for each table that has some, and a list of files. */
export async function* contentsOf(
  parts: ContentsParts,
  subjects: readonly Subject[],
): AsyncGenerator<ArchivedFile> {
  const { db, rules, filesOf, dataKeys } = parts;
  const left = rules.flatMap(({ table, withheld }) =>
    typeof withheld === 'string' ? [`${table}: ${withheld}`] : [],
  );
  yield { name: 'README.md', pieces: once(README(subjects, left)) };
  const person = subjects.find(({ kind }) => kind === 'user')?.id;
  const tables = await tablesOf(db);
  for (const subject of subjects) {
    for (const rule of rules) {
      if (!isShown(rule, subject.kind)) continue;
      const columns = tables.get(rule.table);
      if (columns === undefined) throw new Error(`${rule.table} has no primary key to read it by`);
      const inTable = () => openRows(dataKeys, rule, rowsIn(db, { rule, subject, columns, person }));
      const archived = parts.archivedRows?.[rule.table];
      const rows =
        archived !== undefined && subject.kind === 'account'
          ? () => withArchived(archived(subject.id), inTable())
          : inTable;
      const name = `${subject.kind}/${rule.table}`;
      yield { name: `${name}.json`, pieces: listOf(rows()) };
      if (rule.file !== undefined) yield* filesIn(parts, rule.file, { folder: name, rows: rows() });
    }
    if (subject.kind === 'account')
      yield { name: 'account/files.json', pieces: listOf(oneByOne(filesOf(subject.id))) };
  }
}

/** Archived rows, and those of the table that are not among them. */
async function* withArchived(
  archived: Promise<ArchivedRows>,
  inTable: AsyncIterable<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  const { has, rows } = await archived;
  yield* rows;
  for await (const batch of inTable) {
    const others = batch.filter((row) => !has(row));
    if (others.length > 0) yield others;
  }
}

/** A person's rows that stay with an account are the account's to export. */
function isShown({ withheld, ...rule }: DataRule, kind: Subject['kind']): boolean {
  const fate = rule[kind];
  if (fate === undefined || typeof withheld === 'string') return false;
  return kind === 'account' || fate.does !== 'keep';
}

const FILE = z.looseObject({ account_id: z.uuid(), id: z.uuid(), name: z.string(), blob_id: z.uuid() });

/** The files that rows are about, as they were before they were sealed. */
async function* filesIn(
  { openFile, dataKeys }: ContentsParts,
  { product, about }: NonNullable<DataRule['file']>,
  { folder, rows }: { readonly folder: string; readonly rows: AsyncIterable<readonly object[]> },
): AsyncGenerator<ArchivedFile> {
  for await (const batch of rows)
    for (const row of batch.map((one) => FILE.parse(one))) {
      const accountId = row.account_id as AccountId;
      const pieces = async function* () {
        // None where it was deleted meanwhile.
        const sealed = await openFile(product, accountId, row.blob_id).then(buffer).catch(noneIfGone);
        if (sealed === undefined) return;
        yield (await dataKeys.of(accountId)).openBytes(sealed, about({ ...row, account_id: accountId }));
      };
      yield { name: `${folder}/${row.id}/${row.name}`, pieces: pieces() };
    }
}

function noneIfGone(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'blob_not_found') return undefined;
  throw error;
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

/** Columns of a table by name, and those of its primary key. */
interface Columns {
  readonly all: readonly string[];
  readonly key: readonly string[];
}

interface RowsRequest {
  readonly rule: DataRule;
  readonly subject: Subject;
  readonly columns: Columns;
  /** Whose archive it is, where it is a person's. */
  readonly person: string | undefined;
}

/** Rows in the order of their primary key, each batch a transaction of its own. */
async function* rowsIn(
  db: Database,
  { rule, subject, columns: { all, key }, person }: RowsRequest,
): AsyncGenerator<readonly Record<string, unknown>[]> {
  const { table, withheld = [], doer, sealed } = rule;
  const batch = sealed === undefined ? BATCH : SEALED_BATCH;
  // A withheld column is not read, unless the next batch or the redaction asks for it.
  const read = all.filter((name) => !withheld.includes(name) || key.includes(name) || name === doer?.id);
  const [own, after] = ['t', 'r'].map((name) => key.map((column) => `${name}.${column}`).join(', '));
  // A batch is chosen before its rows are made JSON: a sort would make it of all rows.
  const sql = `
    select (select to_jsonb(shown) from (select ${read.map((name) => `t."${name}"`).join(', ')}) shown) as row from (
      select t.* from ${table} t
      where (${rowsOf(rule, subject.kind) ?? 'false'}) and (${(subject.kind === 'account' ? rule.accountShows : undefined) ?? 'true'}) and num_nonnulls($1::uuid, $2::text) = 2
        and ($3::text is null or (${own}) > (select ${after} from jsonb_populate_record(null::${table}, $3::text::jsonb) r))
      order by ${own} limit ${batch}) t
    order by ${own}`;
  let last: Record<string, unknown> | undefined;
  for (;;) {
    const place = last === undefined ? null : JSON.stringify(last);
    const [rows] = await db.system('erasure.export', [
      statement<{ row: Record<string, unknown> }>(sql, [...valuesOf(subject), place]),
    ]);
    if (rows.length > 0) yield rows.map(({ row }) => redactRow(row, rule, person));
    const end = rows.at(-1)?.row;
    if (end === undefined || rows.length < batch) return;
    last = Object.fromEntries(key.map((column) => [column, end[column]]));
  }
}

/** Rows with what their sealed columns hold. */
async function* openRows(
  dataKeys: DataKeys,
  { sealed }: DataRule,
  batches: AsyncIterable<readonly Record<string, unknown>[]>,
): AsyncGenerator<readonly Record<string, unknown>[]> {
  for await (const rows of batches) {
    if (sealed === undefined) yield rows;
    else yield await Promise.all(rows.map((row) => openRow(dataKeys, sealed, row)));
  }
}

async function openRow(
  dataKeys: DataKeys,
  sealed: NonNullable<DataRule['sealed']>,
  row: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const place = z.object({ account_id: z.uuid(), id: z.uuid() }).parse(row);
  const accountId = place.account_id as AccountId;
  const key = await dataKeys.of(accountId);
  const opened = Object.entries(sealed).map(([column, about]) => {
    const value = row[column];
    // As PostgreSQL writes bytes into JSON: \\x and hex.
    const bytes = typeof value === 'string' ? Buffer.from(value.slice(2), 'hex') : undefined;
    return [
      column,
      bytes === undefined ? null : key.open(bytes, about({ account_id: accountId, id: place.id })),
    ];
  });
  return { ...row, ...Object.fromEntries(opened) };
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

/** The columns of each table that has a primary key. */
async function tablesOf(db: Database): Promise<ReadonlyMap<string, Columns>> {
  const [rows] = await db.system('erasure.export', [
    statement<{ table: string; all: string[]; key: string[] }>(
      `select n.nspname || '.' || c.relname as table,
         array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as all,
         array(select a.attname::text from unnest(i.indkey::int[]) with ordinality k (attnum, place)
           join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum order by k.place) as key
       from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
       where i.indisprimary and n.nspname !~ '^pg_'`,
    ),
  ]);
  return new Map(rows.map(({ table, all, key }) => [table, { all, key }]));
}
