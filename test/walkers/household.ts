import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { type Database, statement } from '#platform/db';
import { exampleOf, type Role } from '#platform/http';
import { type AccountId, sha256 } from '#platform/kernel';
import { type TestApp, testApp } from '@plinth/testkit/services/app';
import { isRecord } from '@plinth/testkit/walkers/calls';
import { openWalkerFixture as openWalkerFixtureOf } from '@plinth/testkit/walkers/fixture';
import type { WalkerFixture } from '@plinth/testkit/walkers/rules/rule';
import {
  type Furnishings,
  type Household,
  isMaker,
  makeHousehold as makeHouseholdOf,
  makePerson,
  type Person,
} from '@plinth/testkit/walkers/people';
import { makeCollaboration } from './collaboration.ts';
import { makeDocuments } from './documents.ts';
import { makeChallenges, makeFactors } from './factors.ts';
import { makeBackup, makeFiles } from './files.ts';
import { makeCustomer, makeDataKey, makeInvitations, makeTeams } from './organization.ts';
import { makeLicenseKey, makeLicenses } from './licenses.ts';
import { makePlugins } from './marketplace.ts';
import { makeMemory } from './memory.ts';
import { PRODUCT_KEYS } from './product-keys.ts';
import { makePurchases } from './purchases.ts';
import { makeCodes, makeIdentities, RETURNS } from './providers.ts';
import { makeReflections } from './reflections.ts';
import { dnsSettings, makeSso } from './sso.ts';
import { makeDeadJob, makeWebhooks } from './background.ts';

/** All that the walkers of the whole program furnish a household with, besides what calls make. */
export function furnishingsOf(app: TestApp): Furnishings {
  return {
    isMade: (route) => isMaker(route) || KEPT.includes(route.name),
    make: (owner) => makeAll(app, owner),
    idsOfOperator,
    productKeys: PRODUCT_KEYS,
  };
}

/** The whole program, running, with everybody in it whom the walkers need. */
export async function openWalkerFixture(): Promise<WalkerFixture<TestApp>> {
  const app = await walkedApp({ work: false });
  return openWalkerFixtureOf(app, furnishingsOf(app));
}

/** A team, with one of everything that this server keeps. */
export function makeHousehold<Others extends Exclude<Role, 'owner'>>(
  app: TestApp,
  roles: readonly Others[],
): Promise<Household<Others>> {
  return makeHouseholdOf(app, roles, furnishingsOf(app));
}

/** Calls that make something, and take no Idempotency-Key. */
const KEPT: readonly string[] = ['POST /v1/storage/records', 'POST /v1/storage/vectors/upsert'];

async function makeAll(app: TestApp, owner: Person): Promise<void> {
  await makeWebhooks(app);
  await makeDeadJob(app, owner.accountId);
  await makeHoldings(app, owner.accountId);
  await makeReported(app, owner);
  await makeProviderKey(app, owner);
  await makePurchases(app, owner.accountId);
  for (const account of [owner.accountId, owner.own]) {
    await makeReflections(app, owner, account);
    await makeFiles(app, account);
    await makeDataKey(app, account);
  }
  await makeBackup(app, owner, owner.accountId);
  await makePlugins(app, owner);
  await makeCollaboration(app, owner, owner.accountId);
  await makeDocuments(app, owner, owner.accountId);
  await makeLicenses(app, owner.userId, owner.accountId);
  await makeCustomer(app, owner.accountId);
  await makeInvitations(app, owner);
  await makeTeams(app, owner.userId, owner.accountId);
  await makeMemory(app, owner.userId, owner.accountId);
  await makeMail(app, owner);
  await makeExport(app, owner);
  await makeFactors(app, owner.userId);
  await makeIdentities(app, owner.userId);
  await makeSso(app, owner);
  await makeTerms(app.db, owner);
}

/** The operator's webhooks and public templates. */
async function idsOfOperator(db: Database): Promise<[string, readonly string[]][]> {
  const webhooks = await db.asMigrator(
    statement<{ id: string }>('select id from webhooks.endpoints order by id'),
  );
  const templates = await db.asMigrator(
    statement<{ id: string }>('select id from orbit.public_templates order by id'),
  );
  const mails = await db.asMigrator(
    statement<{ id: string }>(
      'select id from identity.mail_sign_ins where code_hash is not null order by id',
    ),
  );
  const moves = await db.asMigrator(
    statement<{ move_id: string }>('select move_id from plans.moves order by 1'),
  );
  return [
    ['move_id', moves.map(({ move_id }) => move_id)],
    ['mail_id', mails.map(({ id }) => id)],
    ['webhook_id', webhooks.map(({ id }) => id)],
    ['public_template_id', templates.map(({ id }) => id)],
  ];
}

/** What an account holds of kinds of limits that no product here has: no call makes it. */
async function makeHoldings({ app, db }: TestApp, accountId: AccountId): Promise<void> {
  const { ids } = app.modules;
  await db.asMigrator(
    statement(
      `with anchor as (insert into limits.anchors (account_id, product, starts_at) values ($1, 'reel', app.now()) on conflict do nothing),
       alert as (insert into limits.alerts (account_id, scope, name, starts, size, threshold, product, kind, used, told_at)
         values ($1, 'reel', 'generations', 0, 10, 80, 'reel', 'quota', 8, app.now())),
       denial as (insert into limits.denials (account_id, hour, product, feature, name, plan, kind, denied, used, size, last_at, last_request_id)
         values ($1, date_trunc('hour', app.now()), 'reel', 'generation', 'generations', 'reel.free', 'quota', 1, 8, 8, app.now(), 'r')),
       error as (insert into limits.errors (account_id, hour, route, code, status, failed, last_at, last_request_id)
         values ($1, date_trunc('hour', app.now()), 'POST /v1/create', 'limit_exceeded', 429, 1, app.now(), 'r')),
       participant as (insert into privacy.participants (account_id) values ($1) on conflict do nothing),
       default_level as (insert into privacy.default_levels (account_id, level) values ($1, 'private') on conflict do nothing),
       gauge as (insert into limits.gauges (account_id, product, name, used) values ($1, 'reel', 'storage', 1)),
       seat as (insert into limits.seats (account_id, product, name, machine, id, fence, taken_at, expires_at)
         values ($1, 'reel', 'machines', 'a machine', $2, 1, app.now(), app.now() + interval '1 hour'))
       insert into limits.credits (account_id, id, product, name, source, amount, remaining, cause)
         values ($1, $3, 'reel', 'posts', 'admin', 10, 10, 'test')`,
      [accountId, ids.next(), ids.next()],
    ),
  );
}

/** The sale that the example of recording some shows. */
const SOLD = 'invoice-2027-0001';

/** A plan that was sold otherwise than it is now, a purchase that has kept these terms, and a move of customers that is over. */
async function makeTerms(db: Database, { accountId, userId }: Person): Promise<void> {
  const terms = '{"grants": {}, "price": {"currency": "usd", "monthly": 100}}';
  await db.asMigrator(
    statement(
      `with version as (insert into entitlements.plan_versions (product, plan, version, terms) values ('reel', 'basic', 900, $3) on conflict do nothing),
       purchase as (insert into entitlements.grants (account_id, id, product, plan, source, starts_at, cause, external_id, plan_version)
         values ($1, gen_random_uuid(), 'reel', 'basic', 'import', app.now() - interval '1 day', 'a test', 'terms', 900) on conflict do nothing)
       insert into plans.moves (move_id, product, plan, from_versions, to_version, at, starts_at, state, created_by)
         values (gen_random_uuid(), 'reel', 'pro', '{1}', 2, 'now', app.now(), 'revoked', $2)`,
      [accountId, userId, terms],
    ),
  );
}

/** What operators and the upkeep write of an account: an adjustment, a sale, and a sum of what it used. */
async function makeReported({ app, db }: TestApp, { accountId, userId }: Person): Promise<void> {
  const { ids } = app.modules;
  const archive = await makeArchive(app, accountId);
  await db.asMigrator(
    statement(
      `insert into ai.safety_events (id, account_id, user_id, product, route, source, status, kinds, rules)
       values ($1, $2, $3, 'reel', 'POST /v1/create', 'precheck', 'caution', '{}', '{}')`,
      [ids.next(), accountId, userId],
    ),
  );
  await db.asMigrator(
    statement(
      `insert into ai.routes (alias, route, changed_by) values ('house', '{"models": [{"model": "sandbox/sandbox-large"}]}', $1)
       on conflict (alias) do update set changed_by = excluded.changed_by`,
      [userId],
    ),
  );
  await db.asMigrator(
    statement(
      `insert into brands.brands (product, brand, logo, logo_type, logo_hash, changed_by)
       select product, '{"name": "Acme"}', decode($2, 'base64'), 'image/png', '0', $1::uuid from unnest(array['reel', 'prism']) product
       on conflict (product) do update set changed_by = excluded.changed_by, logo = excluded.logo, logo_type = excluded.logo_type,
         logo_hash = excluded.logo_hash`,
      [userId, 'iVBORw0KGgo='],
    ),
  );
  await db.asMigrator(
    statement(
      `insert into plans.drafts (document, base, changed_by) values ('products: {}', 1, $1)
       on conflict (draft_id) do update set changed_by = excluded.changed_by`,
      [userId],
    ),
  );
  await db.asMigrator(
    statement(
      `insert into plans.versions (version, document, source, created_by) values (1, 'products: {}', 'api', $1)
       on conflict (version) do update set created_by = excluded.created_by`,
      [userId],
    ),
  );
  // They are in effect now, and not some seconds later, in the middle of a walk.
  await Promise.all([app.modules.ai.routes?.list(), app.modules.brands.list()]);
  // The example’s sale is then to be recorded of this account, if it is.
  await db.asMigrator(
    statement(`delete from reports.proceeds where source = 'manual' and source_id = $1`, [SOLD]),
  );
  await db.asMigrator(
    statement(
      `with adjustment as (insert into limits.adjustments (account_id, id, product, name, counted_in, asked, applied, reason, made_by)
         values ($1, $3, 'reel', 'generations', 'units', -1, 0, 'a test', $2)),
       archive as (insert into reports.ledger_archives (account_id, month, key, sha256, bytes, events, cost, charged, last_call_at, cells)
         values ($1, '2020-01-01', $4, $5, 0, 0, 0, 0, app.now(), '') on conflict do nothing),
       cell as (insert into reports.usage_cells values
         ($1, '2026-11-20T10:15:00Z', $2, 'reel.pro', 'reel', 'generation', null, 'sandbox', 'small', false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
       insert into reports.proceeds (account_id, id, product, currency, gross, fee, tax, occurred_at, source, source_id)
         values ($1, $3, 'reel', 'usd', 2000, 88, 0, app.now(), 'manual', $3)`,
      [accountId, userId, ids.next(), archive.key, archive.sha256],
    ),
  );
}

/** An account's key at the provider. */
async function makeProviderKey({ app, db }: TestApp, { accountId, userId }: Person): Promise<void> {
  const sealed = app.modules.secrets.seal(
    'sk-of-the-household',
    `ai.provider_keys.sealed/${accountId}/sandbox`,
  );
  await db.asMigrator(
    statement(
      `insert into ai.provider_keys (account_id, provider, sealed, ending, checked, set_by)
       values ($1, 'sandbox', $3, 'hold', true, $2) on conflict do nothing`,
      [accountId, userId, sealed],
    ),
  );
}

/** The file of a month of the ledger without rows: an export of the account reads it. */
async function makeArchive({ modules }: TestApp['app'], accountId: AccountId) {
  const folder = join(modules.options.config.dataDir, 'blobs');
  const key = `00/00/ledger-${accountId}`;
  await mkdir(join(folder, dirname(key)), { recursive: true });
  await writeFile(join(folder, key), '');
  return { key, sha256: sha256('') };
}

/** A mail of an account, and a link that was sent to its owner. */
async function makeMail({ app, db }: TestApp, { accountId, userId, email }: Person): Promise<void> {
  await db.asMigrator(
    statement(
      `with mail as (insert into mail.messages (account_id, id, user_id, recipient, template, status)
         values ($1, $2, $3, $4, 'password_changed', 'sent')),
       asked as (insert into identity.mail_sign_ins (id, email, owner_id, code_challenge, return_to, ip_block, expires_at)
         values ($5, $4, $3, '', '', '', app.now() + interval '1 hour'))
       insert into identity.email_tokens (user_id, kind, token_hash, email, expires_at)
         values ($3, 'reset_password', 'of a token that nobody has', $4, app.now() + interval '1 hour')`,
      [accountId, app.modules.ids.next(), userId, email, app.modules.ids.next()],
    ),
  );
}

/** An archive of a person, with one part. */
async function makeExport({ app, db }: TestApp, { userId }: Person): Promise<void> {
  const id = app.modules.ids.next();
  const archive = `insert into erasure.exports (user_id, id, status, bytes, expires_at) values ($1, $2, 'ready', 2, app.now() + interval '7 days')`;
  const part = `insert into erasure.export_parts (user_id, export_id, part, bytes) values ($1, $2, 0, 'PK')`;
  for (const sql of [archive, part]) await db.asMigrator(statement(sql, [userId, id]));
}

/** Everyone whom the examples speak of by email, with the password that the examples say. */
export async function makeExamplePeople(app: TestApp): Promise<void> {
  const people = new Map<string, string | undefined>();
  for (const route of app.app.server.routes) {
    const { body } = exampleOf(route);
    if (!isRecord(body) || typeof body['email'] !== 'string') continue;
    const { email, password } = body;
    people.set(email, typeof password === 'string' ? password : people.get(email));
  }
  for (const [email, password] of people) {
    await makePerson(app, { email, ...(password === undefined ? {} : { password }) });
  }
}

/** The links that examples use up: each is one that was sent, to a user of its own. */
async function makeExampleLinks(app: TestApp): Promise<void> {
  const links = [
    ['POST /v1/auth/verify-email', 'verify_email'],
    ['POST /v1/auth/reset-password', 'reset_password'],
    ['POST /v1/auth/restore', 'restore'],
  ] as const;
  const tokenIn = (name: string) => {
    const { body } = app.app.server.routes.filter((route) => route.name === name).map(exampleOf)[0] ?? {};
    return isRecord(body) ? String(body['token']) : '';
  };
  const invite = `insert into identity.admin_invitations (id, email, token_hash, expires_at)
    values (gen_random_uuid(), 'invited-admin@example.com', $1, app.now() + interval '1 hour')`;
  await app.db.asMigrator(statement(invite, [sha256(tokenIn('POST /v1/auth/accept-admin'))]));
  await makeExampleMails(app, tokenIn('POST /v1/auth/mail/open'));
  for (const [name, kind] of links) {
    const token = tokenIn(name);
    const { userId, email } = await makePerson(app);
    const sql = `insert into identity.email_tokens (user_id, kind, token_hash, email, expires_at)
      values ($1, $2, $3, $4, app.now() + interval '1 hour')`;
    await app.db.asMigrator(statement(sql, [userId, kind, sha256(token), email]));
    if (kind !== 'restore') continue;
    const close = `update identity.users set status = 'closed', closed_at = app.now() where user_id = $1`;
    await app.db.asMigrator(statement(close, [userId]));
  }
}

/** The mails that examples sign in by: one by its link, one by its code. */
async function makeExampleMails({ app, db }: TestApp, link: string): Promise<void> {
  const verifying = app.server.routes.filter(({ name }) => name === 'POST /v1/auth/mail/verify');
  const { body } = verifying.map(exampleOf)[0] ?? {};
  if (!isRecord(body)) return;
  const id = String(body['mail_id']);
  const challenge = createHash('sha256').update(String(body['code_verifier'])).digest('base64url');
  const code = String(body['code']).replace('-', '');
  const [codeHash = ''] = app.modules.secrets.derived(`${id} ${code}`, 'sign-in by mail: codes');
  const sql = `insert into identity.mail_sign_ins (id, email, code_challenge, return_to, ip_block, code_hash, link_hash, expires_at)
    values ($1, 'by-mail@example.com', $2, 'https://app.example.com/signed-in', '', $3, '', app.now() + interval '1 hour'),
      (gen_random_uuid(), 'by-mail@example.com', $2, 'https://app.example.com/signed-in', '', '', $4, app.now() + interval '1 hour')`;
  await db.asMigrator(statement(sql, [id, challenge, codeHash, sha256(link)]));
}

/** Settings of an app in which the examples are as good as they say. */
export async function walkedSettings(): Promise<Record<string, string>> {
  const AI_CONFIG = JSON.stringify({ version: '2026-11-28', own_keys: { sandbox: { fee: 5 } } });
  return {
    ...(await dnsSettings()),
    ...RETURNS,
    AI_CONFIG,
    STRIPE_READS_PER_SECOND: '1000',
    WITHDRAWAL_DAYS: '14',
  };
}

/** The app that the walkers walk over. Where it does not work, jobs run only while a household is made. */
export async function walkedApp({ work }: { readonly work: boolean }): Promise<TestApp> {
  // Its time moves with the households alone: what a change would cost moves by the second.
  const stripe = await createStripeSandbox({ driven: new Date() });
  atEndOfFile(() => stripe.close());
  const app = await testApp({ work, stripe, settings: await walkedSettings() });
  await makeLicenseKey(app);
  await makeExamplePeople(app);
  await makeExampleLinks(app);
  await makeCodes(app, () => makePerson(app));
  await makeChallenges(app, async () => {
    const person = await makePerson(app);
    await makeFactors(app, person.userId);
    return person;
  });
  return app;
}
