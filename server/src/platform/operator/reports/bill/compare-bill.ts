import { type Database, statement } from '#platform/db';
import { listArchives } from '../archives/store.ts';
import type { Span } from '../rollup.ts';
import { type BillRow, type CallSums, withoutSnapshot } from './read-bill.ts';

/** Figures of both sides for a model's day or, with `request_id`, for a call. Undefined: that side has not got the call. */
export interface BillDifference {
  readonly day: string;
  readonly model: string;
  readonly request_id?: string;
  readonly bill: CallSums | undefined;
  readonly ledger: CallSums | undefined;
}

export interface BillComparison {
  /** By day and model, in this order. A call that both sides have counts on the bill's day. */
  readonly days: readonly BillDifference[];
  /** None where the bill has no ids. */
  readonly calls: readonly BillDifference[];
  /** A bill with ids is compared by day all the same, as rows of the ledger are archived. */
  readonly isArchived: boolean;
  /** Calls of the ledger that may be any of the bill's: the provider never told their id. */
  readonly unnamed: number;
}

interface LedgerSpan {
  readonly provider: string;
  readonly from: Date;
  readonly until: Date;
}

const DAY = 86_400_000;
/** Rows of the ledger that are read at a time. */
const PAGE = 5_000;

/**
 * Compares a provider's bill with the ledger over whole UTC days: those of the bill when not said. By call if it has ids, else by
 * day and model. What backends of accounts report of providers of their own is left out.
 */
export async function compareBill(
  db: Database,
  rows: readonly BillRow[],
  { provider, ...span }: Span & { readonly provider: string },
): Promise<BillComparison> {
  const days = rows.map((row) => row.day).toSorted();
  const from = span.from ?? new Date(`${days[0]}T00:00:00Z`);
  const until = span.until ?? new Date(Date.parse(`${days.at(-1)}T00:00:00Z`) + DAY);
  const isWithin = ({ day }: Pick<BillRow, 'day'>) => Date.parse(day) >= +from && Date.parse(day) < +until;
  const sums = createDaySums();
  for (const row of rows.filter(isWithin)) sums.add('bill', row);
  const hasIds = rows[0]?.request_id !== undefined;
  const [archives] = await db.system('reports.archive', [listArchives({ from, until, limit: 1 })]);
  const isArchived = hasIds && archives.length > 0;
  if (isArchived || !hasIds) {
    const [all] = await db.system('reports.bill', [ledgerDays({ provider, from, until })]);
    for (const row of all) sums.add('ledger', row);
    return { days: sums.differences(), calls: [], isArchived, unnamed: 0 };
  }
  const billed = new Map(rows.map((row) => [row.request_id ?? '', row]));
  const calls: BillDifference[] = [];
  let unnamed = 0;
  // The ledger has a call's end, the bill mostly its beginning.
  const around = { provider, from: new Date(+from - DAY), until: new Date(+until + DAY) };
  for await (const ledger of ledgerCalls(db, around)) {
    const request_id = ledger.request_id ?? '';
    const bill = billed.get(request_id);
    billed.delete(request_id);
    if (!isWithin(bill ?? ledger)) continue;
    const place = placeOf(bill ?? ledger);
    sums.add('ledger', { ...ledger, ...place });
    if (request_id === '') unnamed += 1;
    else if (bill === undefined || isDifferent(bill, ledger))
      calls.push({ ...place, request_id, bill, ledger });
  }
  for (const [request_id, bill] of billed)
    if (isWithin(bill)) calls.push({ ...placeOf(bill), request_id, bill, ledger: undefined });
  return { days: sums.differences(), calls, isArchived, unnamed };
}

const placeOf = ({ day, model }: Pick<BillRow, 'day' | 'model'>) => ({ day, model: withoutSnapshot(model) });

const isDifferent = (bill: CallSums, ledger: CallSums): boolean =>
  FIGURES.some((name) => bill[name] !== undefined && bill[name] !== ledger[name]);

const FIGURES = ['calls', 'prompt_tokens', 'completion_tokens'] as const;
const NONE: CallSums = { calls: 0, prompt_tokens: 0, completion_tokens: 0 };

/** Both sides by day and model. */
function createDaySums() {
  const sums = new Map<string, BillDifference & { readonly bill: CallSums; readonly ledger: CallSums }>();
  return {
    add(side: 'bill' | 'ledger', row: CallSums & Pick<BillRow, 'day' | 'model'>): void {
      const place = placeOf(row);
      const key = `${place.day} ${place.model}`;
      const sum = sums.get(key) ?? { ...place, bill: NONE, ledger: NONE };
      sums.set(key, { ...sum, [side]: added(sum[side], row) });
    },
    differences: (): BillDifference[] =>
      [...sums]
        .filter(([, { bill, ledger }]) => isDifferent(bill, ledger))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, sum]) => sum),
  };
}

/** A figure that one row lacks is not known of the sum. */
function added(sum: CallSums, row: CallSums): CallSums {
  const of = (name: (typeof FIGURES)[number]) => {
    const [one, other] = [sum[name], row[name]];
    return one === undefined || other === undefined ? undefined : one + other;
  };
  return {
    calls: of('calls'),
    prompt_tokens: of('prompt_tokens'),
    completion_tokens: of('completion_tokens'),
  };
}

interface LedgerRow {
  readonly day: string;
  readonly model: string;
  readonly calls: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

const ledgerDays = ({ provider, from, until }: LedgerSpan) =>
  statement<LedgerRow>(
    `select to_char(slot at time zone 'UTC', 'YYYY-MM-DD') as day, model, sum(calls)::bigint as calls,
       sum(prompt_tokens)::bigint as prompt_tokens, sum(completion_tokens)::bigint as completion_tokens
     from reports.usage($2, $3) where provider = $1 and not own group by 1, 2`,
    [provider, from, until],
  );

interface LedgerCall extends LedgerRow {
  readonly account_id: string;
  readonly id: string;
  readonly request_id: string | null;
}

/** Calls as they are known now: with the figures and the id that came late. */
const ledgerCallsAfter = (
  { provider, from, until }: LedgerSpan,
  after: Pick<LedgerCall, 'account_id' | 'id'> | undefined,
) =>
  statement<LedgerCall>(
    `select e.account_id, e.id, to_char(e.updated_at at time zone 'UTC', 'YYYY-MM-DD') as day, e.model, 1 as calls,
       coalesce(e.provider_request_id, late.request_id) as request_id,
       e.prompt_tokens + late.prompt_tokens as prompt_tokens, e.completion_tokens + late.completion_tokens as completion_tokens
     from limits.usage_events e join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id
     cross join lateral (
       select max(c.provider_request_id) as request_id, coalesce(sum(c.prompt_tokens), 0)::integer as prompt_tokens,
         coalesce(sum(c.completion_tokens), 0)::integer as completion_tokens
       from limits.usage_events c where c.account_id = e.account_id and c.permit_id = e.permit_id and c.corrects = e.id
     ) as late
     where e.provider = $1 and e.updated_at >= $2 and e.updated_at < $3 and e.state = 'posted' and e.corrects is null
       and not limits.is_own(p.holder) and (e.account_id, e.id) > ($4::uuid, $5::uuid)
     order by e.account_id, e.id limit $6`,
    [provider, from, until, after?.account_id ?? FIRST, after?.id ?? FIRST, PAGE],
  );

const FIRST = '00000000-0000-0000-0000-000000000000';

async function* ledgerCalls(db: Database, span: LedgerSpan): AsyncGenerator<LedgerCall> {
  for (let last: LedgerCall | undefined; ; ) {
    const [rows] = await db.system('reports.bill', [ledgerCallsAfter(span, last)]);
    yield* rows;
    last = rows.at(-1);
    if (rows.length < PAGE) return;
  }
}
