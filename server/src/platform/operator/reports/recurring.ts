import type { Mode } from '#platform/billing';
import { type Database, type Statement, statement } from '#platform/db';
import { type RangeQuery, resolveRange } from './range.ts';
import type { Report } from './report.ts';
import { afterCursor, type SumsQuery, valuesFor } from './sums.ts';
import { readerFor } from './usage.ts';

/** Groups of recurring revenue, beside month (or day) and currency, which it always has. */
export const RECURRING_DIMENSIONS = ['product', 'plan'] as const;
export type RecurringDimension = (typeof RECURRING_DIMENSIONS)[number];

export interface RecurringQuestion extends RangeQuery {
  readonly group: readonly RecurringDimension[];
  /** Only this product, or only this currency. */
  readonly product?: string | undefined;
  readonly currency?: string | undefined;
}

/** Compared instants: each month's beginning with its end, or each day's. */
type Step = 'month' | 'day';

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
  /** One of the two. */
  readonly month?: string;
  readonly day?: string;
  readonly currency: string;
  readonly product?: string;
  readonly plan?: string;
}

/** Revenue of subscriptions in a step and a currency. Rates are shares of what there was when it began; null: nothing. */
interface RecurringSums extends RecurringRow {
  readonly logo_churn: number | null;
  readonly revenue_churn: number | null;
}

export interface Recurring extends RecurringSums {
  readonly month: string;
}

export interface DailyRecurring extends RecurringSums {
  readonly day: string;
}

interface RecurringParts {
  readonly db: Database;
  readonly mode: Mode;
}

/**
 * MRR, ARR, churn and what is new, by month: what subscriptions bring in at a month's end (now, of the present one) against its
 * beginning, of each account. An account is told apart as the sums are: by plan, who changes it has left one and come to
 * another.
 */
export function openRecurringReport(
  parts: RecurringParts,
  question: RecurringQuestion,
): Promise<Report<Recurring>> {
  return openBy(parts, question, { step: 'month', named: ({ month = '', ...row }) => ({ ...row, month }) });
}

/** The same by day. */
export function openDailyRecurringReport(
  parts: RecurringParts,
  question: RecurringQuestion,
): Promise<Report<DailyRecurring>> {
  return openBy(parts, question, { step: 'day', named: ({ day = '', ...row }) => ({ ...row, day }) });
}

async function openBy<Row extends RecurringSums>(
  { db, mode }: RecurringParts,
  question: RecurringQuestion,
  { step, named }: { readonly step: Step; readonly named: (row: RecurringSums) => Row },
): Promise<Report<Row>> {
  const read = readerFor(db, 'everybody');
  const range = await resolveRange(question, read);
  const keys = [step, 'currency', ...question.group] as const;
  return {
    range,
    keys,
    positionOf: (row) => keys.map((key) => row[key] ?? ''),
    async page(at) {
      const rows = await read(sums(step, question, { ...at, range, keys, mode }));
      return rows.map((row) =>
        named({
          ...row,
          logo_churn: share(row.churned_customers, row.customers_before),
          revenue_churn: share(row.churned_minor + row.contraction_minor, row.mrr_before_minor),
        }),
      );
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

/** Whether the customer paid before for the same thing: as a condition on a line and the customer. */
const PAID_FOR: Readonly<Record<string, string>> = {
  product: 'and l.product = c.product',
  plan: `and l.product || '.' || l.plan = c.plan`,
};

const count = (rows: string) => `count(*) filter (where ${rows})::integer`;
/** A month's part of a year's revenue, rounded once. */
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

/** How long a step lasts, and how it is called. */
const STEPS: Readonly<Record<Step, { readonly lasts: string; readonly called: string }>> = {
  month: { lasts: '1 month', called: 'YYYY-MM' },
  day: { lasts: '1 day', called: 'YYYY-MM-DD' },
};

function sums(
  step: Step,
  { product, currency }: RecurringQuestion,
  asked: SumsQuery,
): Statement<RecurringRow> {
  const { keys } = asked;
  const { values, place } = valuesFor(asked);
  const goesOn = afterCursor(asked, place);
  const { lasts, called } = STEPS[step];
  const own = [step, 'starts', 'ends', 'account_id', ...keys.filter((key) => key !== step)].join(', ');
  const list = keys.join(', ');
  const same = keys.flatMap((key) => PAID_FOR[key] ?? []).join(' ');
  const measures = MEASURES.map((name) => `${SUMS[name]} as ${name}`);
  const these = [
    ...(product === undefined ? [] : [`r.product = ${place(product)}`]),
    ...(currency === undefined ? [] : [`r.currency = ${place(currency)}`]),
  ];
  return statement<RecurringRow>(
    `with steps as (
       select to_char(step, '${called}') collate "C" as ${step}, step at time zone $3 as starts,
         least((step + interval '${lasts}') at time zone $3, app.now()) as ends
       from generate_series(date_trunc('${step}', $1 at time zone $3), ($2 at time zone $3) - interval '1 microsecond', interval '${lasts}') as step
       where step at time zone $3 <= app.now()),
     instants as (select starts as at from steps union select ends from steps),
     yearly as materialized (
       select i.at, r.account_id, r.currency collate "C" as currency, r.product collate "C" as product, r.plan collate "C" as plan, r.yearly
       from instants i cross join lateral billing.recurring(i.at, $5) r ${these.length === 0 ? '' : `where ${these.join(' and ')}`}),
     held as (
       select s.${step}, s.starts, s.ends, y.account_id, y.currency, y.product, y.plan, 0 as was, y.yearly as is from steps s join yearly y on y.at = s.ends
       union all
       select s.${step}, s.starts, s.ends, y.account_id, y.currency, y.product, y.plan, y.yearly, 0 from steps s join yearly y on y.at = s.starts),
     customers as (select ${own}, sum(was) as was, sum("is") as "is" from held group by ${own}),
     told as (
       select c.*, exists (
         select from billing.invoice_lines l join billing.invoices i on i.account_id = l.account_id and i.id = l.invoice_id
         where l.account_id = c.account_id and i.mode = $5 and billing.state_at(i, c.ends) = 'paid' and l.plan is not null and l.amount > l.discount
           and l.period_starts_at < c.starts ${same}) as known
       from customers c)
     select ${list}, ${measures.join(', ')} from told ${goesOn} group by ${list} order by ${list} limit $4`,
    values,
  );
}
