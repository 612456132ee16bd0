import { deleteUnheld, type Statement, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { Subject } from './plan.ts';

/** How long an archive can be downloaded, and a failure is shown. */
const KEPT = `interval '7 days'`;

export interface ExportRow {
  readonly user_id: UserId;
  readonly id: string;
  /** For an operator's: the account, or the person, whose data it has. */
  readonly organization_id: AccountId | null;
  /** Whose archive an operator has made; null: the user has their own, or their organization's. */
  readonly subject_kind: Subject['kind'] | null;
  readonly status: 'waiting' | 'ready' | 'failed';
  readonly bytes: number | null;
  readonly expires_at: Date | null;
  readonly created_at: Date;
}

const SHOWN = 'user_id, id, organization_id, subject_kind, status, bytes, expires_at, created_at';

export interface ExportKey {
  readonly userId: UserId;
  readonly id: string;
}

/** An organization or, for an operator, any account or person; without it, oneself. */
export interface ExportSubject {
  readonly id: string;
  /** Not said: an organization of the user's own. */
  readonly kind?: Subject['kind'];
}

/** No row comes back where one of the same is under way. */
export const insertExport = ({ userId, id }: ExportKey, of: ExportSubject | undefined) =>
  statement<ExportRow>(
    `insert into erasure.exports (user_id, id, organization_id, subject_kind) values ($1, $2, $3, $4)
     on conflict (user_id, organization_id) where status = 'waiting' do nothing returning ${SHOWN}`,
    [userId, id, of?.id ?? null, of?.kind ?? null],
  );

export const waitingExport = (userId: UserId, of: ExportSubject | undefined) =>
  statement<ExportRow>(
    `select ${SHOWN} from erasure.exports
     where user_id = $1 and organization_id is not distinct from $2 and subject_kind is not distinct from $3 and status = 'waiting'`,
    [userId, of?.id ?? null, of?.kind ?? null],
  );

/** One that is not over. */
export const oneExport = ({ userId, id }: ExportKey) =>
  statement<ExportRow>(
    `select ${SHOWN} from erasure.exports
     where user_id = $1 and id = $2 and (expires_at is null or expires_at > app.now())`,
    [userId, id],
  );

/** Newest first. */
export const listExports = (
  userId: UserId,
  page: { readonly after: string | undefined; readonly limit: number },
) =>
  statement<ExportRow>(
    `select ${SHOWN} from erasure.exports
     where user_id = $1 and subject_kind is null and (expires_at is null or expires_at > app.now()) and ($2::uuid is null or id < $2)
     order by id desc limit $3`,
    [userId, page.after ?? null, page.limit],
  );

/** An attempt takes over: what one before it has left goes. A row comes back where the export still waits. */
export const beginAttempt = ({ userId, id }: ExportKey, attempt: string) =>
  [
    statement<{ id: string }>(
      `update erasure.exports set attempt = $3, updated_at = app.now()
       where user_id = $1 and id = $2 and status = 'waiting' returning id`,
      [userId, id, attempt],
    ),
    statement('delete from erasure.export_parts where user_id = $1 and export_id = $2', [userId, id]),
  ] as const;

/** A row comes back while the attempt is the one that began last. */
export const insertPart = ({ userId, id }: ExportKey, part: AttemptPart) =>
  statement<{ part: number }>(
    `insert into erasure.export_parts (user_id, export_id, part, bytes)
     select user_id, id, $4, $5 from erasure.exports
     where user_id = $1 and id = $2 and attempt = $3 and status = 'waiting' for share returning part`,
    [userId, id, part.attempt, part.place, part.bytes],
  );

export interface AttemptPart {
  readonly attempt: string;
  readonly place: number;
  readonly bytes: Uint8Array;
}

export const onePart = ({ userId, id }: ExportKey, part: number): Statement<{ bytes: Uint8Array }> =>
  statement('select bytes from erasure.export_parts where user_id = $1 and export_id = $2 and part = $3', [
    userId,
    id,
    part,
  ]);

/** Ends an export, unless another attempt has it; archives of the same before it make way. */
export const readyExport = (
  { userId, id }: ExportKey,
  made: { readonly attempt: string; readonly bytes: number },
) =>
  [
    statement<Pick<ExportRow, 'organization_id' | 'subject_kind'> & { expires_at: Date }>(
      `update erasure.exports set status = 'ready', bytes = $3, expires_at = app.now() + ${KEPT}, updated_at = app.now()
       where user_id = $1 and id = $2 and attempt = $4 and status = 'waiting' returning expires_at, organization_id, subject_kind`,
      [userId, id, made.bytes, made.attempt],
    ),
    statement(
      `delete from erasure.exports e using erasure.exports made
       where made.user_id = $1 and made.id = $2 and made.status = 'ready' and e.user_id = $1 and e.id <> $2 and e.status <> 'waiting'
         and (e.organization_id, e.subject_kind) is not distinct from (made.organization_id, made.subject_kind)`,
      [userId, id],
    ),
  ] as const;

export const failExport = ({ userId, id }: ExportKey) =>
  statement(
    `update erasure.exports set status = 'failed', expires_at = app.now() + ${KEPT}, updated_at = app.now()
     where user_id = $1 and id = $2 and status = 'waiting'`,
    [userId, id],
  );

export const pruneExports = statement<{ id: string }>(
  `${deleteUnheld('erasure.exports', 'expires_at <= app.now()')} returning id`,
);

const BY_OPERATORS = 'subject_kind is not null and (expires_at is null or expires_at > app.now())';

/** Those that operators asked for, the newest first. */
export const listOperatorExports = (after: string | undefined, limit: number) =>
  statement<ExportRow>(
    `select ${SHOWN} from erasure.exports where ${BY_OPERATORS} and ($1::uuid is null or id < $1) order by id desc limit $2`,
    [after ?? null, limit],
  );

export const oneOperatorExport = (id: string) =>
  statement<ExportRow>(`select ${SHOWN} from erasure.exports where ${BY_OPERATORS} and id = $1`, [id]);
