import { statement } from '#platform/db';
import { type AccountId, sha256, type UserId } from '#platform/kernel';
import { createDataKeys } from '#platform/secrets';
import type { TestApp } from '@plinth/testkit/services/app';

/** The token that the example of accepting shows: good for the last invitee. */
const INVITED_BY = 'pli_the-end-of-the-link-in-the-mail';
/** The token that the example of opening shows. */
const OPENED_BY = 'pli_b3BhcXVlb3BhcXVlb3BhcXVlb3BhcXVlb3BhcXVlb3B';

/** An invitation that the organization has sent, and one that its owner has got; tokens are in mails alone. */
export async function makeInvitations(
  { app, db }: TestApp,
  {
    accountId,
    userId,
    email,
  }: { readonly accountId: AccountId; readonly userId: UserId; readonly email: string },
): Promise<void> {
  const { ids } = app.modules;
  const host = ids.next();
  await db.asMigrator(
    statement('delete from accounts.invitations where token_hash = any ($1)', [
      [sha256(INVITED_BY), sha256(OPENED_BY)],
    ]),
  );
  await db.asMigrator(
    statement(
      `with host as (insert into accounts.accounts (account_id, kind, name, created_by) values ($4, 'organization', 'A host', $2))
       insert into accounts.invitations (account_id, invitation_id, email, role, token_hash, invited_by, expires_at)
       values ($1, $3, 'invitee@example.com', 'member', 'of a token that nobody has', $2, app.now() + interval '7 days'),
         ($4, $5, $6, 'member', $7, $2, app.now() + interval '7 days'),
         ($4, $8, 'opened@example.com', 'member', $9, $2, app.now() + interval '7 days')`,
      [
        accountId,
        userId,
        ids.next(),
        host,
        ids.next(),
        email,
        sha256(INVITED_BY),
        ids.next(),
        sha256(OPENED_BY),
      ],
    ),
  );
}

/** The data key of an account, which is made when a product first seals something. */
export async function makeDataKey({ app, db }: TestApp, accountId: AccountId): Promise<void> {
  await createDataKeys({ db, secrets: app.modules.secrets }).of(accountId);
}

/** A team of the organization, with its owner in it. */
export async function makeTeams({ app, db }: TestApp, userId: UserId, accountId: AccountId): Promise<void> {
  const team = 'insert into accounts.teams (account_id, id, name) values ($1, $2, $3)';
  const join = 'insert into accounts.team_members (account_id, team_id, user_id) values ($1, $2, $3)';
  const id = app.modules.ids.next();
  await db.asMigrator(statement(team, [accountId, id, 'A team']));
  await db.asMigrator(statement(join, [accountId, id, userId]));
}

/** The account as a customer of the operator's, with a member whom the operator names. */
export async function makeCustomer({ app, db }: TestApp, accountId: AccountId): Promise<void> {
  const [owner, member] = [app.modules.ids.next(), app.modules.ids.next()];
  const users = 'insert into identity.users (user_id, default_account_id) values ($1, $3), ($2, $3)';
  await db.asMigrator(statement(users, [owner, member, accountId]));
  const customer =
    'insert into accounts.customers (account_id, external_id, owner_id) values ($1, $2, $3) on conflict do nothing';
  await db.asMigrator(statement(customer, [accountId, `household-${accountId}`, owner]));
  const row =
    'insert into accounts.customer_members (account_id, external_user_id, user_id) values ($1, $2, $3)';
  await db.asMigrator(statement(row, [accountId, `member-${member}`, member]));
}
