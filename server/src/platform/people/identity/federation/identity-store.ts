import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import type { Provider } from '../sessions/sign-in-replies.ts';

export const identityOf = (provider: Provider, subject: string) =>
  statement<{ user_id: UserId; id: string }>(
    'select user_id, id from identity.identities where provider = $1 and subject = $2',
    [provider, subject],
  );

export const identityUsed = (userId: UserId, id: string) =>
  statement(
    `update identity.identities set last_used_at = app.now(), updated_at = app.now()
     where user_id = $1 and id = $2`,
    [userId, id],
  );

export interface NewIdentity {
  readonly userId: UserId;
  readonly id: string;
  readonly provider: Provider;
  readonly subject: string;
  readonly email: string;
}

/** Links; no row comes back when the subject has a user already, or the user another subject there. */
export const insertIdentity = (identity: NewIdentity) =>
  statement<{ id: string }>(
    `insert into identity.identities (user_id, id, provider, subject, email) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning id`,
    [identity.userId, identity.id, identity.provider, identity.subject, identity.email],
  );

export interface IdentityRow {
  id: string;
  provider: Provider;
  email: string;
  created_at: Date;
  last_used_at: Date;
}

/** All of a user's; there is one for a provider at most. */
export const identitiesOf = (userId: UserId) =>
  statement<IdentityRow>(
    `select id, provider, email, created_at, last_used_at from identity.identities where user_id = $1
     order by id`,
    [userId],
  );

export const deleteIdentity = (userId: UserId, id: string) =>
  statement<{ provider: Provider }>(
    'delete from identity.identities where user_id = $1 and id = $2 returning provider',
    [userId, id],
  );

/** Ends links made by another address than the user's own: people who can't read the user's mail stay outside. */
export const unlinkStrangers = (userId: UserId) =>
  statement<{ provider: Provider }>(
    `delete from identity.identities i using identity.users u
     where i.user_id = $1 and u.user_id = i.user_id and lower(i.email) <> lower(u.email)
     returning i.provider`,
    [userId],
  );

/** Ends all sign-ins at providers of a user. */
export const deleteIdentities = (userId: UserId) =>
  statement('delete from identity.identities where user_id = $1', [userId]);
