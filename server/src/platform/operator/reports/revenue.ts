import type { Mode } from '#platform/billing';
import { type Database, type Statement, statement } from '#platform/db';
import { type RangeQuery, resolveRange } from './range.ts';
import type { Report } from './report.ts';
import { afterCursor, keyColumns, rowsOf, summedRows, type SumsQuery, valuesFor } from './sums.ts';
import { readerFor } from './usage.ts';

/** Groups of revenue, beside its currency, which it always has. */
export const REVENUE_DIMENSIONS = ['day', 'month', 'account', 'product', 'plan', 'item', 'kind'] as const;
export type RevenueDimension = (typeof REVENUE_DIMENSIONS)[number];

const COLUMN_OF = {
  day: 'day',
  month: 'month',
  account: 'account_id',
  product: 'product',
  plan: 'plan',
  item: 'item',
  kind: 'kind',
} as const;

export interface RevenueQuestion extends RangeQuery {
  readonly group: readonly RevenueDimension[];
  readonly accountId?: string | undefined;
  readonly product?: string | undefined;
}

/** Movements in a currency: sales, less refunds and disputes, each on the day of its own. Minor units. */
export interface Revenue {
  readonly day?: string;
  readonly month?: string;
  readonly account_id?: string;
  readonly account_name?: string | null;
  readonly product?: string | null;
  /** `reel.pro`; null: an add-on, or units past a limit. */
  readonly plan?: string | null;
  /** `reel.pro`, `reel.pro_boost`, `gateway.calls`. */
  readonly item?: string | null;
  readonly kind?: 'sale' | 'refund' | 'dispute';
  readonly currency: string;
  readonly sales: number;
  readonly gross_minor: number;
  readonly fee_minor: number;
  readonly tax_minor: number;
  readonly net_minor: number;
  /** Payees' part of it, for items that were sold for them. */
  readonly share_minor: number;
  /** Sales whose fee the provider has not told yet. */
  readonly fees_missing: number;
}

const AMOUNTS = [
  'sales',
  'gross_minor',
  'fee_minor',
  'tax_minor',
  'net_minor',
  'share_minor',
  'fees_missing',
] as const;

/** Report revenue: sales less refunds and fees and taxes: by the day on which money moved. */
export async function openRevenueReport(
  { db, mode }: { readonly db: Database; readonly mode: Mode },
  question: RevenueQuestion,
): Promise<Report<Revenue>> {
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

function keysOf(group: readonly RevenueDimension[]) {
  return [...group.map((name) => COLUMN_OF[name]), 'currency'] as const;
}

export function revenueColumns(group: readonly RevenueDimension[]) {
  return [...keyColumns(keysOf(group)), ...AMOUNTS] as const;
}

/** One row under those columns. */
export function revenueLine(group: readonly RevenueDimension[]) {
  const columns = revenueColumns(group);
  return (row: Revenue): (string | number | null)[] => columns.map((column) => row[column] ?? null);
}

function sums(question: RevenueQuestion, asked: SumsQuery): Statement<Revenue> {
  const { values, place } = valuesFor(asked);
  return statement<Revenue>(
    `with rows as (
       select *, to_char(occurred_at at time zone $3, 'YYYY-MM') as month,
         to_char(occurred_at at time zone $3, 'YYYY-MM-DD') as day, gross as gross_minor, fee as fee_minor, tax as tax_minor,
         gross - fee - tax as net_minor, share as share_minor, sales * (not fee_known)::integer as fees_missing
       from reports.revenue($1, $2, $5) where ${rowsOf(question, place)}),
     ${summedRows(asked.keys, AMOUNTS, afterCursor(asked, place))}`,
    values,
  );
}
