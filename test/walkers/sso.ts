import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { openNameServer } from '../sso/name-server.ts';
import type { TestApp } from '@plinth/testkit/services/app';

/** The domain of the examples. */
const DOMAIN = 'example.com';
const CHALLENGE = 'of-the-walkers';

/** Settings of an app that asks a DNS server of its own, in which anybody may claim the domain of the examples. */
export async function dnsSettings(): Promise<Record<string, string>> {
  const names = await openNameServer();
  names.records.set(`_sso-challenge.${DOMAIN}`, [`sso-verification=${CHALLENGE}`]);
  return { SSO_DNS_SERVERS: names.address };
}

/** Single sign-on of an organization, by a provider that is none: this very server. */
export async function makeSso(
  { app, db, url }: TestApp,
  { accountId, userId }: { readonly accountId: AccountId; readonly userId: UserId },
): Promise<void> {
  // An earlier call may have proved the domain: one organization has it at a time.
  await db.asMigrator(
    statement('delete from sso.domains where domain = $1 and verified_at is not null', [DOMAIN]),
  );
  const sealed = app.modules.secrets.seal('a secret', `sso.connections.sealed_secret/${accountId}`);
  await db.asMigrator(
    statement(
      `with connection as (
         insert into sso.connections (account_id, version, issuer, client_id, sealed_secret, provisions, default_role)
         values ($1, $2, $3, 'plinth', $4, true, 'member')),
       domain as (insert into sso.domains (account_id, domain, challenge) values ($1, $5, $6))
       select 1`,
      [accountId, app.modules.ids.next(), url, sealed, DOMAIN, CHALLENGE],
    ),
  );
  const link = `insert into sso.links (account_id, subject, user_id, domain) values ($1, 'a subject', $2, $3)`;
  await db.asMigrator(statement(link, [accountId, userId, DOMAIN]));
}
