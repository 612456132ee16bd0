import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import { sealedColumn } from '#platform/secrets';

const TABLE = { table: 'identity.totp', key: ['user_id'] } as const;
/** One context for both: confirmed, the text moves from one column to the other. */
export const SEALED_TOTP = sealedColumn({ ...TABLE, column: 'secret' });
sealedColumn({ ...TABLE, column: 'pending', field: 'secret' });

/** An enrolment that is not confirmed in time begins anew. */
const PENDING = `interval '15 minutes'`;
export const putPending = (userId: UserId, sealed: string) =>
  statement(
    `insert into identity.totp (user_id, pending, pending_at) values ($1, $2, app.now())
     on conflict (user_id) do update set pending = excluded.pending, pending_at = excluded.pending_at, updated_at = app.now()`,
    [userId, sealed],
  );

/** Seconds since 1970, by the database: one clock for all processes. */
const NOW = `extract(epoch from app.now())::float8 as now`;

export interface PendingRow {
  pending: string;
  now: number;
  /** Whether it takes the place of another. */
  replaces: boolean;
}

export const pendingTotp = (userId: UserId) =>
  statement<PendingRow>(
    `select pending, ${NOW}, confirmed_at is not null as replaces
     from identity.totp where user_id = $1 and pending is not null and pending_at > app.now() - ${PENDING}`,
    [userId],
  );

/** Puts the pending one in force; the code that confirmed it is used up. */
export const confirmPending = (userId: UserId, step: number) =>
  statement(
    `update identity.totp set secret = pending, confirmed_at = app.now(), pending = null, pending_at = null,
       used_step = $2, updated_at = app.now()
     where user_id = $1`,
    [userId, step],
  );

export interface TotpRow {
  secret: string;
  now: number;
}

export const totpOf = (userId: UserId) =>
  statement<TotpRow>(
    `select secret, ${NOW} from identity.totp where user_id = $1 and secret is not null and confirmed_at is not null`,
    [userId],
  );

/** Uses a step up, and all before it; no row comes back where it is used up. */
export const useStep = (userId: UserId, step: number) =>
  statement<{ user_id: UserId }>(
    `update identity.totp set used_step = $2, updated_at = app.now()
     where user_id = $1 and used_step < $2 returning user_id`,
    [userId, step],
  );

export const deleteTotp = (userId: UserId) =>
  statement<{ confirmed_at: Date | null }>(
    'delete from identity.totp where user_id = $1 returning confirmed_at',
    [userId],
  );
