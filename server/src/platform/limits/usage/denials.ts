import { type Statement, statement, deleteUnheld } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Denial } from '../denial.ts';
import type { AdmitRequest } from '../permit.ts';
import {
  COUNTED,
  COUNTS_PRUNED,
  createCounts,
  hourOf,
  HOUR_OF_ROW,
  type HourlyParts,
  OLD_COUNTS,
} from './counts.ts';

/** Denials of an account by one limit in an hour. */
export interface DenialCount {
  readonly account_id: string;
  readonly hour: string;
  readonly product: string;
  readonly feature: string;
  readonly limit: string;
  readonly kind: Denial['of'];
  readonly plan: string;
  readonly denied: number;
  /** Its use at the last one, and its size. */
  readonly used: number;
  readonly max: number;
  readonly last_at: string;
  readonly last_request_id: string;
}

/** Where a page of them goes on, in the order in which they are listed. */
export type DenialPosition = readonly [
  hour: string,
  account: string,
  product: string,
  feature: string,
  limit: string,
  plan: string,
];

export interface DenialQuestion {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly product?: string | undefined;
  readonly limit?: string | undefined;
  readonly plan?: string | undefined;
  readonly after?: DenialPosition | undefined;
  readonly rows: number;
}

/** Denials by account, limit, plan and hour. None costs a commit: they are counted in memory and written together. */
export interface DenialCounts {
  /** Takes no time, and never throws. */
  count(request: Pick<AdmitRequest, 'accountId' | 'product' | 'feature' | 'requestId'>, denial: Denial): void;
  /** Writes what is counted; what cannot be written is counted on. */
  write(): Promise<void>;
  /** The newest hour first. */
  ofAccount(accountId: AccountId, question: DenialQuestion): Promise<DenialCount[]>;
  ofAll(question: DenialQuestion & { readonly account?: string | undefined }): Promise<DenialCount[]>;
  /** Denials of a span, added up, the most denied first. */
  sums(question: DenialSumsQuestion): Promise<DenialSum[]>;
  prune(): Promise<void>;
  /** Writes what is counted, and stops. */
  close(): Promise<void>;
}

export function createDenialCounts({ db, clock, onFailure }: HourlyParts): DenialCounts {
  const counts = createCounts<DenialCount>({
    write: (rows) => db.system('limits.denials', COUNTED, [addCounts(rows)]),
    sum: (newer, older) => ({ ...newer, denied: newer.denied + older.denied }),
    onFailure,
  });
  return {
    write: counts.write,
    count({ accountId, product, feature, requestId }, { limit, of: kind, used, max, plan }) {
      const now = clock.now();
      const hour = hourOf(now);
      counts.add([accountId, hour, product, feature, limit, plan].join(' '), {
        account_id: accountId,
        hour,
        product,
        feature,
        limit,
        kind,
        plan,
        used,
        max,
        denied: 1,
        last_at: new Date(now).toISOString(),
        last_request_id: requestId,
      });
    },
    async ofAccount(accountId, question) {
      const [rows] = await db.tenant(accountId, [listCounts({ ...question, account: accountId })]);
      return rows.map(toCount);
    },
    async ofAll(question) {
      const [rows] = await db.system('limits.denials', [listCounts(question)]);
      return rows.map(toCount);
    },
    async sums(question) {
      const [rows] = await db.system('limits.denials', [sumDenials(question)]);
      return rows.map(sumView);
    },
    async prune() {
      await db.system('limits.denials', COUNTS_PRUNED, [
        statement(deleteUnheld('limits.denials', OLD_COUNTS)),
      ]);
    },
    close: counts.close,
  };
}

/** In one order, so that processes that add to the same rows never wait for each other in a circle. Of an account that is gone nothing is kept. */
const addCounts = (counts: readonly DenialCount[]): Statement =>
  statement(
    `insert into limits.denials as t (account_id, hour, product, feature, name, plan, kind, denied, used, size, last_at, last_request_id)
     select c.account_id, c.hour, c.product, c.feature, c."limit", c.plan, c.kind, c.denied, c.used, c.max, c.last_at, c.last_request_id
       from jsonb_to_recordset($1::text::jsonb) as c (account_id uuid, hour timestamptz, product text, feature text, "limit" text, plan text, kind text,
         denied bigint, used bigint, max bigint, last_at timestamptz, last_request_id text)
       join accounts.accounts a using (account_id)
       order by 1, 2, 3, 4, 5, 6
     on conflict (account_id, hour, product, feature, name, plan) do update
       set denied = t.denied + excluded.denied, last_at = greatest(t.last_at, excluded.last_at),
         used = case when excluded.last_at >= t.last_at then excluded.used else t.used end,
         size = case when excluded.last_at >= t.last_at then excluded.size else t.size end,
         last_request_id = case when excluded.last_at >= t.last_at then excluded.last_request_id else t.last_request_id end`,
    [JSON.stringify(counts)],
  );

interface CountRow extends Omit<DenialCount, 'hour' | 'last_at'> {
  readonly hour: Date;
  readonly last_at: Date;
}

const toCount = ({ hour, last_at, ...row }: CountRow): DenialCount => ({
  ...row,
  hour: hour.toISOString(),
  last_at: last_at.toISOString(),
});

/** Rows that a question chooses, by its first six values. */
const CHOSEN = `($1::uuid is null or account_id = $1) and ($2::timestamptz is null or ${HOUR_OF_ROW} >= $2 at time zone 'UTC')
       and ($3::timestamptz is null or ${HOUR_OF_ROW} < $3 at time zone 'UTC') and ($4::text is null or product = $4) and ($5::text is null or name = $5)
       and ($6::text is null or plan = $6)`;

type Chosen = Omit<DenialQuestion, 'after' | 'rows'> & { readonly account?: string | undefined };

const chosenBy = ({ account, from, until, product, limit, plan }: Chosen) =>
  [account ?? null, from ?? null, until ?? null, product ?? null, limit ?? null, plan ?? null] as const;

function listCounts(
  question: DenialQuestion & { readonly account?: string | undefined },
): Statement<CountRow> {
  const { after, rows } = question;
  const [account, from, until, product, limit, plan] = chosenBy(question);
  const [hour = null, last = null, ofProduct = null, feature = null, name = null, ofPlan = null] =
    after ?? [];
  return statement<CountRow>(
    `select account_id, hour, product, feature, name as "limit", kind, plan, denied, used, size as max, last_at, last_request_id
     from limits.denials
     where ${CHOSEN}
       and ($7::timestamptz is null or hour < $7 or hour = $7 and (account_id, product, feature, name, plan) > ($8::uuid, $9::text, $10::text, $11::text, $12::text))
     order by ${HOUR_OF_ROW} desc, account_id, product, feature, name, plan limit $13`,
    [account, from, until, product, limit, plan, hour, last, ofProduct, feature, name, ofPlan, rows],
  );
}

/** Groups of a span's denials: a limit of a plan, each account that it denied, and each day on which it did. */
export const DENIAL_GROUPS = ['limit', 'account', 'day'] as const;
type DenialGroup = (typeof DENIAL_GROUPS)[number];

/** Denials of a span by a limit of a plan; account and its name are null where they are of several. */
export interface DenialSum
  extends Pick<DenialCount, 'product' | 'limit' | 'kind' | 'plan' | 'denied' | 'max'> {
  readonly account_id: string | null;
  readonly account_name: string | null;
  /** `2026-11-20`; null where groups are no days. */
  readonly day: string | null;
  readonly accounts: number;
  /** How many hours had any: once is a burst, each day is a plan that is too small. */
  readonly hours: number;
  readonly last_at: string;
  readonly last_request_id: string;
}

type DenialSumPosition = readonly [
  denied: number,
  product: string,
  limit: string,
  plan: string,
  kind: string,
  account_or_day: string,
];

interface DenialSumsQuestion extends Omit<DenialQuestion, 'after'> {
  readonly group: DenialGroup;
  /** The time zone of the days. */
  readonly zone: string;
  readonly account?: string | undefined;
  readonly after?: DenialSumPosition | undefined;
}

interface DenialSumRow extends Omit<DenialSum, 'last_at'> {
  readonly last_at: Date;
}

const sumView = ({ last_at: last, ...row }: DenialSumRow): DenialSum => ({
  ...row,
  last_at: last.toISOString(),
});

export const positionOfSum = (sum: DenialSum): DenialSumPosition => [
  sum.denied,
  sum.product,
  sum.limit,
  sum.plan,
  sum.kind,
  sum.account_id ?? sum.day ?? '',
];

/** The most denied first. */
function sumDenials(question: DenialSumsQuestion): Statement<DenialSumRow> {
  const { group, after, rows, zone } = question;
  const [account, from, until, product, limit, plan] = chosenBy(question);
  const whose = group === 'account' ? 'account_id' : 'null::uuid';
  const day = group === 'day' ? "to_char(hour at time zone $14::text, 'YYYY-MM-DD')" : 'null::text';
  const key = "coalesce(s.account_id::text, s.day, '')";
  const [denied = null, ofProduct = null, name = null, ofPlan = null, kind = null, last = null] = after ?? [];
  return statement<DenialSumRow>(
    `with sums as (
       select ${whose} as account_id, ${day} as day, product, name, kind, plan, sum(denied)::bigint as denied, count(distinct account_id)::integer as accounts,
         count(distinct hour)::integer as hours, max(last_at) as last_at,
         (array_agg(last_request_id order by last_at desc))[1] as last_request_id, (array_agg(size order by last_at desc))[1] as max
       from limits.denials
       where ${CHOSEN}
       group by ${group === 'account' ? 'account_id, ' : ''}2, product, name, kind, plan)
     select s.account_id, a.name as account_name, s.day, s.product, s.name as "limit", s.kind, s.plan, s.denied, s.accounts, s.hours, s.max, s.last_at, s.last_request_id
     from sums s left join accounts.accounts a on a.account_id = s.account_id
     where $7::bigint is null or s.denied < $7 or s.denied = $7 and (s.product, s.name, s.plan, s.kind, ${key}) > ($8::text, $9::text, $10::text, $11::text, $12::text)
     order by s.denied desc, s.product, s.name, s.plan, s.kind, ${key} limit $13`,
    [
      account,
      from,
      until,
      product,
      limit,
      plan,
      denied,
      ofProduct,
      name,
      ofPlan,
      kind,
      last,
      rows,
      ...(group === 'day' ? [zone] : []),
    ],
  );
}
