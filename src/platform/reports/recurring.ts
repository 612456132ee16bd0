import type { Mode } from '#platform/billing';
import { type Database, type Statement, statement } from '#platform/db';
import { type RangeQuery, resolveRange } from './range.ts';
import type { Report } from './report.ts';
import { afterCursor, type SumsQuery, valuesFor } from './sums.ts';
import { readerFor } from './usage.ts';

/** What recurring revenue is told apart by, beside month and currency, which it always is. */
export const RECURRING_DIMENSIONS = ['product', 'plan'] as const;
export type RecurringDimension = (typeof RECURRING_DIMENSIONS)[number];

export interface RecurringQuestion extends RangeQuery {
  readonly group: readonly RecurringDimension[];
}

/** Customers are accounts that pay; what each amount is says the table in docs/reports.md. */
const MEASURES = [
  'customers_before',
  'customers',
  'new_customers',
  'returned_customers',
  'churned_customers',
  'mrr_before_minor',
  'mrr_minor',
  'new_minor',
  'returned_minor',
  'expansion_minor',
  'contraction_minor',
  'churned_minor',
  'arr_minor',
] as const;
type Measure = (typeof MEASURES)[number];

interface RecurringRow extends Readonly<Record<Measure, number>> {
  readonly month: string;
  readonly currency: string;
  readonly product?: string;
  readonly plan?: string;
}

/** What subscriptions brought in a month and a currency. Rates are shares of what there was when the month began; null: nothing. */
export interface Recurring extends RecurringRow {
  readonly logo_churn: number | null;
  readonly revenue_churn: number | null;
}

/**
 * MRR, ARR, churn and what is new, by month: what subscriptions bring in at a month's end (now, of the present one) against its
 * beginning, of each account. An account is told apart as the sums are: by plan, who changes it has left one and come to
 * another.
 */
export async function openRecurringReport(
  { db, mode }: { readonly db: Database; readonly mode: Mode },
  question: RecurringQuestion,
): Promise<Report<Recurring>> {
  const read = readerFor(db, 'everybody');
  const range = await resolveRange(question, read);
  const keys = ['month', 'currency', ...question.group] as const;
  return {
    range,
    keys,
    positionOf: (row) => keys.map((key) => row[key] ?? ''),
    async page(at) {
      const rows = await read(sums({ ...at, range, keys, mode }));
      return rows.map((row) => ({
        ...row,
        logo_churn: share(row.churned_customers, row.customers_before),
        revenue_churn: share(row.churned_minor + row.contraction_minor, row.mrr_before_minor),
      }));
    },
  };
}

/** To four decimals: 0.0312 are 3.12 %. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

export function recurringColumns(group: readonly RecurringDimension[]) {
  return ['month', 'currency', ...group, ...MEASURES, 'logo_churn', 'revenue_churn'] as const;
}

/** One row under those columns. */
export function recurringLine(group: readonly RecurringDimension[]) {
  const columns = recurringColumns(group);
  return (row: Recurring): (string | number | null)[] => columns.map((column) => row[column] ?? null);
}

/** Whether somebody paid before for the same thing: as a condition on a line and the customer. */
const PAID_FOR: Readonly<Record<string, string>> = {
  product: 'and l.product = c.product',
  plan: `and l.product || '.' || l.plan = c.plan`,
};

const count = (rows: string) => `count(*) filter (where ${rows})::integer`;
/** Of a year's revenue that of a month, rounded once. */
const twelfth = (sum: string, rows: string) =>
  `coalesce(round(sum(${sum}) filter (where ${rows}) / 12), 0)::bigint`;

/** `was` and `is` are a year's revenue of one customer, when a month begins and ends; `known`: who had paid before. */
const SUMS: Readonly<Record<Measure, string>> = {
  customers_before: count('was > 0'),
  customers: count('"is" > 0'),
  new_customers: count('was = 0 and "is" > 0 and not known'),
  returned_customers: count('was = 0 and "is" > 0 and known'),
  churned_customers: count('was > 0 and "is" = 0'),
  mrr_before_minor: twelfth('was', 'true'),
  mrr_minor: twelfth('"is"', 'true'),
  new_minor: twelfth('"is"', 'was = 0 and not known'),
  returned_minor: twelfth('"is"', 'was = 0 and known'),
  expansion_minor: twelfth('"is" - was', 'was > 0 and "is" > was'),
  contraction_minor: twelfth('was - "is"', 'was > "is" and "is" > 0'),
  churned_minor: twelfth('was', '"is" = 0'),
  arr_minor: 'coalesce(sum("is"), 0)::bigint',
};

function sums(asked: SumsQuery): Statement<RecurringRow> {
  const { keys } = asked;
  const { values, place } = valuesFor(asked);
  const goesOn = afterCursor(asked, place);
  const own = ['month', 'starts', 'account_id', ...keys.filter((key) => key !== 'month')].join(', ');
  const list = keys.join(', ');
  const same = keys.flatMap((key) => PAID_FOR[key] ?? []).join(' ');
  const measures = MEASURES.map((name) => `${SUMS[name]} as ${name}`);
  return statement<RecurringRow>(
    `with months as (
       select to_char(month, 'YYYY-MM') collate "C" as month, month at time zone $3 as starts,
         least((month + interval '1 month') at time zone $3, app.now()) as ends
       from generate_series(date_trunc('month', $1 at time zone $3), ($2 at time zone $3) - interval '1 microsecond', interval '1 month') as month
       where month at time zone $3 <= app.now()),
     held as (
       select m.month, m.starts, r.account_id, r.currency collate "C" as currency, r.product collate "C" as product, r.plan collate "C" as plan,
         0 as was, r.yearly as is
       from months m cross join lateral billing.recurring(m.ends, $5) r
       union all
       select m.month, m.starts, r.account_id, r.currency, r.product, r.plan, r.yearly, 0 from months m cross join lateral billing.recurring(m.starts, $5) r),
     customers as (select ${own}, sum(was) as was, sum("is") as "is" from held group by ${own}),
     told as (
       select c.*, exists (
         select from billing.invoice_lines l join billing.invoices i on i.account_id = l.account_id and i.id = l.invoice_id
         where l.account_id = c.account_id and i.mode = $5 and i.state = 'paid' and l.plan is not null and l.amount > l.discount
           and l.period_starts_at < c.starts ${same}) as known
       from customers c)
     select ${list}, ${measures.join(', ')} from told ${goesOn} group by ${list} order by ${list} limit $4`,
    values,
  );
}
