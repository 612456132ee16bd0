import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import { sealedColumn } from '#platform/secrets';

const TABLE = { table: 'identity.totp', key: ['user_id'] } as const;
/** One context for both: confirmed, the text moves from one column to the other. */
export const SEALED_TOTP = sealedColumn({ ...TABLE, column: 'secret' });
sealedColumn({ ...TABLE, column: 'pending', field: 'secret' });

/** Whoever enrols and does not confirm begins anew. */
const PENDING = `interval '15 minutes'`;
/** So many wrong codes in a row are mistakes; from then on no code is looked at for a minute, then two, at most an hour. */
export const MOST_MISSES = 5;
const CLOSED = `least(interval '1 hour', interval '1 minute' * power(2, least(misses + 1 - ${MOST_MISSES}, 6)))`;

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
     from identity.totp where user_id = $1 and pending_at > app.now() - ${PENDING}`,
    [userId],
  );

/** Puts the pending one in force; the code that confirmed it is used up. */
export const confirmPending = (userId: UserId, step: number) =>
  statement(
    `update identity.totp set secret = pending, confirmed_at = app.now(), pending = null, pending_at = null,
       used_step = $2, misses = 0, closed_until = null, updated_at = app.now()
     where user_id = $1`,
    [userId, step],
  );

export interface TotpRow {
  secret: string;
  now: number;
  /** How long no code is looked at; null: codes are. */
  closed_seconds: number | null;
}

export const totpOf = (userId: UserId) =>
  statement<TotpRow>(
    `select secret, ${NOW},
       case when closed_until > app.now() then ceil(extract(epoch from closed_until - app.now()))::int end as closed_seconds
     from identity.totp where user_id = $1 and confirmed_at is not null`,
    [userId],
  );

/** Uses a step up, and all before it; no row comes back where it is used up. The misses before it are forgiven. */
export const useStep = (userId: UserId, step: number) =>
  statement<{ user_id: UserId }>(
    `update identity.totp set used_step = $2, misses = 0, closed_until = null, updated_at = app.now()
     where user_id = $1 and used_step < $2 returning user_id`,
    [userId, step],
  );

export const missed = (userId: UserId) =>
  statement<{ misses: number }>(
    `update identity.totp set misses = misses + 1, updated_at = app.now(),
       closed_until = case when misses + 1 >= ${MOST_MISSES} then app.now() + ${CLOSED} end
     where user_id = $1 returning misses`,
    [userId],
  );

export const deleteTotp = (userId: UserId) =>
  statement<{ confirmed_at: Date | null }>(
    'delete from identity.totp where user_id = $1 returning confirmed_at',
    [userId],
  );
