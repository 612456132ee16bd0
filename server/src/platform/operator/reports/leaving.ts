import type { Mode } from '#platform/billing';
import { type Database, type Statement, statement } from '#platform/db';
import { type RangeQuery, resolveRange } from './range.ts';
import type { Report } from './report.ts';
import { afterCursor, rowsOf, summedRows, type SumsQuery, valuesFor } from './sums.ts';
import { readerFor } from './usage.ts';

/** Groups of subscriptions that ended, beside their currency. */
export const LEAVING_DIMENSIONS = ['month', 'product', 'plan', 'reason', 'feedback'] as const;
export type LeavingDimension = (typeof LEAVING_DIMENSIONS)[number];

export interface LeavingQuestion extends RangeQuery {
  readonly group: readonly LeavingDimension[];
  readonly product?: string | undefined;
}

/** Subscriptions that ended in a range, by the month of their end. */
export interface LeavingSums extends Readonly<Partial<Record<LeavingDimension, string | null>>> {
  readonly currency: string;
  readonly subscriptions: number;
  /** The part that ended as trials. */
  readonly trials: number;
  readonly lost_minor: number;
}

const AMOUNTS = ['subscriptions', 'trials', 'lost_minor'] as const;

/** Report why customers left: the reason at the provider, and the customer's choice among its answers. Their own words are in no report. */
export async function openLeavingReport(
  { db, mode }: { readonly db: Database; readonly mode: Mode },
  question: LeavingQuestion,
): Promise<Report<LeavingSums>> {
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

/** One that another purchase replaced has not left. */
function sums(question: LeavingQuestion, asked: SumsQuery): Statement<LeavingSums> {
  const { values, place } = valuesFor(asked);
  return statement<LeavingSums>(
    `with ended as (
       select to_char(s.ended_at at time zone $3, 'YYYY-MM') as month, s.product, s.product || '.' || s.plan as plan, s.leaving_reason as reason,
         s.leaving_feedback as feedback, s.currency, 1 as subscriptions, (s.ended_at <= coalesce(s.trial_ends_at, '-infinity'))::integer as trials,
         billing.a_year(s.cycle, s.unit_amount) * s.quantity / 12 as monthly
       from billing.subscriptions s
       where s.mode = $5 and s.state = 'canceled' and s.ended_at >= $1 and s.ended_at < $2
         and not exists (select from billing.subscriptions n where n.store = s.store and n.mode = s.mode and n.replaces = s.store_id)),
     rows as (select *, round(monthly * (1 - trials))::bigint as lost_minor from ended where ${rowsOf(question, place)}),
     ${summedRows(asked.keys, AMOUNTS, afterCursor(asked, place))}`,
    values,
  );
}

const keysOf = (group: readonly LeavingDimension[]) => [...group, 'currency'] as const;

export const leavingColumns = (group: readonly LeavingDimension[]) => [...keysOf(group), ...AMOUNTS] as const;

/** One row under those columns. */
export function leavingLine(group: readonly LeavingDimension[]) {
  const columns = leavingColumns(group);
  return (row: LeavingSums): (string | number | null)[] => columns.map((column) => row[column] ?? null);
}
