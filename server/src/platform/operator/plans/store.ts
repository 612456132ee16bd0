import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';

/** A stored version of the plans. */
export interface VersionRow {
  readonly version: number;
  readonly document: string;
  readonly source: 'file' | 'api';
  readonly created_by: string | null;
  readonly email: string | null;
  readonly created_at: Date;
}

const VERSION = `v.version, v.source, v.created_by, u.email, v.created_at
  from plans.versions v left join identity.users u on u.user_id = v.created_by`;

/** The version in effect, if it is a later one than `known`. */
export const newestVersion = (known = 0) =>
  statement<VersionRow>(
    `select v.document, ${VERSION} where v.version > $1 order by v.version desc limit 1`,
    [known],
  );

/** The newest versions without their documents. */
export const listVersions = (limit: number) =>
  statement<Omit<VersionRow, 'document'>>(`select ${VERSION} order by v.version desc limit $1`, [limit]);

/** Whether a document was in effect, as a later version than this one. */
export const wasStored = (document: string, since = 0) =>
  statement<{ stored: boolean }>(
    'select exists (select from plans.versions where version > $2 and document = $1) as stored',
    [document, since],
  );

/** Those who change plans go one after the other, until they commit. */
export const lockPlans = statement("select pg_advisory_xact_lock(hashtextextended('plinth plans', 0))");

export const insertVersion = (row: {
  readonly version: number;
  readonly document: string;
  readonly source: VersionRow['source'];
  readonly by: UserId | null;
}) =>
  statement('insert into plans.versions (version, document, source, created_by) values ($1, $2, $3, $4)', [
    row.version,
    row.document,
    row.source,
    row.by,
  ]);

/** The document that operators work on. */
export interface DraftRow {
  readonly document: string;
  readonly base: number;
  readonly version: number;
  readonly changed_by: string | null;
  readonly email: string | null;
  readonly updated_at: Date;
}

export const readDraft = statement<DraftRow>(
  `select d.document, d.base, d.version, d.changed_by, u.email, d.updated_at
   from plans.drafts d left join identity.users u on u.user_id = d.changed_by`,
);

export const storeDraft = (document: string, base: number, by: UserId) =>
  statement(
    `insert into plans.drafts (document, base, changed_by) values ($1, $2, $3)
     on conflict (draft_id) do update set document = excluded.document, base = excluded.base, version = excluded.version,
       changed_by = excluded.changed_by, updated_at = app.now()`,
    [document, base, by],
  );

/** Deletes the draft; with a document, only if it is this one. */
export const deleteDraft = (document: string | null = null) =>
  statement('delete from plans.drafts where $1::text is null or document = $1', [document]);

/**
 * How many accounts hold each plan and add-on of a product now or later, by its id (`notes.pro`): those who were granted or sold it, and
 * not those who have it by default. `keep`: how many of them keep the terms at which they bought it.
 */
export const heldIn = (product: string) =>
  statement<{ held: string; accounts: number; keep: number }>(
    `select held, count(distinct account_id)::int as accounts, (count(distinct account_id) filter (where keeps))::int as keep from (
       select account_id, product || '.' || plan as held, plan_version is not null as keeps from entitlements.grants
       where product = $1 and plan is not null and revoked_at is null and coalesce(ends_at, 'infinity') > app.now()
       union all
       select s.account_id, add_on, false from (
         select distinct on (account_id) account_id, timeline from entitlements.snapshots
         where product = $1 order by account_id, version desc
       ) s
       cross join jsonb_array_elements(s.timeline) as segment
       cross join jsonb_array_elements_text(segment->'add_ons') as add_on
       where coalesce((segment->>'until')::timestamptz, 'infinity') > app.now()
     ) as holders group by held order by held`,
    [product],
  );

/** How many accounts have a product's default plan, for they hold nothing else in it. */
export const withDefaultOf = (product: string) =>
  statement<{ accounts: number }>(
    `select count(*)::int as accounts from accounts.accounts a
     where not exists (select from entitlements.grants g where g.account_id = a.account_id and g.product = $1 and g.revoked_at is null)
       and entitlements.segment(a.account_id, $1, app.now())->>'plan' is not null`,
    [product],
  );

/** A limit of a plan that becomes smaller, as `limits.usage_of` reads it, with its new size for one seat. */
export interface ShrinkingLimit {
  readonly plan: string;
  readonly perSeat: boolean;
  readonly size: number;
  /** `{p, n, k, w, s, m}`. */
  readonly rule: object;
}

/** At most so many accounts are looked at for what they have used. */
const LOOKED_AT = 5_000;

/** How many accounts have used more of a limit by now than its new size, by plan and limit. */
export const overIn = (product: string, limits: readonly ShrinkingLimit[]) =>
  statement<{ plan: string; limit: string; accounts: number }>(
    `with seen as (
       select account_id, entitlements.segment(account_id, $1, app.now()) as segment
       from (select account_id from limits.meters where scope = $1 union select account_id from entitlements.grants where product = $1
         limit ${LOOKED_AT}) as accounts
     )
     select l->>'plan' as plan, l->'rule'->>'n' as limit, count(*)::int as accounts
     from seen cross join jsonb_array_elements($2::text::jsonb) as l
     cross join lateral limits.usage_of(seen.account_id, jsonb_build_array(l->'rule')) as used
     where seen.segment->>'plan' = l->>'plan' and seen.segment->>'source' in ('admin', 'owner', 'default')
       and used.used > (l->>'size')::bigint * case when (l->>'perSeat')::boolean then coalesce((seen.segment->>'quantity')::int, 1) else 1 end
     group by 1, 2 order by 1, 2`,
    [product, JSON.stringify(limits)],
  );

/** Whether snapshots of some products are still to be written, by a process that has not done so for a minute. */
export const isLeftUnsynced = (products: readonly string[]) =>
  statement<{ unsynced: boolean }>(
    `select exists (select from entitlements.defaults
       where product = any ($1) and not complete and updated_at < app.now() - interval '1 minute') as unsynced`,
    [products],
  );

export const isUnsynced = (products: readonly string[]) =>
  statement<{ unsynced: boolean }>(
    'select exists (select from entitlements.defaults where product = any ($1) and not complete) as unsynced',
    [products],
  );
