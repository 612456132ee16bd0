import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { OF_EXAMPLES } from '@plinth/testkit/fixtures/passwords';
import { vi } from 'vitest';
import { commitPoint, type Database, statement } from '#platform/db';
import { bestPlan } from '#platform/entitlements';
import { exampleOf, idempotencyOf, isForMembers, type Role, type Route } from '#platform/http';
import type { Identity } from '#platform/identity';
import { type AccountId, isUuid, sha256, type UserId } from '#platform/kernel';
import { type TestApp, testApp } from '@plinth/testkit/services/app';
import { type IdsByColumn, isRecord, paramNames, send } from './calls.ts';
import { makeCollaboration } from './collaboration.ts';
import { makeDocuments } from './documents.ts';
import { makeChallenges, makeFactors } from './factors.ts';
import { makeBackup, makeFiles } from './files.ts';
import { makeDataKey, makeInvitations, makeTeams } from './organization.ts';
import { ownAccountOf, owns } from './own-accounts.ts';
import { makeLicenseKey, makeLicenses } from './licenses.ts';
import { makePlugins } from './marketplace.ts';
import { makeMemory } from './memory.ts';
import { makePurchases } from './purchases.ts';
import { makeCodes, makeIdentities, RETURNS } from './providers.ts';
import { makeReflections } from './reflections.ts';
import { dnsSettings, makeSso } from './sso.ts';
import { makeDeadJob, makeWebhooks } from './background.ts';

/** Longer than the jobs of a household take. */
const PATIENCE = { timeout: 60_000, interval: 10 };
const PEOPLE = commitPoint('test.walkers.callers', 'the people that the walkers call as');
export const ORIGIN = { requestId: 'req_walker', ip: '127.0.0.1', userAgent: 'a walker' };
export const { password: PASSWORD } = OF_EXAMPLES;

/** Someone who is signed in, and has a key that may do everything. */
export interface Person {
  readonly userId: UserId;
  /** Where calls without X-Account-Id go. */
  readonly accountId: AccountId;
  /** Their own, where calls of products go that hold people’s data alone. */
  readonly own: AccountId;
  readonly email: string;
  readonly token: string;
  readonly key: string;
}

/** An organization with every best plan, its owner, and others in lesser roles. */
export interface Household<Others extends string = string> {
  readonly owner: Person;
  readonly others: Readonly<Record<Others, Person>>;
  readonly organization: AccountId;
}

export interface PersonOptions {
  readonly role?: 'user' | 'admin';
  readonly email?: string;
  readonly password?: string;
  /** Makes an organization with every best plan, where the person then acts. */
  readonly company?: boolean;
}

let made = 0;

/** Registers someone and signs them in. */
export async function makePerson({ app, db }: TestApp, options: PersonOptions = {}): Promise<Person> {
  made += 1;
  const { identity, entitlements } = app.modules;
  const { email = `walker-${made}@example.com`, role = 'user' } = options;
  const known = options.password === undefined ? OF_EXAMPLES : { password: options.password };
  const { password } = known;
  const company = options.company === true ? { companyName: `Company ${made}` } : {};
  const person = await db.system('owner.first-start', PEOPLE, async (tx) => {
    const user = await identity.createUser(tx, { ...known, email, role, emailVerified: true, ...company });
    const actor = { kind: 'system' } as const;
    const key = { ...user, name: 'a walker’s', scopes: ['*'], actor };
    const own = await ownAccountOf(tx, user.userId);
    for (const [product, catalogue] of options.company === true ? entitlements.catalogues : []) {
      const plan = bestPlan(catalogue);
      const why = { source: 'admin', cause: 'test', by: actor } as const;
      const accountId = catalogue.holds === 'personal' ? own : user.accountId;
      await entitlements.grantIn(tx, { accountId, product, plan, ...why });
    }
    return { ...user, own, key: (await identity.createKey(tx, key)).key };
  });
  owns(person.userId, person.own);
  return { ...person, email, token: await signIn(identity, { email, password }) };
}

/** The access token of a user who has no second factor. */
export async function signIn(
  { sessions }: Pick<Identity, 'sessions'>,
  credentials: { readonly email: string; readonly password: string },
): Promise<string> {
  const signedIn = await sessions.login(credentials, ORIGIN);
  if (!('access_token' in signedIn)) throw new Error(`${credentials.email} has a second factor`);
  return signedIn.access_token;
}

/** A key of someone's with these scopes alone. */
export async function makeKey({ app, db }: TestApp, of: Person, scopes: readonly string[]): Promise<string> {
  const key = { ...of, name: 'a narrow key', scopes, actor: { kind: 'system' } as const };
  return (await db.system('owner.first-start', PEOPLE, (tx) => app.modules.identity.createKey(tx, key))).key;
}

/** An organization with every best plan, and people in these roles. */
export async function makeTeam<Others extends Exclude<Role, 'owner'>>(
  app: TestApp,
  roles: readonly Others[],
): Promise<Household<Others>> {
  const owner = await makePerson(app, { company: true });
  const pairs: (readonly [Others, Person])[] = [];
  // One after the other: examples that are recorded have them in this order.
  for (const role of roles) pairs.push([role, await makePerson(app)]);
  const others = Object.fromEntries(pairs) as Record<Others, Person>;
  const join = 'insert into accounts.members (account_id, user_id, role) values ($1, $2, $3)';
  for (const [role, { userId }] of pairs) {
    await app.db.asMigrator(statement(join, [owner.accountId, userId, role]));
  }
  return { owner, others, organization: owner.accountId };
}

/** A team, with one of everything that the calls of this server make. */
export async function makeHousehold<Others extends Exclude<Role, 'owner'>>(
  app: TestApp,
  roles: readonly Others[],
): Promise<Household<Others>> {
  const team = await makeTeam(app, roles);
  const { owner } = team;
  // A second device, which can be signed out while the first goes on.
  await app.app.modules.identity.sessions.login({ email: owner.email, password: PASSWORD }, ORIGIN);
  const makers = app.app.server.routes.filter((route) => isMaker(route) || KEPT.includes(route.name));
  for (const route of makers) await send(app.url, route, { as: owner.token });
  await workedOff(app);
  // And one more of what is made by jobs: it waits, as long as no other household is made.
  for (const route of makers.filter(({ shape }) => shape.spends?.as === 'job')) {
    await send(app.url, route, { as: owner.token });
  }
  await makeWebhooks(app);
  await makeDeadJob(app, owner.accountId);
  await makeHoldings(app, owner.accountId);
  await makeReported(app, owner);
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
  await makeInvitations(app, owner);
  await makeTeams(app, owner.userId, owner.accountId);
  await makeMemory(app, owner.userId, owner.accountId);
  await makeMail(app, owner);
  await makeExport(app, owner);
  await makeFactors(app, owner.userId);
  await makeIdentities(app, owner.userId);
  await makeSso(app, owner);
  return team;
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

/** What operators and the upkeep write of an account: an adjustment, a sale, and a sum of what it used. */
async function makeReported({ app, db }: TestApp, { accountId, userId }: Person): Promise<void> {
  const { ids } = app.modules;
  await db.asMigrator(
    statement(
      `insert into ai.safety_events (id, account_id, user_id, product, route, source, status, kinds, rules)
       values ($1, $2, $3, 'reel', 'POST /v1/create', 'precheck', 'caution', '{}', '{}')`,
      [ids.next(), accountId, userId],
    ),
  );
  // The example’s sale is then to be recorded of this account, if it is.
  await db.asMigrator(
    statement(`delete from reports.proceeds where source = 'manual' and source_id = $1`, [SOLD]),
  );
  await db.asMigrator(
    statement(
      `with adjustment as (insert into limits.adjustments (account_id, id, product, name, counted_in, asked, applied, reason, made_by)
         values ($1, $3, 'reel', 'generations', 'units', -1, 0, 'a test', $2)),
       archive as (insert into reports.ledger_archives (account_id, month, key, sha256, bytes, events, cost, charged, last_call_at, cells)
         values ($1, '2020-01-01', 'none', '', 0, 0, 0, 0, app.now(), '') on conflict do nothing),
       cell as (insert into reports.usage_cells values
         ($1, '2026-11-20T10:15:00Z', $2, 'reel.pro', 'reel', 'generation', null, 'sandbox', 'small', false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
       insert into reports.proceeds (account_id, id, product, currency, gross, fee, tax, occurred_at, source, source_id)
         values ($1, $3, 'reel', 'usd', 2000, 88, 0, app.now(), 'manual', $3)`,
      [accountId, userId, ids.next()],
    ),
  );
}

/** A mail of an account, and a link that was sent to its owner. */
async function makeMail({ app, db }: TestApp, { accountId, userId, email }: Person): Promise<void> {
  await db.asMigrator(
    statement(
      `with mail as (insert into mail.messages (account_id, id, user_id, recipient, template, status)
         values ($1, $2, $3, $4, 'password_changed', 'sent'))
       insert into identity.email_tokens (user_id, kind, token_hash, email, expires_at)
         values ($3, 'reset_password', 'of a token that nobody has', $4, app.now() + interval '1 hour')`,
      [accountId, app.modules.ids.next(), userId, email],
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

let working = Promise.resolve();

/** Has the jobs done that are there, by a worker that stops when they are: what is asked for later can be cancelled. */
export function workedOff({ app, db }: TestApp): Promise<void> {
  working = working.then(async () => {
    const worker = app.modules.jobs.work();
    const open = statement<{ kind: string; state: string; error: string | null }>(
      `select kind, state, error from jobs.jobs where state in ('ready', 'delayed', 'running')`,
    );
    let left: readonly object[] = [];
    const isDone = async () => {
      left = await db.asMigrator(open);
      return left.length === 0;
    };
    await vi.waitUntil(isDone, PATIENCE).catch((cause: unknown) => {
      throw new Error(`jobs are not done: ${JSON.stringify(left)}`, { cause });
    });
    await worker.stop(0);
  });
  return working;
}

/** Calls that make something, and take no Idempotency-Key. */
const KEPT: readonly string[] = ['POST /v1/storage/records', 'POST /v1/storage/vectors/upsert'];

function isMaker(route: Route): boolean {
  const { auth } = route.shape;
  const isForOwner = isForMembers(route) || auth === 'user';
  return isForOwner && idempotencyOf(route) !== 'none' && paramNames(route).length === 0;
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

/** Every id in every row (or in the first few of each table) of a household's, by column; and those of the operator's webhooks and public templates. */
export async function idsOf(db: Database, household: Household, rowsOfEach = 10_000): Promise<IdsByColumn> {
  const { owner, others, organization } = household;
  const users = [owner, ...Object.values<Person>(others)].map(({ userId }) => userId);
  const ids = new Map<string, Set<string>>();
  const add = (column: string, value: string) => ids.set(column, (ids.get(column) ?? new Set()).add(value));
  for (const { of, row } of await rowsOf(db, { accounts: [organization, owner.own], users, rowsOfEach })) {
    for (const [column, value] of Object.entries(row)) {
      if (typeof value !== 'string' || !isUuid(value)) continue;
      add(column, value);
      if (column === 'id') add(`${of.replace(/^.*\./, '').replace(/s$/, '')}_id`, value);
    }
  }
  const webhooks = await db.asMigrator(
    statement<{ id: string }>('select id from webhooks.endpoints order by id'),
  );
  const templates = await db.asMigrator(
    statement<{ id: string }>('select id from orbit.public_templates order by id'),
  );
  return new Map([
    ...[...ids].map(([column, values]) => [column, [...values]] as const),
    ['webhook_id', webhooks.map(({ id }) => id)],
    ['public_template_id', templates.map(({ id }) => id)],
  ]);
}

/** The columns that say whose a row is, by table: a question that takes the database longer than all rows of a household. */
const ownedTables = new WeakMap<Database, Promise<readonly { name: string; owner: string }[]>>();

function ownedBy(db: Database): Promise<readonly { name: string; owner: string }[]> {
  const known =
    ownedTables.get(db) ??
    db.asMigrator(
      statement<{ name: string; owner: string }>(
        `select format('%I.%I', table_schema, table_name) as name, column_name as owner
         from information_schema.columns where column_name in ('account_id', 'user_id')
           and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2`,
      ),
    );
  ownedTables.set(db, known);
  return known;
}

async function rowsOf(
  db: Database,
  of: {
    readonly accounts: readonly AccountId[];
    readonly users: readonly UserId[];
    readonly rowsOfEach: number;
  },
): Promise<{ readonly of: string; readonly row: Record<string, unknown> }[]> {
  const selects = (await ownedBy(db)).map(
    ({ name, owner }) =>
      `(select '${name}' as of, to_jsonb(t) as row from ${name} t where ${owner} = any (${owner === 'account_id' ? '$1' : '$2'}::uuid[]) order by t limit ${of.rowsOfEach})`,
  );
  return db.asMigrator(
    statement<{ of: string; row: Record<string, unknown> }>(selects.join('\nunion all '), [
      `{${of.accounts.join()}}`,
      `{${of.users.join()}}`,
    ]),
  );
}

/** Settings of an app in which the examples are as good as they say. */
export async function walkedSettings(): Promise<Record<string, string>> {
  return { ...(await dnsSettings()), ...RETURNS, STRIPE_READS_PER_SECOND: '1000' };
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
