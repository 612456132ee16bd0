import { statement } from '#platform/db';
import type { Role } from '#platform/http';
import type { AccountId, UserId } from '#platform/kernel';
import type { ConnectionRow } from './connection-store.ts';

/** An organization that signs its people in, with what its provider is asked with. */
export interface ProviderRow extends Pick<ConnectionRow, 'account_id' | 'version' | 'issuer' | 'client_id'> {
  sealed_secret: string;
}

const PROVIDER = 'c.account_id, c.version, c.issuer, c.client_id, c.sealed_secret';
const OPEN = `join accounts.accounts a on a.account_id = c.account_id and a.deleted_at is null and a.kind = 'organization'`;

export const providerOf = (accountId: AccountId) =>
  statement<ProviderRow>(`select ${PROVIDER} from sso.connections c ${OPEN} where c.account_id = $1`, [
    accountId,
  ]);

/** Whether any organization has a provider: a row, or none. */
export const anyProvider = statement(`select from sso.connections c ${OPEN} limit 1`);

/** The organization that has proven a domain, and has a provider. */
export const organizationOfDomain = (domain: string) =>
  statement<{ account_id: AccountId }>(
    `select c.account_id from sso.domains d join sso.connections c on c.account_id = d.account_id ${OPEN}
     where d.domain = $1 and d.verified_at is not null`,
    [domain],
  );

/** An organization's terms for people who come by its provider. */
export interface ConnectionTerms extends Pick<ConnectionRow, 'provisions' | 'default_role'> {
  /** Its name. */
  organization: string;
}

/** The connection as it was when a sign-in began, kept as it is until the transaction ends; none: it is another, or gone. */
export const keepConnection = (accountId: AccountId, version: string) =>
  statement<ConnectionTerms>(
    `update sso.connections c set proven_at = coalesce(c.proven_at, app.now()) where c.account_id = $1 and c.version = $2
     returning c.provisions, c.default_role,
       (select a.name from accounts.accounts a where a.account_id = c.account_id) as organization`,
    [accountId, version],
  );

/** Whether a domain is proven to be this organization's, and stays so until the transaction ends. */
export const keepDomain = (accountId: AccountId, domain: string) =>
  statement(
    'select from sso.domains where account_id = $1 and domain = $2 and verified_at is not null for share',
    [accountId, domain],
  );

/** Whom a subject or an address stands for, and what they are in the organization. */
export interface PersonRow {
  user_id: UserId;
  email: string;
  email_verified: boolean;
  status: string;
  platform_role: 'user' | 'admin';
  /** null: they are no member. */
  role: Role | null;
  /** The subject that the provider knows them under; null: they never came. */
  subject: string | null;
}

const PERSON = `select u.user_id, u.email, u.email_verified, u.status, u.role as platform_role, m.role, l.subject
  from identity.users u
  left join accounts.members m on m.account_id = $1 and m.user_id = u.user_id
  left join sso.links l on l.account_id = $1 and l.user_id = u.user_id`;

export const personBySubject = (accountId: AccountId, subject: string) =>
  statement<PersonRow>(`${PERSON} where l.subject = $2 and u.email is not null`, [accountId, subject]);

export const personByEmail = (accountId: AccountId, email: string) =>
  statement<PersonRow>(`${PERSON} where lower(u.email) = lower($2) and u.email is not null`, [
    accountId,
    email,
  ]);

/** Links a subject, or notes that it was used. */
export const putLink = (
  accountId: AccountId,
  link: { readonly subject: string; readonly userId: UserId; readonly domain: string },
) =>
  statement(
    `insert into sso.links (account_id, subject, user_id, domain) values ($1, $2, $3, $4)
     on conflict (account_id, subject) do update set domain = excluded.domain, last_used_at = app.now(), updated_at = app.now()`,
    [accountId, link.subject, link.userId, link.domain],
  );

/** Single sign-on's rule of an organization for a member who comes in, whichever way. */
export interface BindingRow {
  account_id: AccountId;
  role: Role;
  /** Whether it requires them to; never of an admin of the platform. */
  enforced: boolean;
  /** Whether they have come by its provider. */
  is_linked: boolean;
  /** Whether their address is in one of its proven domains, and not only was when they last came. */
  in_domain: boolean;
}

export const bindingsOf = (userId: UserId) =>
  statement<BindingRow>('select * from sso.bindings($1)', [userId]);

/** Organizations that require single sign-on of a user, and whose an address is not. */
export const bindingsAgainst = (userId: UserId, email: string) =>
  statement<{ organization: string }>(
    `select a.name as organization from sso.bindings($1) b join accounts.accounts a on a.account_id = b.account_id
     where b.enforced and b.role <> 'owner' and not exists (
       select from sso.domains d
       where d.account_id = b.account_id and d.verified_at is not null and d.domain = sso.domain_of($2))`,
    [userId, email],
  );
