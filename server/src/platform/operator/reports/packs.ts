import type { Mode } from '#platform/billing';
import { type Database, type Statement, statement } from '#platform/db';
import { type RangeQuery, resolveRange } from './range.ts';
import type { Report } from './report.ts';
import { afterCursor, keyColumns, rowsOf, summedRows, type SumsQuery, valuesFor } from './sums.ts';
import { readerFor } from './usage.ts';

/** Groups of packs, beside their currency. */
export const PACK_DIMENSIONS = ['month', 'account', 'product', 'item'] as const;
export type PackDimension = (typeof PACK_DIMENSIONS)[number];

export interface PackQuestion extends RangeQuery {
  readonly group: readonly PackDimension[];
  readonly accountId?: string | undefined;
  readonly product?: string | undefined;
}

/** Packs that were paid in a range, as of now. Minor units without taxes: sold = back + used + deferred + expired. */
export interface PackSums {
  readonly month?: string;
  readonly account_id?: string;
  readonly account_name?: string | null;
  readonly product?: string;
  readonly item?: string;
  readonly currency: string;
  readonly packs: number;
  readonly sold_minor: number;
  readonly back_minor: number;
  readonly used_minor: number;
  readonly deferred_minor: number;
  readonly expired_minor: number;
}

const AMOUNTS = [
  'packs',
  'sold_minor',
  'back_minor',
  'used_minor',
  'deferred_minor',
  'expired_minor',
] as const;

/** Report packs: deferred revenue and breakage, by the units that are left of each. */
export async function openPackReport(
  { db, mode }: { readonly db: Database; readonly mode: Mode },
  question: PackQuestion,
): Promise<Report<PackSums>> {
  const read = readerFor(db, 'everybody');
  const range = await resolveRange(question, read);
  const keys = keysOf(question.group);
  return {
    range,
    keys,
    positionOf: (row) => keys.map((key) => row[key] ?? ''),
    page: (at) => read(sums(question, { ...at, range, keys, mode })),
  };
}

/** Units that were taken or are left have their part of the price, rounded; what was used has the rest. */
function sums(question: PackQuestion, asked: SumsQuery): Statement<PackSums> {
  const { values, place } = valuesFor(asked);
  return statement<PackSums>(
    `with packs as (
       select to_char(i.paid_at at time zone $3, 'YYYY-MM') as month, c.account_id, c.product, c.product || '.' || l.add_on as item, i.currency,
         l.quantity as packs, l.amount - l.discount as price, coalesce(c.expires_at <= app.now(), false) as is_over,
         round((l.amount - l.discount)::numeric * c.taken / c.amount)::bigint as back,
         round((l.amount - l.discount)::numeric * least(greatest(c.remaining, 0), c.amount - c.taken) / c.amount)::bigint as unused
       from limits.credits c
       join billing.invoice_lines l on l.account_id = c.account_id and l.store_id = c.external_id
       join billing.invoices i on i.account_id = l.account_id and i.id = l.invoice_id and i.store = c.provider
       where i.mode = $5 and i.paid_at >= $1 and i.paid_at < $2),
     rows as (
       select *, back as back_minor, price as sold_minor, price - back - unused as used_minor,
         case when is_over then 0 else unused end as deferred_minor, case when is_over then unused else 0 end as expired_minor
       from packs where ${rowsOf(question, place)}),
     ${summedRows(asked.keys, AMOUNTS, afterCursor(asked, place))}`,
    values,
  );
}

const COLUMN_OF = { month: 'month', account: 'account_id', product: 'product', item: 'item' } as const;

const keysOf = (group: readonly PackDimension[]) =>
  [...group.map((name) => COLUMN_OF[name]), 'currency'] as const;

export const packColumns = (group: readonly PackDimension[]) =>
  [...keyColumns(keysOf(group)), ...AMOUNTS] as const;

/** One row under those columns. */
export function packLine(group: readonly PackDimension[]) {
  const columns = packColumns(group);
  return (row: PackSums): (string | number | null)[] => columns.map((column) => row[column] ?? null);
}
