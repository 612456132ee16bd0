import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';

/** How long a verified domain may lack its record before it is lost. */
export const MISSING_DAYS = 3;
/** How often DNS is asked about a verified domain. */
const CHECK = `interval '1 day'`;

export interface DomainRow {
  account_id: AccountId;
  domain: string;
  challenge: string;
  verified_at: Date | null;
  missing_since: Date | null;
  created_at: Date;
}

const SHOWN = 'd.account_id, d.domain, d.challenge, d.verified_at, d.missing_since, d.created_at';

/** All domains of an organization; it has few. */
export const domainsOf = (accountId: AccountId) =>
  statement<DomainRow>(`select ${SHOWN} from sso.domains d where d.account_id = $1 order by d.domain`, [
    accountId,
  ]);

export const domainById = (accountId: AccountId, domain: string) =>
  statement<DomainRow>(`select ${SHOWN} from sso.domains d where d.account_id = $1 and d.domain = $2`, [
    accountId,
    domain,
  ]);

/** Adds a claim; no row comes back where there is one: its challenge stays. */
export const insertDomain = (accountId: AccountId, domain: string, challenge: string) =>
  statement<DomainRow>(
    `insert into sso.domains as d (account_id, domain, challenge) values ($1, $2, $3)
     on conflict (account_id, domain) do nothing returning ${SHOWN}`,
    [accountId, domain, challenge],
  );

/** Marks a domain as proven by the record that was looked for; none where the claim is another by now. */
export const markVerified = ({ account_id, domain, challenge }: DomainRow) =>
  statement<DomainRow>(
    `update sso.domains d set verified_at = coalesce(d.verified_at, app.now()), checked_at = app.now(), missing_since = null,
       updated_at = app.now()
     where d.account_id = $1 and d.domain = $2 and d.challenge = $3 returning ${SHOWN}`,
    [account_id, domain, challenge],
  );

/** Notes that the record is still there. What was lost meanwhile stays lost: its admins prove it anew. */
export const markPresent = ({ account_id, domain, challenge }: DomainRow) =>
  statement(
    `update sso.domains set checked_at = app.now(), missing_since = null, updated_at = app.now()
     where account_id = $1 and domain = $2 and challenge = $3 and verified_at is not null`,
    [account_id, domain, challenge],
  );

export const deleteDomain = (accountId: AccountId, domain: string) =>
  statement<DomainRow>(
    `delete from sso.domains d where d.account_id = $1 and d.domain = $2 returning ${SHOWN}`,
    [accountId, domain],
  );

/** Verified domains whose record was not looked for today. */
export const domainsToCheck = (limit: number) =>
  statement<DomainRow>(
    `select ${SHOWN} from sso.domains d
     where d.verified_at is not null and d.checked_at <= app.now() - ${CHECK} order by d.checked_at limit $1`,
    [limit],
  );

/** Notes that the record is not there; who does so first sees `is_new`, who does so when the days are over `is_lost`. */
export const markMissing = ({ account_id, domain, challenge }: DomainRow) =>
  statement<{ is_new: boolean; is_lost: boolean }>(
    `with before as (
       select b.missing_since from sso.domains b
       where b.account_id = $1 and b.domain = $2 and b.challenge = $3 and b.verified_at is not null for update)
     update sso.domains d set checked_at = app.now(), updated_at = app.now(),
       missing_since = coalesce(d.missing_since, app.now()),
       verified_at = case when before.missing_since <= app.now() - interval '${MISSING_DAYS} days' then null else d.verified_at end
     from before where d.account_id = $1 and d.domain = $2
     returning before.missing_since is null as is_new, d.verified_at is null as is_lost`,
    [account_id, domain, challenge],
  );

/** Notes that DNS gave no answer today, so that others get their turn. */
export const putOff = ({ account_id, domain }: DomainRow) =>
  statement(
    'update sso.domains set checked_at = app.now(), updated_at = app.now() where account_id = $1 and domain = $2',
    [account_id, domain],
  );
