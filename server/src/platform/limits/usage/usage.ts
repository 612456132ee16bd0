import { type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Catalogue, LimitDeclaration } from '#platform/entitlements';
import { ruleJson, ruleOf } from '../features.ts';
import type { CallTags } from '../permit.ts';

/** Use of one limit of an account. */
export interface LimitUsage {
  readonly product: string;
  readonly limit: string;
  readonly kind: string;
  readonly used: number;
  readonly max: number;
  readonly resetsAt: string | null;
  /** For credits: what is left, and when the next of them expire. */
  readonly balance?: number;
  readonly nextExpiry?: string | null;
  /** For credits: those of which something is left, in the order in which they are used. */
  readonly grants?: readonly CreditsLeft[];
}

/** Credits that an account was given or sold, with what is left of them. */
export interface CreditsLeft {
  /** null: the plan's own, which its next use brings. */
  readonly id: string | null;
  readonly source: 'plan' | 'rollover' | 'admin' | 'top_up';
  readonly amount: number;
  /** Below zero: of a pack whose money went back after it was used. */
  readonly remaining: number;
  readonly expires_at: string | null;
}

/** Sums of the ledger: calls and micros by state, and units of credits that are left. Two equal ledgers have equal ones. */
export const LEDGER_SUMS = statement<{ name: string; sum: string }>(
  `select 'calls ' || state as name, count(*) || ', ' || sum(cost) || ' micros, charged ' || sum(charged) as sum from limits.usage_events group by state
   union all select 'credits left', sum(remaining)::text from limits.credits having count(*) > 0
   order by 1`,
);

interface UsedRow {
  readonly product: string;
  readonly name: string;
  readonly used: number;
  readonly size: number;
  readonly resets_at: Date | null;
  readonly balance: number | null;
  readonly next_expiry: Date | null;
  readonly grants: readonly CreditsLeft[] | null;
}

/** Credits of a limit that are not used up and did not expire, as `limits.draw` takes them. */
const GRANTS = `case when u.balance is not null then coalesce((
    select jsonb_agg(jsonb_build_object('id', c.id, 'source', c.source, 'amount', c.amount - c.taken, 'remaining', c.remaining, 'expires_at', c.expires_at)
      order by c.expires_at nulls last, c.source = 'top_up', c.source = 'plan', c.id)
    from limits.credits c where c.account_id = $2 and c.product = u.product and c.name = u.name and c.remaining <> 0
      and (c.remaining < 0 or c.expires_at is null or c.expires_at > app.now())), '[]') end as grants`;

/** Limits that reset before a person could read them: a cooldown, and a minute's rate. */
function isOverSoon({ kind }: LimitDeclaration): boolean {
  return kind === 'cooldown' || kind === 'rate';
}

/**
 * An account's use of each limit that counts by account, at the database's time. A limit that no plan of the
 * account grants is left out, and so is what is over soon.
 */
export async function readUsage(
  db: Database,
  catalogues: readonly Catalogue[],
  accountId: AccountId,
): Promise<LimitUsage[]> {
  const kinds = new Map<string, string>();
  const rules = catalogues.flatMap(({ product, limits }) =>
    Object.entries(limits).flatMap(([name, declaration]) => {
      if (declaration.by !== 'account' || isOverSoon(declaration)) return [];
      kinds.set(`${product}.${name}`, declaration.kind);
      return [ruleJson(product, ruleOf(name, declaration))];
    }),
  );
  const [rows] = await db.tenant(accountId, [
    statement<UsedRow>(`select u.*, ${GRANTS} from limits.usage_here($1::jsonb) u`, [
      JSON.stringify(rules),
      accountId,
    ]),
  ]);
  return rows.map(({ product, name, used, size, resets_at: resetsAt, balance, ...row }) => ({
    product,
    limit: name,
    kind: kinds.get(`${product}.${name}`) ?? '',
    used,
    max: size,
    resetsAt: resetsAt?.toISOString() ?? null,
    ...(balance === null
      ? {}
      : {
          balance,
          nextExpiry: row.next_expiry?.toISOString() ?? null,
          grants: withDue(row.grants ?? [], balance, resetsAt),
        }),
  }));
}

/** With the credits of the plan that this window's first use brings: the balance has them already. */
function withDue(grants: readonly CreditsLeft[], balance: number, resetsAt: Date | null): CreditsLeft[] {
  const shown = grants.map((one) => ({
    ...one,
    expires_at: one.expires_at === null ? null : new Date(one.expires_at).toISOString(),
  }));
  const due = balance - shown.reduce((sum, { remaining }) => sum + remaining, 0);
  if (due <= 0) return shown;
  const end = resetsAt?.toISOString() ?? null;
  // In the order in which `limits.draw` takes them.
  const isLater = ({ expires_at: at, source }: CreditsLeft) =>
    end !== null && (at === null || at > end || (at === end && source === 'top_up'));
  const later = shown.findIndex(isLater);
  const place = later === -1 ? shown.length : later;
  return shown.toSpliced(place, 0, {
    id: null,
    source: 'plan',
    amount: due,
    remaining: due,
    expires_at: end,
  });
}

/** One row of the ledger as its account sees it. */
export interface UsageEventRow {
  readonly id: string;
  readonly permit_id: string;
  readonly user_id: string;
  readonly key_id: string | null;
  readonly product: string;
  readonly feature: string;
  readonly provider: string;
  readonly model: string;
  readonly provider_request_id: string | null;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  readonly cost_micros: number;
  readonly charged_micros: number;
  readonly price_version: string;
  readonly status: 'pending' | 'sent' | 'posted' | 'voided';
  readonly estimated: boolean;
  readonly corrects: string | null;
  readonly request_id: string;
  /** Microseconds: authenticate, entitle, admit, run, settle. */
  readonly steps: readonly (number | null)[] | null;
  readonly created_at: Date;
  readonly tags: CallTags | null;
}

/** A row of the ledger with what its permit says: why a call was not settled, and what was held for it. */
export interface UsageEventDetails extends UsageEventRow {
  readonly reserve_micros: number;
  readonly plan: string | null;
  /** null: it was metered outside of this program. */
  readonly permit_status: 'queued' | 'running' | 'settled' | 'voided' | null;
  /** An error code, or some words of ours; null: nothing is said. */
  readonly reason: string | null;
}

/** Which rows of the ledger are asked for; all, where nothing is said. */
export interface UsageEventFilter {
  readonly request_id?: string | undefined;
  readonly permit_id?: string | undefined;
  readonly product?: string | undefined;
  readonly feature?: string | undefined;
  readonly model?: string | undefined;
  readonly user_id?: string | undefined;
  readonly key_id?: string | undefined;
  readonly status?: UsageEventRow['status'] | undefined;
  /** `name:value`. */
  readonly tag?: string | undefined;
  /** The instants between which it was written, the second one excluded. */
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/** A page of the ledger. */
export interface UsageEventPage {
  readonly rows: readonly UsageEventRow[];
  /** The last row that was looked at, where there may be more behind it. */
  readonly next: string | undefined;
}

/** Most rows that one page looks through for those that a filter wants: some 20 ms of the database's. */
const LOOKED_AT = 10_000;
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const COLUMNS = `e.id, e.permit_id, e.user_id, e.key_id, e.product, e.feature, e.provider, e.model, e.provider_request_id, e.prompt_tokens, e.cached_tokens,
  e.completion_tokens, e.reasoning_tokens, e.cost as cost_micros, e.charged as charged_micros, e.price_version, e.state as status, e.estimated, e.corrects,
  e.request_id, e.steps, e.created_at, (select t.tags from limits.permits t where t.account_id = e.account_id and t.id = e.permit_id) as tags`;

/** One row of an account's ledger; undefined: it has none of this id. */
export async function readUsageEvent(
  db: Database,
  accountId: AccountId,
  id: string,
): Promise<UsageEventDetails | undefined> {
  const [rows] = await db.tenant(accountId, [
    statement<UsageEventDetails>(
      `select ${COLUMNS}, e.reserve as reserve_micros, p.plan, p.state as permit_status, p.reason
       from limits.usage_events as e left join limits.permits as p on p.account_id = e.account_id and p.id = e.permit_id
       where e.account_id = $1 and e.id = $2`,
      [accountId, id],
    ),
  ]);
  return rows[0];
}

/**
 * The ledger of an account, newest first; `before` is the id of the last row of the page before. Ids are UUIDv7, so that their order is
 * that of time, and one batch's rows, written at the same instant, keep an order. At most `limit` rows, and fewer, with a `next`, where a filter wants few of many.
 */
export async function readUsageEvents(
  db: Database,
  accountId: AccountId,
  {
    limit,
    before = LAST,
    filter = {},
  }: {
    readonly limit: number;
    readonly before?: string | undefined;
    readonly filter?: UsageEventFilter;
  },
): Promise<UsageEventPage> {
  const { request_id, permit_id, product, feature, model, user_id, key_id, status, tag, from, until } =
    filter;
  const [rows, [end]] = await db.tenant(accountId, [
    statement<UsageEventRow>(
      `select ${COLUMNS}
       from (select * from limits.usage_events where account_id = $1 and id < $2 order by id desc limit ${LOOKED_AT}) as e
       where ($4::text is null or request_id = $4) and ($5::text is null or product = $5) and ($6::text is null or feature = $6)
         and ($7::text is null or model = $7) and ($8::uuid is null or user_id = $8) and ($9::uuid is null or key_id = $9)
         and ($10::text is null or state = $10)
         and ($13::uuid is null or permit_id = $13)
         and ($14::text is null or exists (select from limits.permits t where t.account_id = e.account_id and t.id = e.permit_id
           and t.tags->>split_part($14, ':', 1) = substr($14, strpos($14, ':') + 1)))
         and ($11::timestamptz is null or created_at >= $11) and ($12::timestamptz is null or created_at < $12)
       order by id desc limit $3`,
      [
        accountId,
        before,
        limit + 1,
        request_id ?? null,
        product ?? null,
        feature ?? null,
        model ?? null,
        user_id ?? null,
        key_id ?? null,
        status ?? null,
        from ?? null,
        until ?? null,
        permit_id ?? null,
        tag ?? null,
      ],
    ),
    statement<{ id: string; created_at: Date }>(
      `select id, created_at from limits.usage_events where account_id = $1 and id < $2 order by id desc offset ${LOOKED_AT - 1} limit 1`,
      [accountId, before],
    ),
  ]);
  const isBefore = end !== undefined && from !== undefined && end.created_at < from;
  if (rows.length <= limit) return { rows, next: isBefore ? undefined : end?.id };
  const shown = rows.slice(0, limit);
  return { rows: shown, next: shown.at(-1)?.id };
}
