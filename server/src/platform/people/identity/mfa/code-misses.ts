import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import { deviceOf } from '../sessions/session-store.ts';

/** So many wrong codes in a row are mistakes; from then on no code is looked at for a minute, then two, at most an hour. */
export const MOST_MISSES = 5;
/** After so long without a miss the count begins anew: 5 more tries in it are fewer than one an hour. */
const FORGOTTEN = `interval '1 day'`;

/** Where a code comes from. */
export interface CodeOrigin {
  /** The session that is to be proven, or one whose refresh token the device has kept. */
  readonly sessionId?: string | undefined;
  readonly tokenHash?: string | undefined;
  readonly ipBlock: string;
}

/**
 * Counter of wrong codes: a device or an address at which the user has shown a factor since the app is in force, else
 * everywhere together. A session of before tells nothing: an attacker who knows the password could have opened many.
 */
export const placeOfCode = (userId: UserId, { sessionId, tokenHash, ipBlock }: CodeOrigin) =>
  statement<{ place: string }>(
    `select coalesce(
       (select 'device ' || s.id from identity.sessions s join identity.totp f on f.user_id = s.user_id
        where s.user_id = $1 and s.id = coalesce($2::uuid, ${deviceOf('$1', '$3')}) and s.proven_at >= f.confirmed_at),
       (select 'address ' || s.ip_block from identity.sessions s join identity.totp f on f.user_id = s.user_id
        where s.user_id = $1 and s.ip_block = $4 and s.proven_at >= f.confirmed_at
           and s.revoked_for is distinct from 'reuse' limit 1),
       'elsewhere') as place`,
    [userId, sessionId ?? null, tokenHash ?? null, ipBlock],
  );

/** How long no code from a place is looked at; no row: codes are. */
export const closedFor = (userId: UserId, place: string) =>
  statement<{ seconds: number }>(
    `select ceil(extract(epoch from closed_until - app.now()))::int as seconds from identity.code_misses
     where user_id = $1 and place = $2 and closed_until > app.now()`,
    [userId, place],
  );

/** Counts a wrong code; with the fifth in a row the place is closed. To be called with the user locked. */
export const recordMiss = (userId: UserId, place: string) =>
  [
    statement(
      `delete from identity.code_misses where user_id = $1 and updated_at <= app.now() - ${FORGOTTEN}`,
      [userId],
    ),
    statement<{ misses: number }>(
      `insert into identity.code_misses as c (user_id, place, misses) values ($1, $2, 1)
       on conflict (user_id, place) do update set misses = c.misses + 1, updated_at = app.now(),
         closed_until = case when c.misses + 1 >= ${MOST_MISSES} then app.now() +
           least(interval '1 hour', interval '1 minute' * power(2, least(c.misses + 1 - ${MOST_MISSES}, 6))) end
       returning misses`,
      [userId, place],
    ),
  ] as const;

/** A right code forgives the wrong ones of its own place alone: the owner's don't begin a guesser's count anew. */
export const forgiveMisses = (userId: UserId, place: string) =>
  statement('delete from identity.code_misses where user_id = $1 and place = $2', [userId, place]);

/** Another app has other codes. */
export const forgetMisses = (userId: UserId) =>
  statement('delete from identity.code_misses where user_id = $1', [userId]);
