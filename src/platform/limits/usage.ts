import { type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Catalogue } from '#platform/entitlements';

/** What is used of one limit of an account. */
export interface LimitUsage {
  readonly product: string;
  readonly limit: string;
  readonly kind: string;
  readonly used: number;
  readonly max: number;
  readonly resetsAt: string | null;
}

interface MeterRow {
  readonly product: string;
  readonly plan: string | null;
  readonly grants: Record<string, number | boolean>;
  readonly windows: Record<string, { start: number; used: number }>;
  readonly open: Record<string, number>;
  readonly now: string;
  readonly starts: Record<string, { start: number; end: string }>;
}

/**
 * What an account has used of each limit that counts by account, at the database's time. A limit that no plan of the
 * account grants is left out.
 */
export async function readUsage(
  db: Database,
  catalogues: readonly Catalogue[],
  accountId: AccountId,
): Promise<LimitUsage[]> {
  const products = catalogues.map((catalogue) => catalogue.product);
  const [rows] = await db.tenant(accountId, [
    statement<{ usage: MeterRow }>('select limits.usage_here($1::jsonb) as usage', [
      JSON.stringify(products),
    ]),
  ]);
  return rows.flatMap(({ usage }) => {
    const catalogue = catalogues.find((one) => one.product === usage.product);
    if (catalogue === undefined || usage.plan === null) return [];
    return Object.entries(catalogue.limits).flatMap(([limit, declaration]): LimitUsage[] => {
      const max = usage.grants[limit];
      if (declaration.by !== 'account' || typeof max !== 'number') return [];
      const base = { product: usage.product, limit, kind: declaration.kind, max };
      if (declaration.kind === 'concurrency')
        return [{ ...base, used: usage.open[limit] ?? 0, resetsAt: null }];
      if (!('per' in declaration)) return [];
      const window = usage.windows[limit];
      const current = usage.starts[declaration.per];
      const used =
        window !== undefined && current !== undefined && window.start === current.start ? window.used : 0;
      return [
        { ...base, used, resetsAt: current === undefined ? null : new Date(current.end).toISOString() },
      ];
    });
  });
}

/** One row of the ledger as its account sees it. */
export interface UsageEventRow {
  readonly id: string;
  readonly permit_id: string;
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
  readonly price_version: string;
  readonly status: 'pending' | 'sent' | 'posted' | 'voided';
  readonly estimated: boolean;
  readonly corrects: string | null;
  readonly request_id: string;
  readonly created_at: Date;
}

/**
 * The ledger of an account, newest first; `before` is the id of the last row of the page before. Ids are UUIDv7, so that
 * their order is that of time, and one batch's rows, written at the same instant, keep an order. At most `limit` rows.
 */
export async function readUsageEvents(
  db: Database,
  accountId: AccountId,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<UsageEventRow[]> {
  const [rows] = await db.tenant(accountId, [
    statement<UsageEventRow>(
      `select id, permit_id, product, feature, provider, model, provider_request_id, prompt_tokens, cached_tokens, completion_tokens,
         reasoning_tokens, cost as cost_micros, price_version, state as status, estimated, corrects, request_id, created_at
       from limits.usage_events
       where account_id = $1 and id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
       order by id desc limit $3`,
      [accountId, page.before ?? null, page.limit],
    ),
  ]);
  return rows;
}
