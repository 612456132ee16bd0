import { type Statement, statement } from '#platform/db';
import type { ProofLine } from '#platform/erasure';

/** Actions of the audit about people's data, and copies that were made of it. */
const AUDITED = [
  'account.closed',
  'account.erased',
  'account.restored',
  'audit.exported',
  'export.asked',
  'export.downloaded',
  'export.ready',
  'privacy.settings_changed',
  'user.closed',
  'user.erased',
  'user.restored',
] as const;
/** A release is in no audit: it is of no account. */
const RELEASED = 'privacy.released';
export const ACTIONS = [...AUDITED, RELEASED] as const;
export type ComplianceAction = (typeof ACTIONS)[number];

export interface EntryRow {
  readonly id: string;
  readonly action: ComplianceAction;
  readonly account_id: string | null;
  readonly user_id: string | null;
  readonly target_kind: string | null;
  readonly target_id: string | null;
  readonly tables: readonly ProofLine[] | null;
  /** To the microsecond. */
  readonly at: string;
}

/** A place in the order of entries: an instant to the microsecond, and the id there. */
export type EntryPosition = readonly [at: string, id: string];

export interface ReportQuestion {
  readonly action: ComplianceAction | undefined;
  /** Days of UTC: the first one, and the one after the last; without them, the last 31. */
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly after: EntryPosition | undefined;
  readonly limit: number;
}

/** The newest first. Each part reads no further than the page. */
export function listEntries({ action, from, until, after, limit }: ReportQuestion): Statement<EntryRow> {
  return statement(
    `with days as (
       select coalesce($2::date, d.ends - 31)::timestamp at time zone 'UTC' as starts, d.ends::timestamp at time zone 'UTC' as ends
       from (select coalesce($3::date, (app.now() at time zone 'UTC')::date + 1) as ends) d),
     audited as (
       select e.id::text, e.action, e.account_id, e.user_id, e.target_kind, e.target_id, e.created_at
       from audit.events e cross join days d
       where e.action = any($1::text[]) and e.created_at >= d.starts and e.created_at < d.ends
         and ($4::timestamptz is null or (e.created_at, e.id::text collate "C") < ($4, $5))
       order by e.created_at desc, e.id desc limit $6),
     released as (
       select r.product || '/' || r.starts_on as id, '${RELEASED}' as action, null::uuid as account_id, null::uuid as user_id, 'release' as target_kind,
         r.product || '/' || r.starts_on as target_id, r.created_at
       from privacy.releases r cross join days d
       where '${RELEASED}' = any($1::text[]) and r.created_at >= d.starts and r.created_at < d.ends
         and ($4::timestamptz is null or (r.created_at, (r.product || '/' || r.starts_on) collate "C") < ($4, $5))
       order by r.created_at desc, r.product collate "C" desc limit $6)
     select x.id, x.action, x.account_id, x.user_id, x.target_kind, x.target_id, p.tables,
       to_char(x.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from (select * from audited union all select * from released) x
       left join erasure.proofs p on x.action in ('account.erased', 'user.erased') and p.subject_id::text = x.target_id
     order by x.created_at desc, x.id collate "C" desc limit $6`,
    [
      action === undefined ? ACTIONS : [action],
      from ?? null,
      until ?? null,
      after?.[0] ?? null,
      after?.[1] ?? null,
      limit,
    ],
  );
}
