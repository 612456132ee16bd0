import type { Mode } from '#platform/billing';
import type { Range } from './range.ts';

/** A page of sums over what providers sold. */
export interface SumsQuery {
  readonly range: Range;
  readonly mode: Mode;
  /** The columns that sums are told apart by, in the order of the report. */
  readonly keys: readonly string[];
  readonly limit: number;
  /** The keys of the last sum of the page before, '' for null. */
  readonly after?: readonly string[] | undefined;
}

/** The values of such a statement ($1 and $2 its range, $3 the zone, $4 the size of the page, $5 the mode), and a place for more. */
export function valuesFor({ range, limit, mode }: SumsQuery) {
  const values: unknown[] = [range.starts, range.ends, range.zone, limit, mode];
  return { values, place: (value: unknown) => `$${values.push(value)}` };
}

/** The condition of what comes after the page before; nothing for the first one. */
export function afterCursor({ keys, after }: SumsQuery, place: (value: unknown) => string): string {
  return after === undefined ? '' : `where (${keys.join(', ')}) > (${after.map(place).join(', ')})`;
}

/** The end of a statement that has `rows`: their amounts by the keys, one page of them, in the order of bytes. */
export function summedRows(keys: readonly string[], amounts: readonly string[], goesOn: string): string {
  const list = keys.join(', ');
  const texts = keys.map((key) => `coalesce(${key}::text, '') collate "C" as ${key}`);
  const shown = [
    ...keys.map((key) => `nullif(${key}, '') as ${key}`),
    ...(keys.includes('account_id') ? [ACCOUNT_NAME] : []),
  ];
  const sums = amounts.map((amount) => `sum(${amount})::bigint as ${amount}`);
  return `keyed as (select ${[...texts, ...amounts].join(', ')} from rows),
     summed as (select ${[...keys, ...sums].join(', ')} from keyed ${goesOn} group by ${list} order by ${list} limit $4)
     select ${[...shown, ...amounts].join(', ')} from summed order by ${keys.map((key) => `summed.${key}`).join(', ')}`;
}

const ACCOUNT_NAME = `(select a.name from accounts.accounts a where a.account_id = nullif(summed.account_id, '')::uuid) as account_name`;

/** The columns of a table of sums: those by which they are told apart, with the account's name where it is one of them. */
export const keyColumns = <Key extends string>(keys: readonly Key[]): (Key | 'account_name')[] =>
  keys.flatMap((key): (Key | 'account_name')[] => (key === 'account_id' ? [key, 'account_name'] : [key]));

/** The condition on rows that a report is of. */
export function rowsOf(
  { accountId, product }: { readonly accountId?: string | undefined; readonly product?: string | undefined },
  place: (value: unknown) => string,
): string {
  return [
    'true',
    ...(accountId === undefined ? [] : [`account_id = ${place(accountId)}`]),
    ...(product === undefined ? [] : [`product = ${place(product)}`]),
  ].join(' and ');
}
