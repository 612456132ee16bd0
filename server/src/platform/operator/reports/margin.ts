import { type Database, type Statement, statement } from '#platform/db';
import type { Mode } from '#platform/billing';
import { type ExchangeRates, type Quote, toMinor } from './exchange-rates.ts';
import { type RangeQuery, resolveRange } from './range.ts';
import type { Report } from './report.ts';
import { afterCursor, keyColumns, rowsOf, summedRows, type SumsQuery, valuesFor } from './sums.ts';
import { readerFor } from './usage.ts';

/** Groups of margins, beside month and currency, which they always have: a rate belongs to a month. */
export const MARGIN_DIMENSIONS = ['account', 'product', 'plan'] as const;
export type MarginDimension = (typeof MARGIN_DIMENSIONS)[number];

const COLUMN_OF = { account: 'account_id', product: 'product', plan: 'plan' } as const;

export interface MarginQuestion extends RangeQuery {
  readonly group: readonly MarginDimension[];
  readonly accountId?: string | undefined;
  readonly product?: string | undefined;
}

interface MarginRow {
  readonly month: string;
  readonly currency: string;
  readonly account_id?: string | null;
  readonly account_name?: string | null;
  readonly product?: string | null;
  readonly plan?: string | null;
  readonly sales: number;
  readonly gross_minor: number;
  readonly fee_minor: number;
  readonly tax_minor: number;
  readonly net_minor: number;
  readonly share_minor: number;
  readonly cost_micros: number;
  readonly charged_micros: number;
}

/** Margin of a month and a currency; cost and margin are null where there is no rate for the currency. */
export interface Margin extends MarginRow {
  readonly cost_minor: number | null;
  readonly margin_minor: number | null;
  /** Rate of the cost; null: the sale was in dollars, or there is no rate. */
  readonly rate: Quote | null;
}

const AMOUNTS = [
  'sales',
  'gross_minor',
  'fee_minor',
  'tax_minor',
  'net_minor',
  'share_minor',
  'cost_micros',
  'charged_micros',
] as const;

/**
 * Net proceeds less payees' shares and the cost of model calls, in the currency of the sale. A cost is in the currency in which its account
 * last bought the product by the end of the month (else anything else; else, of a later sale; else dollars), and converted
 * at the last rate published by the month's end.
 */
export async function openMarginReport(
  { db, rates, mode }: { readonly db: Database; readonly rates: ExchangeRates; readonly mode: Mode },
  question: MarginQuestion,
): Promise<Report<Margin>> {
  const read = readerFor(db, 'everybody');
  const range = await resolveRange(question, read);
  const keys = ['month', 'currency', ...question.group.map((name) => COLUMN_OF[name])] as const;
  return {
    range,
    keys,
    positionOf: (margin) => keys.map((key) => margin[key] ?? ''),
    async page(at) {
      const rows = await read(sums(question, { ...at, range, keys, mode }));
      return rows.map((row) => withMargin(row, rates));
    },
  };
}

/** The columns of a report by these dimensions, the rate's flat. */
export function marginColumns(group: readonly MarginDimension[]): string[] {
  const keys = ['month', 'currency', ...group.map((name) => COLUMN_OF[name])];
  return [
    ...keyColumns(keys),
    ...AMOUNTS,
    'cost_minor',
    'margin_minor',
    'rate_date',
    'usd_per_eur',
    'currency_per_eur',
  ];
}

/** One row under those columns. */
export function marginLine(group: readonly MarginDimension[]) {
  return (margin: Margin): (string | number | null)[] => {
    const { month, currency, cost_minor, margin_minor, rate } = margin;
    const keys = keyColumns(group.map((name) => COLUMN_OF[name])).map((key) => margin[key] ?? null);
    const amounts = AMOUNTS.map((amount) => margin[amount]);
    const quote = [rate?.date ?? null, rate?.usd_per_eur ?? null, rate?.currency_per_eur ?? null];
    return [month, currency, ...keys, ...amounts, cost_minor, margin_minor, ...quote];
  };
}

function withMargin(row: MarginRow, rates: ExchangeRates): Margin {
  const isDollars = row.currency === 'usd';
  const quote = isDollars ? undefined : rates.on(row.currency, `${row.month}-31`);
  if (!isDollars && quote === undefined) return { ...row, cost_minor: null, margin_minor: null, rate: null };
  const cost = toMinor(row.cost_micros, row.currency, quote);
  return {
    ...row,
    cost_minor: cost,
    margin_minor: row.net_minor - row.share_minor - cost,
    rate: quote ?? null,
  };
}

function sums(question: MarginQuestion, asked: SumsQuery): Statement<MarginRow> {
  const { values, place } = valuesFor(asked);
  const these = rowsOf(question, place);
  return statement<MarginRow>(
    `with spent as (
       select account_id, product, plan, date_trunc('month', slot at time zone $3) as month, sum(posted + estimated + corrections) as cost,
         sum(charged) as charged
       from reports.usage($1, $2) where not own and ${these} group by 1, 2, 3, 4),
     rows as (
       select account_id, product, plan, to_char(occurred_at at time zone $3, 'YYYY-MM') as month, currency, sales,
         gross as gross_minor, fee as fee_minor, tax as tax_minor, gross - fee - tax as net_minor, share as share_minor, 0 as cost_micros, 0 as charged_micros
       from reports.revenue($1, $2, $5) where ${these}
       union all
       select s.account_id, s.product, s.plan, to_char(s.month, 'YYYY-MM'),
         reports.currency_of(s.account_id, s.product, (s.month + interval '1 month') at time zone $3, $5), 0, 0, 0, 0, 0, 0, s.cost, s.charged
       from spent s),
     ${summedRows(asked.keys, AMOUNTS, afterCursor(asked, place))}`,
    values,
  );
}
