import { type Statement, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** Which events are asked for; what is left out asks for all. */
export interface AuditFilter {
  /** The id of a user, whose keys' events are among them, or of one key. */
  readonly actor?: string | undefined;
  /** One action (`member.left`), or all of a subject (`member`). */
  readonly action?: string | undefined;
  /** The id of what it was done to. */
  readonly target?: string | undefined;
  /** From this instant on, and before that one. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/** A place in the order of events: an instant to the microsecond, and the id of the event there. */
export type AuditPosition = readonly [at: string, id: string];

export interface AuditRow {
  readonly id: string;
  readonly account_id: AccountId | null;
  readonly actor_kind: 'user' | 'key' | 'system' | 'store';
  readonly actor_id: string | null;
  readonly user_id: string | null;
  readonly action: string;
  readonly target_kind: string | null;
  readonly target_id: string | null;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly created_at: Date;
  /** The instant of its position: a JavaScript date is too coarse for it. */
  readonly at: string;
}

export interface AuditPage {
  /** A place in the order of events, newest first. */
  readonly after: AuditPosition | undefined;
  readonly limit: number;
  /** Bounds them to some subjects (`member`). */
  readonly subjects?: readonly string[];
}

const ORDER = 'order by created_at desc, id desc limit $9';
const ASKED = `(created_at, id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
       and created_at >= coalesce($4::timestamptz, '-infinity') and created_at < coalesce($5::timestamptz, 'infinity')
       and ($6::text is null or actor_id = $6 or user_id::text = $6)
       and ($7::text is null or action = $7 or starts_with(action, $7 || '.'))
       and ($8::text[] is null or split_part(action, '.', 1) = any ($8))
       and ($10::text is null or target_id = $10)`;

/** Columns that say who did it, and from where, are read as `doer` has it. */
const columns = (doer: (column: string) => string): string =>
  `id, account_id, actor_kind, ${doer('actor_id')}, ${doer('user_id')}, action, target_kind, target_id, changes, ${doer('ip')}, ${doer('user_agent')},
     request_id, created_at, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`;

/**
 * Events of an account, or of all of them, newest first, from a place in that order on; for the account's scope, or the
 * system's.
 */
export const auditEvents = (
  accountId: AccountId | undefined,
  filter: AuditFilter,
  page: AuditPage,
): Statement<AuditRow> =>
  statement(
    `select ${columns((column) => column)} from audit.events
     where ${accountId === undefined ? '$1::uuid is null' : 'account_id = $1'} and ${ASKED} ${ORDER}`,
    parametersOf(accountId, filter, page),
  );

/** Things that a person does and has and that belong to no account; other events without one are the work of platform admins. */
const OWN_SUBJECTS = ['session', 'user', 'mfa', 'export'];

/** The owner did it, or no person: not another user. */
const BY_OWNER = '(user_id is null or user_id = $11)';
/** The parts of a personal trail: each is read by its own index, and no further than the page. */
const PERSONAL = [
  'account_id = $1',
  `account_id is null and user_id = $11 and split_part(action, '.', 1) = any ($12)
     and (target_kind is distinct from 'user' or target_id = $11::uuid::text)`,
  `account_id is null and target_kind = 'user' and target_id = $11::uuid::text and user_id is distinct from $11`,
].map(
  (part) =>
    `(select * from audit.events where ${part} and ($6::text is null or ${BY_OWNER}) and ${ASKED} ${ORDER})`,
);

/**
 * The same of a personal account, with what its owner did as a person, and what was done to them: their sign-ins, factors,
 * exports. Who else did it (a platform admin), and from where, is not theirs to know, as in their export. For the system's scope.
 */
export const personalEvents = (
  { accountId, owner }: { readonly accountId: AccountId; readonly owner: UserId },
  filter: AuditFilter,
  page: AuditPage,
): Statement<AuditRow> =>
  statement(
    `select ${columns((column) => `case when ${BY_OWNER} then ${column} end as ${column}`)}
     from (${PERSONAL.join(' union all ')}) as theirs ${ORDER}`,
    [...parametersOf(accountId, filter, page), owner, OWN_SUBJECTS],
  );

const parametersOf = (
  accountId: AccountId | undefined,
  { actor, action, target, from, until }: AuditFilter,
  page: AuditPage,
): unknown[] => [
  accountId ?? null,
  page.after?.[0] ?? null,
  page.after?.[1] ?? null,
  from ?? null,
  until ?? null,
  actor ?? null,
  action ?? null,
  page.subjects ?? null,
  page.limit,
  target ?? null,
];
