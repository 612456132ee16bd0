/**
 * How the database would be spread over several servers by Citus (docs/tuning.md): each table by its account, but for those that
 * are named here, with what becomes of them; and each statement at one account, but for those that are named here.
 */

/** What becomes of a table that is not spread by its account. */
export type TablePlan =
  /** A copy on each server: few rows that change seldom and that many statements join. */
  | 'copied'
  /** On one server: its rows grow with people, purchases and settings, and not with calls. */
  | 'in one place'
  /** One on each server, that its processes alone use; sums are added up. */
  | 'for each server'
  /** Spread by its account once that is part of these keys; who finds a row by something else asks a copied table first. */
  | 'after a change of its keys';

export const TABLES: Readonly<Record<TablePlan, readonly string[]>> = {
  copied: [
    'accounts.accounts',
    'accounts.customers',
    'ai.routes',
    'app.clock',
    'app.installation',
    'brands.brands',
    'coditect.signing_keys',
    'entitlements.defaults',
    'entitlements.plan_versions',
    'identity.signing_keys',
    'identity.users',
    'idempotency.salts',
    'limits.operator_budgets',
    'orbit.public_templates',
    'plans.drafts',
    'plans.moves',
    'plans.versions',
    'public.plinth_migrations',
    'secrets.master_keys',
    'webhooks.endpoints',
  ],
  'in one place': [
    ...'billing.bodies billing.buckets billing.checkouts billing.customers billing.disputes billing.drains'.split(
      ' ',
    ),
    ...'billing.inbox billing.invoices billing.objects billing.payments billing.prices billing.reconciled'.split(
      ' ',
    ),
    ...'billing.refunds billing.subscriptions billing.wants coditect.rolled_days'.split(' '),
    ...'billing.former_invoices billing.former_subscriptions billing.item_sales billing.payees billing.payout_looks billing.payout_runs billing.payouts billing.shares'.split(
      ' ',
    ),
    ...'adiuva.market_keys adiuva.plugins adiuva.plugin_versions'.split(' '),
    ...'erasure.export_parts erasure.exports erasure.proofs idempotency.user_keys'.split(' '),
    ...'identity.admin_invitations identity.code_misses identity.email_tokens identity.guesses identity.mail_sign_ins'.split(
      ' ',
    ),
    ...'identity.identities identity.mfa_challenges identity.passkey_ceremonies identity.passkeys'.split(' '),
    ...'identity.recovery_codes identity.refresh_tokens identity.sessions identity.sign_in_codes'.split(' '),
    ...'identity.sign_in_states identity.totp identity.used_id_tokens'.split(' '),
    ...'jobs.schedules privacy.budgets privacy.releases sso.domains ai.safety_events'.split(' '),
  ],
  'for each server': [
    'limits.holders',
    'limits.operator_spending',
    'limits.postings',
    'limits.rates',
    'vectors.stray_points',
    'webhooks.deliveries',
  ],
  'after a change of its keys': ['audit.events', 'coditect.licenses', 'orbit.workspaces', 'reports.proceeds'],
};

/** What becomes of a statement that names no account and reads or writes a table that is spread. */
export type StatementPlan =
  /** Each server runs it on its own rows: what is due, old or waiting there. */
  | 'on each server'
  /** All servers are asked, and the answers added up or merged: reports, lists and checks of operators. */
  | 'of all servers'
  /** It has a person, an address, a token or an id: a copied or kept table says which account that is, and it is asked there. */
  | 'after a look-up';

export const STATEMENTS: Readonly<Record<StatementPlan, readonly string[]>> = {
  'on each server': [
    'server/src/platform/people/accounts/invitations/invitation-store.ts deleteOld',
    'server/src/platform/billing/overage/store.ts dueCounts',
    'server/src/platform/billing/overage/store.ts giveUpReports',
    'server/src/platform/work/blobs/store.ts deletable',
    'server/src/platform/work/blobs/store.ts deleteRows',
    'server/src/platform/work/blobs/store.ts overdue',
    'server/src/platform/messages/idempotency/store.ts deleteExpired',
    'server/src/platform/limits/usage/alerts.ts isIdle',
    'server/src/platform/limits/usage/alerts.ts pruneAlerts',
    'server/src/platform/limits/usage/call-errors.ts prune',
    'server/src/platform/limits/usage/denials.ts prune',
    'server/src/platform/limits/usage/end-users.ts pruneEndUsers',
    'server/src/platform/messages/mail/store.ts oldMessages',
    'server/src/platform/messages/mail/store.ts pruneMessages',
    'server/src/platform/work/vectors/point-store.ts elsewhere',
    'server/src/platform/work/vectors/store.ts dueCollections',
    'server/src/platform/messages/webhooks/attempt-store.ts claimedDelivery',
    'server/src/platform/messages/webhooks/relay.ts isIdle',
    'server/src/platform/messages/webhooks/relay.ts insertDeliveries',
    'server/src/platform/messages/webhooks/relay.ts markDispatched',
    'server/src/platform/messages/webhooks/store.ts replayDeliveries',
    'server/src/platform/messages/webhooks/relay.ts newEvents',
    'server/src/platform/messages/webhooks/store.ts prune',
    'server/src/platform/operator/plans/moves-store.ts accountsToMove',
    'server/src/platform/operator/plans/moves-store.ts accountsToTell',
    'server/src/platform/people/entitlements/moves.ts stayAtTerms',
    'server/src/platform/people/entitlements/store.ts keepPresentTerms',
    'products/marketplace/review/store.ts buyersToTell',
    'products/adiuva/members/store.ts departedMembers',
    'products/memory/digests/store.ts nextDue',
    'products/orbit/exports/store.ts expiredExports',
    'products/orbit/live/store.ts prunePresence',
  ],
  'of all servers': [
    'server/src/platform/ai/own-keys/store.ts accountsWithKeys',
    'server/src/platform/ai/providers/health.ts lastHour',
    'server/src/platform/work/blobs/store.ts knownKeys',
    'server/src/platform/work/blobs/store.ts storedBetween',
    'server/src/platform/work/blobs/store.ts totals',
    'server/src/platform/people/entitlements/store.ts accountsWithGrants',
    'server/src/platform/people/entitlements/store.ts productsWithoutTerms',
    'server/src/platform/operator/plans/moves-store.ts soldVersions',
    'server/src/platform/work/jobs/dead-letters.ts read',
    'server/src/platform/limits/seats/seats.ts seatsInUse',
    'server/src/platform/limits/usage/adjustments.ts listAdjustments',
    'server/src/platform/limits/usage/usage.ts LEDGER_SUMS',
    'server/src/platform/messages/mail/store.ts listMessages',
    'server/src/platform/operator/reports/usage.ts accountAfter',
    'server/src/platform/base/secrets/count-sealed.ts sealedCounts',
    'server/src/platform/messages/webhooks/store.ts allDeliveriesPage',
    'server/src/platform/messages/webhooks/store.ts deliveriesPage',
    'server/src/platform/messages/webhooks/store.ts eventsToReplay',
    'products/coditect/analytics/activity-store.ts readNow',
    'products/licences/analytics/store.ts readDays',
    'products/licences/signing/revocations.ts listed',
  ],
  'after a look-up': [
    'server/src/platform/people/accounts/erasure-store.ts lockMemberships',
    'server/src/platform/people/accounts/invitations/invitation-store.ts invitationByToken',
    'server/src/platform/billing/endings/refunded-credits.ts creditsToTake',
    'server/src/platform/billing/import-subscriptions.ts accountsOf',
    'server/src/platform/work/blobs/store.ts signedBlob',
    'server/src/platform/people/entitlements/store.ts grantById',
    'server/src/platform/people/identity/keys/key-store.ts revokeKeysOf',
    'server/src/platform/messages/mail/mail.ts lately',
    'server/src/platform/messages/mail/mail.ts recently',
    'server/src/platform/messages/mail/store.ts messagesOf',
    'products/marketplace/review/store.ts publishPlugin',
    'products/memory/patterns/extract-store.ts lockExtraction',
  ],
};

export interface ShardTable {
  readonly name: string;
  /** Whether it has an account, that is never null and is part of each of its keys. */
  readonly isSpread: boolean;
}

/** All tables, and whether Citus could spread them by `account_id` as they are. */
export const SHARD_TABLES = `
  select format('%I.%I', nspname, c.relname) as name,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id' and a.attnotnull
      and not exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and a.attnum <> all (i.indkey))) as "isSpread"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema' order by 1`;

const ACCOUNT =
  /account_id\s*=\s*(?:\$|any|all|\(|[a-z_.]*account)|\(\s*account_id\b|account_id\)?\s+in\b|insert into [\w.]+(?: as \w+)? \([^)]*\baccount_id\b/;

/** Whether a text reads or writes one of these tables and says of no account. */
export const crosses = (text: string, spread: readonly string[]): boolean =>
  !ACCOUNT.test(text) && spread.some((name) => new RegExp(`\\b${name.replace('.', '\\.')}\\b`).test(text));
