import { badCursor } from '#platform/http';
import { type Database, type RowOf, type Statement, statement } from '#platform/db';
import { type AccountId, hasCode, invalidInput, isUuid } from '#platform/kernel';
import { type RangeQuery, type Range, resolveRange } from './range.ts';
import type { Report } from './report.ts';

/** Groups of sums: the name in a query, the column of the answer, and where it comes from. */
const DIMENSIONS = {
  account: { column: 'account_id', sql: 'account_id::text' },
  user: { column: 'user_id', sql: 'user_id::text' },
  plan: { column: 'plan', sql: 'plan' },
  product: { column: 'product', sql: 'product' },
  feature: { column: 'feature', sql: 'feature' },
  key: { column: 'key_id', sql: 'key_id::text' },
  provider: { column: 'provider', sql: 'provider' },
  model: { column: 'model', sql: 'model' },
  day: { column: 'day', sql: `to_char(slot at time zone :zone, 'YYYY-MM-DD')` },
  month: { column: 'month', sql: `to_char(slot at time zone :zone, 'YYYY-MM')` },
} as const;

type PlainDimension = keyof typeof DIMENSIONS;
export type TagDimension = `tag:${string}`;
export type Dimension = PlainDimension | TagDimension;
export const DIMENSION_NAMES = Object.keys(DIMENSIONS) as readonly PlainDimension[];

export const isTag = (word: string): word is TagDimension => /^tag:[^,:]{1,64}$/.test(word);
const dimensionOf = (name: Dimension) => (isTag(name) ? TAG : DIMENSIONS[name]);
const TAG = { column: 'tag', sql: 'tag' } as const;

const FIGURES = [
  'calls',
  'estimated_calls',
  'prompt_tokens',
  'cached_tokens',
  'completion_tokens',
  'reasoning_tokens',
  'cost_micros',
  'posted_micros',
  'estimated_micros',
  'corrections_micros',
  'charged_micros',
] as const;

/** Columns by which a report may be narrowed down. */
export type Filters = Readonly<
  Partial<Record<'account_id' | 'user_id' | 'key_id' | 'plan' | 'product' | 'feature' | 'model', string>>
>;

export interface UsageQuestion extends RangeQuery {
  readonly group: readonly Dimension[];
  readonly filters: Filters;
  /** `name:value`: of calls with this tag alone. */
  readonly tag?: string | undefined;
}

type Keys = Partial<Record<ReturnType<typeof dimensionOf>['column'] | 'account_name', string | null>>;

/** Sums of the ledger under one value of each dimension; null where rows have none, such as a call without a key. */
export type UsageSum = Keys & Readonly<Record<(typeof FIGURES)[number], number>>;

/** Whose rows are added up: an account's, in its own scope, or everybody's. */
export type ReportScope = AccountId | 'everybody';

/**
 * Sums of posted rows over whole days of a zone: both rolled up and not yet, of one instant for each query.
 * A report of all accounts one after the other is read some accounts at a time: a page costs what is on it, however many
 * there are.
 */
export async function openUsageReport(
  db: Database,
  whose: ReportScope,
  question: UsageQuestion,
): Promise<Report<UsageSum>> {
  const read = readerFor(db, whose);
  const range = await resolveRange(question, read);
  const keys = question.group.map((name) => dimensionOf(name).column);
  const run = tagSourceOf(question) === undefined ? read : readingTags(read);
  return {
    range,
    keys,
    positionOf: (sum) => keys.map((key) => sum[key] ?? ''),
    page: (at) =>
      whose === 'everybody' && question.group[0] === 'account' && question.filters.account_id === undefined
        ? pageByAccounts(read, question, { ...at, range })
        : run(sums(question, { ...at, range, whose })),
  };
}

type Read = ReturnType<typeof readerFor>;

/** How many cells are read at a time, at least: some milliseconds. */
const CELLS = 5_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

async function pageByAccounts(
  read: Read,
  question: UsageQuestion,
  { after, limit, range }: Pick<SumsRequest, 'after' | 'limit' | 'range'>,
): Promise<UsageSum[]> {
  const page: UsageSum[] = [];
  let least = after?.[0] ?? FIRST;
  if (!isUuid(least)) throw badCursor();
  for (let goesOn = after; ; goesOn = undefined) {
    const [next] = await read(accountAfter(least));
    const accounts = { least, below: next?.account_id };
    const asked = { range, whose: 'everybody' as const, accounts, after: goesOn, limit: limit - page.length };
    page.push(...(await read(sums(question, asked))));
    if (next === undefined || page.length >= limit) return page;
    least = next.account_id;
  }
}

/** The account with which the next query begins; none: this one reads the rest. */
function accountAfter(least: string): Statement<{ account_id: string }> {
  return statement<{ account_id: string }>(
    `select account_id from reports.usage_cells where account_id > (
       select account_id from reports.usage_cells where account_id >= $1 order by account_id offset $2 limit 1)
     order by account_id limit 1`,
    [least, CELLS],
  );
}

/** The columns of a report by these dimensions. */
export function columnsOf(group: readonly Dimension[], whose: 'account' | 'everybody'): (keyof UsageSum)[] {
  const named = whose === 'everybody' && group.includes('account') ? (['account_name'] as const) : [];
  return [...group.map((name) => dimensionOf(name).column), ...named, ...FIGURES];
}

/** Reads in the scope of the report. */
export function readerFor(db: Database, whose: ReportScope) {
  return async <R extends Statement>(one: R): Promise<RowOf<R>[]> => {
    const [rows] =
      whose === 'everybody' ? await db.system('admin.reports', [one]) : await db.tenant(whose, [one]);
    return rows;
  };
}

interface SumsRequest {
  readonly range: Range;
  readonly whose: ReportScope;
  /** These accounts alone, in the order of their ids. */
  readonly accounts?: { readonly least: string; readonly below: string | undefined };
  readonly limit: number;
  readonly after?: readonly string[] | undefined;
}

/** Groups are compared as text, byte by byte, so that each page goes on exactly where the one before it ended. */
function sums(question: UsageQuestion, asked: SumsRequest): Statement<UsageSum> {
  const { group, filters } = question;
  const { range, accounts } = asked;
  const isNamed = asked.whose === 'everybody' && group.includes('account');
  const values: unknown[] = [range.starts, range.ends, asked.limit];
  const place = (value: unknown) => `$${values.push(value)}`;
  const columns = group.map((name) => dimensionOf(name).column);
  const keys = group.map((name) => {
    const { sql, column } = dimensionOf(name);
    return `coalesce(${sql.includes(':zone') ? sql.replace(':zone', place(range.zone)) : sql}, '') collate "C" as ${column}`;
  });
  const conditions = Object.entries(filters).map(([column, value]) => `${column} = ${place(value)}`);
  if (accounts !== undefined) conditions.push(`account_id >= ${place(accounts.least)}`);
  if (accounts?.below !== undefined) conditions.push(`account_id < ${place(accounts.below)}`);
  const cells = `select ${[...keys, AMOUNTS].join(', ')} from ${sourceOf(question, asked, place)} ${where(conditions)}`;
  const after = asked.after?.map(place).join(', ') ?? '';
  const goesOn = after === '' ? [] : [`(${columns.join(', ')}) > (${after})`];
  const order =
    columns.length === 0 ? '' : `order by ${columns.map((column) => `summed.${column}`).join(', ')}`;
  const grouped = `select ${[...columns, ...FIGURES.map(sumColumn)].join(', ')} from (${cells}) as cells ${where(goesOn)}
    group by ${columns.join(', ') || '()'} ${order.replaceAll('summed.', '')} limit $3`;
  const shown = columns.map((column) => `nullif(${column}, '') as ${column}`);
  return statement<UsageSum>(
    `select ${[...shown, ...(isNamed ? [NAME] : []), ...FIGURES].join(', ')} from (${grouped}) as summed ${order}`,
    values,
  );
}

/** The cells that a report adds up; by tags those of one account, from its rows. */
function sourceOf(
  question: UsageQuestion,
  { whose }: SumsRequest,
  place: (value: unknown) => string,
): string {
  const tags = tagSourceOf(question);
  if (tags === undefined) return `${whose === 'everybody' ? 'reports.usage' : 'reports.usage_here'}($1, $2)`;
  const asked = `$1, $2, ${place(tags.name ?? null)}, ${place(tags.tag ?? null)}`;
  const found =
    whose === 'everybody'
      ? `reports.tagged(${place(question.filters.account_id)}, ${asked})`
      : `reports.tagged_here(${asked})`;
  return `(select t.tag, (t.cell).* from ${found} as t) as tagged`;
}

function tagSourceOf({ group, tag }: Pick<UsageQuestion, 'group' | 'tag'>) {
  const name = group.find(isTag)?.slice('tag:'.length);
  return name === undefined && tag === undefined ? undefined : { name, tag };
}

function readingTags(read: Read) {
  return (one: Statement<UsageSum>) =>
    read(one).catch((error: unknown) => {
      if (!hasCode(error, 'PL020')) throw error;
      throw invalidInput('query.from', 'Sums by tag are of 500,000 calls at most: ask for fewer days.');
    });
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
}

const NAME =
  '(select a.name from accounts.accounts a where a.account_id = summed.account_id::uuid) as account_name';

const AMOUNTS = `calls, estimated_calls, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,
  posted + estimated + corrections as cost_micros, posted as posted_micros, estimated as estimated_micros,
  corrections as corrections_micros, charged as charged_micros`;

function sumColumn(figure: string): string {
  return `coalesce(sum(${figure}), 0)::bigint as ${figure}`;
}
