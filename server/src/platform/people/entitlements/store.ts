import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { Catalogue, Grants } from './catalogue.ts';
import { type PlanTerms, termsOf } from './terms.ts';
import { type GrantSource, type Segment, PROVIDER_SOURCES, type TimedGrant } from './timeline.ts';

const GRANT = `account_id, id, product, plan, add_on, source, quantity, starts_at, ends_at, days, revoked_at, metered_from,
  cause, external_id, created_by, created_at, plan_version, overrides,
  (select v.terms from entitlements.plan_versions v
   where v.product = grants.product and v.plan = grants.plan and v.version = grants.plan_version) as terms`;

export interface GrantRow {
  readonly account_id: AccountId;
  readonly id: string;
  readonly product: string;
  readonly plan: string | null;
  readonly add_on: string | null;
  readonly source: GrantSource;
  readonly quantity: number;
  readonly starts_at: Date;
  readonly ends_at: Date | null;
  readonly days: number | null;
  readonly revoked_at: Date | null;
  readonly metered_from: Date | null;
  readonly cause: string;
  readonly external_id: string | null;
  readonly created_by: UserId | null;
  readonly created_at: Date;
  readonly plan_version: number | null;
  readonly terms: PlanTerms | null;
  readonly overrides: Grants | null;
}

/** A purchase or gift, as it was made. */
export interface Grant extends TimedGrant {
  readonly accountId: AccountId;
  readonly product: string;
  readonly cause: string;
  readonly createdBy: UserId | null;
  readonly createdAt: Date;
  /** The version of the plan that has its `terms`. */
  readonly version: number | null;
}

export function grantOf(row: GrantRow): Grant {
  return {
    id: row.id,
    externalId: row.external_id,
    accountId: row.account_id,
    product: row.product,
    plan: row.plan,
    addOn: row.add_on,
    source: row.source,
    quantity: row.quantity,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    days: row.days,
    revokedAt: row.revoked_at,
    meteredFrom: row.metered_from,
    cause: row.cause,
    createdBy: row.created_by,
    createdAt: row.created_at,
    version: row.plan_version,
    terms: row.terms,
    overrides: row.overrides,
  };
}

/**
 * One writer at a time for each account: a timeline is computed from every grant before it. All products
 * share the lock, so that one transaction may grant several; ids are locked in order, so that batches don't cross.
 */
export const lockAccounts = (accountIds: readonly AccountId[]) =>
  statement(
    `select pg_advisory_xact_lock(hashtextextended('entitlements ' || id, 0))
     from (select id from jsonb_array_elements_text($1::text::jsonb) as id order by id offset 0) as accounts`,
    [JSON.stringify(accountIds)],
  );

/** Whether an account is a person's own or an organization; no row when there is none. */
export const kindOf = (accountId: AccountId) =>
  statement<{ kind: 'personal' | 'organization' }>(
    'select kind from accounts.accounts where account_id = $1',
    [accountId],
  );

/** The database's time, whole milliseconds as in timelines, so that what starts now is in effect at once. */
export const presentTime = () =>
  statement<{ now: Date }>(`select date_trunc('milliseconds', app.now()) as now`);

export const insertGrant = (
  grant: Omit<Grant, 'revokedAt' | 'meteredFrom' | 'createdAt' | 'version'> & {
    readonly requestId: string | null;
  },
) =>
  statement<GrantRow>(
    `insert into entitlements.grants (account_id, id, product, plan, add_on, source, quantity, starts_at, ends_at, days,
       cause, external_id, created_by, request_id, plan_version, overrides)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
       case when $15::text is not null then entitlements.version_of($3, $4, $15::text::jsonb) end, $16::text::jsonb)
     returning ${GRANT}`,
    [
      grant.accountId,
      grant.id,
      grant.product,
      grant.plan,
      grant.addOn,
      grant.source,
      grant.quantity,
      grant.startsAt,
      grant.endsAt,
      grant.days,
      grant.cause,
      grant.externalId,
      grant.createdBy,
      grant.requestId,
      grant.terms === null ? null : JSON.stringify(grant.terms),
      grant.overrides === null ? null : JSON.stringify(grant.overrides),
    ],
  );

/** Grants of one of these accounts by an import under a name of another system; the oldest first. */
export const grantsByExternalId = (accountIds: readonly AccountId[], externalId: string) =>
  statement<GrantRow>(
    `select ${GRANT} from entitlements.grants
     where account_id = any ($1) and source = 'import' and external_id = $2 order by created_at, id`,
    [accountIds, externalId],
  );

export const grantById = (id: string) =>
  statement<GrantRow>(`select ${GRANT} from entitlements.grants where id = $1`, [id]);

export const endGrant = (grant: Grant, end: { readonly at: Date; readonly by: UserId | null }) =>
  statement<GrantRow>(
    `update entitlements.grants set revoked_at = $3, revoked_by = $4, updated_at = $3
     where account_id = $1 and id = $2 and revoked_at is null
     returning ${GRANT}`,
    [grant.accountId, grant.id, end.at, end.by],
  );

export const overrideGrant = ({ accountId, id }: Grant, overrides: Grants | null) =>
  statement<GrantRow>(
    `update entitlements.grants set overrides = $3::text::jsonb, updated_at = app.now()
     where account_id = $1 and id = $2 and revoked_at is null
     returning ${GRANT}`,
    [accountId, id, overrides === null ? null : JSON.stringify(overrides)],
  );

/** The grants of an account, newest first; `before` is the last id of the page before. */
export const grantsPage = (
  accountId: AccountId,
  page: { readonly limit: number; readonly before?: string | undefined },
) =>
  statement<GrantRow>(
    `select ${GRANT} from entitlements.grants where account_id = $1 and ($3::uuid is null or id < $3) order by id desc limit $2`,
    [accountId, page.limit, page.before ?? null],
  );

/** Purchases of an account through payment providers that were not taken back, whenever they run. */
export const boughtBy = (accountId: AccountId) =>
  statement<GrantRow>(
    `select ${GRANT} from entitlements.grants where account_id = $1 and source = any ($2)`,
    [accountId, PROVIDER_SOURCES],
  );

/** All add-ons that an account ever had, from every source. */
export const addOnsOf = (accountId: AccountId) =>
  statement<GrantRow>(
    `select ${GRANT} from entitlements.grants where account_id = $1 and add_on is not null`,
    [accountId],
  );

/** All grants of some accounts in a product. */
export const grantsIn = (product: string, accountIds: readonly AccountId[]) =>
  statement<GrantRow>(
    `select ${GRANT} from entitlements.grants where product = $1 and account_id = any ($2)`,
    [product, accountIds],
  );

/** Those of some accounts that have a product's default plan where they hold nothing better. */
export const accountsWithDefault = (
  { holds, accountsPerUser }: Pick<Default, 'holds' | 'accountsPerUser'>,
  accountIds: readonly AccountId[],
) =>
  statement<{ account_id: AccountId }>(
    `select account_id from unnest($1::uuid[]) as account_id where entitlements.has_default(account_id, $2, $3)`,
    [accountIds, holds, accountsPerUser],
  );

export interface Change {
  readonly product: string;
  readonly cause: 'granted' | 'revoked' | 'store_changed' | 'overage_chosen' | 'catalogue_changed';
  readonly grantId?: string;
  readonly requestId?: string | null;
}

/** A version that was appended, with the timeline before it: at first, that of accounts without a grant. */
export interface WrittenSnapshot {
  readonly account_id: AccountId;
  readonly version: number;
  readonly timeline: readonly Segment[];
  readonly former: readonly Segment[] | null;
  readonly now: Date;
}

/** Appends a version where the timeline is another than the newest one. Its caller holds the accounts' locks. */
export const insertSnapshots = (
  change: Change,
  timelines: readonly { readonly account_id: AccountId; readonly timeline: readonly Segment[] }[],
) =>
  statement<WrittenSnapshot>(
    `with written as (
       insert into entitlements.snapshots (account_id, product, version, timeline, cause, grant_id, request_id)
       select next.account_id, $2, coalesce(newest.version, 0) + 1, next.timeline, $3, $4, $5
       from jsonb_to_recordset($1::text::jsonb) as next (account_id uuid, timeline jsonb)
       left join lateral (
         select s.version, s.timeline from entitlements.snapshots s
         where s.account_id = next.account_id and s.product = $2 order by s.version desc limit 1
       ) newest on true
       where newest.timeline is distinct from next.timeline
       returning account_id, version, timeline
     )
     select w.account_id, w.version, w.timeline, date_trunc('milliseconds', app.now()) as now, coalesce(
       (select s.timeline from entitlements.snapshots s where s.account_id = w.account_id and s.product = $2 and s.version = w.version - 1),
       entitlements.ungranted(w.account_id, $2)) as former
     from written w`,
    [
      JSON.stringify(timelines),
      change.product,
      change.cause,
      change.grantId ?? null,
      change.requestId ?? null,
    ],
  );

/** The timelines of an account in all products that are for its kind, and the present time. */
export const timelinesOf = (accountId: AccountId) =>
  statement<{ product: string; timeline: Segment[]; now: Date }>(
    `select d.product, t.timeline, date_trunc('milliseconds', app.now()) as now
     from entitlements.defaults d cross join lateral (select entitlements.timeline($1, d.product) as timeline) t
     where t.timeline is not null order by d.product`,
    [accountId],
  );

/** The plan that an account has in a product now: `reel.pro`. */
export const presentPlan = (accountId: AccountId, product: string) =>
  statement<{ plan: string | null }>(`select entitlements.segment($1, $2, app.now())->>'plan' as plan`, [
    accountId,
    product,
  ]);

/** Accounts with a grant in a product, in the order of their ids, after one of them. */
export const accountsWithGrants = (product: string, after: string, limit: number) =>
  statement<{ account_id: AccountId }>(
    `select distinct account_id from entitlements.grants where product = $1 and account_id > $2 order by account_id limit $3`,
    [product, after, limit],
  );

export const syncedTo = (product: string) =>
  statement<{ digest: string; complete: boolean }>(
    'select digest, complete from entitlements.defaults where product = $1',
    [product],
  );

/** Entitlement in a product of accounts that were never granted anything in it. */
export interface Default extends Pick<Catalogue, 'product' | 'holds'> {
  readonly timeline: readonly Segment[];
  /** In how many accounts of one maker. */
  readonly accountsPerUser: number;
}

/** Says that the snapshots of a product are being rewritten to a state of its plans. */
export const beginSync = ({ product, holds, timeline, accountsPerUser }: Default, digest: string) =>
  statement(
    `insert into entitlements.defaults (product, timeline, digest, holds, accounts_per_user) values ($1, $2::text::jsonb, $3, $4, $5)
     on conflict (product) do update set timeline = excluded.timeline, digest = excluded.digest,
       holds = excluded.holds, accounts_per_user = excluded.accounts_per_user, complete = false, updated_at = app.now()`,
    [product, JSON.stringify(timeline), digest, holds, accountsPerUser],
  );

/** Says that all of them are, unless a process with other plans has written in between. */
export const endSync = (product: string, digest: string) =>
  statement(
    `update entitlements.defaults set complete = true, updated_at = app.now() where product = $1 and digest = $2`,
    [product, digest],
  );

/**
 * A process whose plans differ from those that the snapshots were rewritten to (an old one in a rolling deploy) has
 * just written one: the next start rewrites them all again.
 */
export const noteOtherPlans = (product: string, digest: string) =>
  statement(
    `update entitlements.defaults set digest = 'mixed', complete = false, updated_at = app.now()
     where product = $1 and digest not in ($2, 'mixed')`,
    [product, digest],
  );

/** Products with purchases that keep no terms yet: from before there were any, or of a program from before. */
export const productsWithoutTerms = () =>
  statement<{ product: string }>(
    `select distinct product from entitlements.grants
     where plan is not null and plan_version is null and source not in ('admin', 'owner')`,
  );

/** These purchases of a product keep the terms that its plans have now. */
export const keepPresentTerms = ({ product, plans }: Catalogue) =>
  statement(
    `update entitlements.grants g set plan_version = entitlements.version_of(g.product, g.plan, $2::text::jsonb->g.plan), updated_at = app.now()
     where g.product = $1 and g.plan is not null and g.plan_version is null and g.source not in ('admin', 'owner')
       and $2::text::jsonb ? g.plan`,
    [
      product,
      JSON.stringify(Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, termsOf(plan)]))),
    ],
  );
