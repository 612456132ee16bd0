import { type Statement, statement } from '#platform/db';
import type { DenialCount } from './denials.ts';

/** Groups of a span's denials: a limit of a plan, and each account that it denied. */
export const DENIAL_GROUPS = ['limit', 'account'] as const;
export type DenialGroup = (typeof DENIAL_GROUPS)[number];

/** Denials of a span by a limit of a plan; account and its name are null where they are of several. */
export interface DenialSum
  extends Pick<DenialCount, 'product' | 'limit' | 'kind' | 'plan' | 'denied' | 'max'> {
  readonly account_id: string | null;
  readonly account_name: string | null;
  readonly accounts: number;
  /** How many hours had any: once is a burst, each day is a plan that is too small. */
  readonly hours: number;
  readonly last_at: string;
  readonly last_request_id: string;
}

export type DenialSumPosition = readonly [
  denied: number,
  product: string,
  limit: string,
  plan: string,
  kind: string,
  account: string,
];

export interface DenialSumsQuestion {
  readonly group: DenialGroup;
  readonly account?: string | undefined;
  readonly product?: string | undefined;
  readonly limit?: string | undefined;
  readonly plan?: string | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly after?: DenialSumPosition | undefined;
  readonly rows: number;
}

export interface DenialSumRow extends Omit<DenialSum, 'last_at'> {
  readonly last_at: Date;
}

export const sumView = ({ last_at: last, ...row }: DenialSumRow): DenialSum => ({
  ...row,
  last_at: last.toISOString(),
});

export const positionOfSum = (sum: DenialSum): DenialSumPosition => [
  sum.denied,
  sum.product,
  sum.limit,
  sum.plan,
  sum.kind,
  sum.account_id ?? '',
];

/** The most denied first. `hour`: the column as its index has it. */
export function sumDenials(question: DenialSumsQuestion, hour: string): Statement<DenialSumRow> {
  const { group, account, product, limit, plan, from, until, after, rows } = question;
  const whose = group === 'account' ? 'account_id' : 'null::uuid';
  const [denied = null, ofProduct = null, name = null, ofPlan = null, kind = null, last = null] = after ?? [];
  return statement<DenialSumRow>(
    `with sums as (
       select ${whose} as account_id, product, name, kind, plan, sum(denied)::bigint as denied, count(distinct account_id)::integer as accounts,
         count(distinct hour)::integer as hours, max(last_at) as last_at,
         (array_agg(last_request_id order by last_at desc))[1] as last_request_id, (array_agg(size order by last_at desc))[1] as max
       from limits.denials
       where ($1::uuid is null or account_id = $1) and ($2::timestamptz is null or ${hour} >= $2 at time zone 'UTC') and ($3::timestamptz is null or ${hour} < $3 at time zone 'UTC')
         and ($4::text is null or product = $4) and ($5::text is null or name = $5) and ($6::text is null or plan = $6)
       group by ${group === 'account' ? 'account_id, ' : ''}product, name, kind, plan)
     select s.account_id, a.name as account_name, s.product, s.name as "limit", s.kind, s.plan, s.denied, s.accounts, s.hours, s.max, s.last_at, s.last_request_id
     from sums s left join accounts.accounts a on a.account_id = s.account_id
     where $7::bigint is null or s.denied < $7 or s.denied = $7 and (s.product, s.name, s.plan, s.kind, coalesce(s.account_id::text, '')) > ($8::text, $9::text, $10::text, $11::text, $12::text)
     order by s.denied desc, s.product, s.name, s.plan, s.kind, coalesce(s.account_id::text, '') limit $13`,
    [
      account ?? null,
      from ?? null,
      until ?? null,
      product ?? null,
      limit ?? null,
      plan ?? null,
      denied,
      ofProduct,
      name,
      ofPlan,
      kind,
      last,
      rows,
    ],
  );
}
