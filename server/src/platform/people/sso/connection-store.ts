import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { sealedColumn } from '#platform/secrets';

/** Where client secrets lie, sealed. */
export const CLIENT_SECRET = sealedColumn({
  table: 'sso.connections',
  column: 'sealed_secret',
  key: ['account_id'],
});

/** The role of a person who comes by single sign-on. */
export type DefaultRole = 'viewer' | 'member';

export interface ConnectionTerms {
  readonly issuer: string;
  readonly client_id: string;
  readonly enforced: boolean;
  readonly provisions: boolean;
  readonly default_role: DefaultRole;
}

export interface ConnectionRow extends ConnectionTerms {
  account_id: AccountId;
  version: string;
  proven_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

const SHOWN =
  'c.account_id, c.version, c.issuer, c.client_id, c.enforced, c.provisions, c.default_role, c.proven_at, c.created_at, c.updated_at';

export const connectionOf = (accountId: AccountId) =>
  statement<ConnectionRow>(`select ${SHOWN} from sso.connections c where c.account_id = $1`, [accountId]);

export interface NewConnection {
  readonly version: string;
  readonly issuer: string;
  readonly clientId: string;
  /** undefined: the one that is there stays. */
  readonly sealedSecret: string | undefined;
  readonly enforced: boolean;
  readonly provisions: boolean;
  readonly defaultRole: DefaultRole;
  /** Whether it goes to where it went before, so that what was proven of it still is. */
  readonly isSameProvider: boolean;
}

export const insertConnection = (accountId: AccountId, made: NewConnection) =>
  statement<ConnectionRow>(
    `insert into sso.connections as c (account_id, version, issuer, client_id, sealed_secret, enforced, provisions, default_role)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${SHOWN}`,
    [
      accountId,
      made.version,
      made.issuer,
      made.clientId,
      made.sealedSecret ?? null,
      made.enforced,
      made.provisions,
      made.defaultRole,
    ],
  );

/** The secret is not read, for no tenant may: it is written or left alone. */
export const updateConnection = (accountId: AccountId, changed: NewConnection) =>
  statement<ConnectionRow>(
    `update sso.connections c set version = $2, issuer = $3, client_id = $4, enforced = $5, provisions = $6, default_role = $7,
       proven_at = case when $8 then c.proven_at end, updated_at = app.now()
       ${changed.sealedSecret === undefined ? '' : ', sealed_secret = $9'}
     where c.account_id = $1 returning ${SHOWN}`,
    [
      accountId,
      changed.version,
      changed.issuer,
      changed.clientId,
      changed.enforced,
      changed.provisions,
      changed.defaultRole,
      changed.isSameProvider,
      ...(changed.sealedSecret === undefined ? [] : [changed.sealedSecret]),
    ],
  );

export const deleteConnection = (accountId: AccountId) =>
  statement<{ issuer: string }>('delete from sso.connections where account_id = $1 returning issuer', [
    accountId,
  ]);

/** Another provider knows others by the same subjects. */
export const forgetLinks = (accountId: AccountId) =>
  statement('delete from sso.links where account_id = $1', [accountId]);

export const forgetLink = (accountId: AccountId, userId: UserId) =>
  statement<{ user_id: UserId }>(
    'delete from sso.links where account_id = $1 and user_id = $2 returning user_id',
    [accountId, userId],
  );

/** A user whose sessions were ended. */
export interface Ended {
  readonly user_id: UserId;
}

/** Signs out members who must use single sign-on from now on and did not. */
export const endOtherSessions = () =>
  statement<Ended>('select user_id from sso.end_other_sessions() as user_id');

/** Signs out whom the provider means, all or one, where it let them in; before their links go. */
export const endSessionsOfLinks = (userId?: UserId) =>
  statement<Ended>('select user_id from sso.end_sessions_of_links($1) as user_id', [userId ?? null]);

/** Managers of an organization. */
export const managersOf = (accountId: AccountId, roles: readonly ('owner' | 'admin')[]) =>
  statement<{ user_id: UserId; email: string; organization: string }>(
    `select p.user_id, p.email, a.name as organization
     from accounts.people($1, null, null, 10000) p, accounts.accounts a
     where a.account_id = $1 and p.role = any ($2::text[]) and p.email is not null limit 50`,
    [accountId, roles],
  );
