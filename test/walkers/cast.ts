import { vi } from 'vitest';
import { commitPoint, type Database, statement } from '#platform/db';
import { bestPlan } from '#platform/entitlements';
import { idempotencyOf, type Role, type Route } from '#platform/http';
import { type AccountId, isUuid, type UserId } from '#platform/kernel';
import { type TestApp, testApp } from '../services/app.ts';
import { exampleOf, type IdsByColumn, isRecord, paramNames, send } from './calls.ts';

/** Longer than the jobs of a household take. */
const PATIENCE = { timeout: 20_000, interval: 10 };
const CAST = commitPoint('test.walkers.cast', 'the people that the walkers call as');
export const WHENCE = { requestId: 'req_walker', ip: '127.0.0.1', userAgent: 'a walker' };
export const PASSWORD = 'Walking-Every-Route-1';

/** Someone who is signed in, and has a key that may do everything. */
export interface Person {
  readonly userId: UserId;
  /** Where calls without X-Account-Id go. */
  readonly accountId: AccountId;
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
  const { email = `walker-${made}@example.com`, password = PASSWORD, role = 'user' } = options;
  const company = options.company === true ? { companyName: `Company ${made}` } : {};
  const person = await db.system('server.owner', CAST, async (tx) => {
    const user = await identity.createUser(tx, { email, password, role, emailVerified: true, ...company });
    const actor = { kind: 'system' } as const;
    const key = { ...user, name: 'a walker’s', scopes: ['*'], actor };
    for (const [product, catalogue] of options.company === true ? entitlements.catalogues : []) {
      const plan = bestPlan(catalogue);
      const why = { source: 'admin', cause: 'test', by: actor } as const;
      await entitlements.grantIn(tx, { accountId: user.accountId, product, plan, ...why });
    }
    return { ...user, key: (await identity.createKey(tx, key)).key };
  });
  const { access_token: token } = await identity.sessions.login({ email, password }, WHENCE);
  return { ...person, email, token };
}

/** A key of someone's with these scopes alone. */
export async function makeKey({ app, db }: TestApp, of: Person, scopes: readonly string[]): Promise<string> {
  const key = { ...of, name: 'a narrow key', scopes, actor: { kind: 'system' } as const };
  return (await db.system('server.owner', CAST, (tx) => app.modules.identity.createKey(tx, key))).key;
}

/** An organization with people in these roles, and one of everything that the calls of this server make. */
export async function makeHousehold<Others extends Exclude<Role, 'owner'>>(
  app: TestApp,
  roles: readonly Others[],
): Promise<Household<Others>> {
  const owner = await makePerson(app, { company: true });
  const pairs = await Promise.all(roles.map(async (role) => [role, await makePerson(app)] as const));
  const others = Object.fromEntries(pairs) as Record<Others, Person>;
  const join = 'insert into accounts.members (account_id, user_id, role) values ($1, $2, $3)';
  for (const [role, { userId }] of pairs) {
    await app.db.asMigrator(statement(join, [owner.accountId, userId, role]));
  }
  // A second device, which can be signed out while the first goes on.
  await app.app.modules.identity.sessions.login({ email: owner.email, password: PASSWORD }, WHENCE);
  const makers = app.app.server.routes.filter(isMaker);
  for (const route of makers) await send(app.url, route, { as: owner.token });
  await workedOff(app);
  // And one more of what is made by jobs: it waits, as long as nobody has another household made.
  for (const route of makers.filter(({ shape }) => shape.spends?.as === 'job')) {
    await send(app.url, route, { as: owner.token });
  }
  await makeDeadJob(app, owner.accountId);
  await makeHoldings(app, owner.accountId);
  return { owner, others, organization: owner.accountId };
}

/** A job that was given up: no call makes one. */
async function makeDeadJob({ app, db }: TestApp, accountId: AccountId): Promise<void> {
  await db.asMigrator(
    statement(
      `insert into jobs.jobs (account_id, id, kind, lane, payload, state, attempt, attempts, request_id)
       values ($1, $2, 'platform.old-jobs', 'batch', '{}', 'dead', 3, 3, 'req_walker')`,
      [accountId, app.modules.ids.next()],
    ),
  );
}

/** What an account holds of kinds of limits that no product here has: no call makes it. */
async function makeHoldings({ app, db }: TestApp, accountId: AccountId): Promise<void> {
  const { ids } = app.modules;
  await db.asMigrator(
    statement(
      `with anchor as (insert into limits.anchors (account_id, product, starts_at) values ($1, 'reel', app.now()) on conflict do nothing),
       gauge as (insert into limits.gauges (account_id, product, name, used) values ($1, 'reel', 'storage', 1)),
       seat as (insert into limits.seats (account_id, product, name, machine, id, fence, taken_at, expires_at)
         values ($1, 'reel', 'machines', 'a machine', $2, 1, app.now(), app.now() + interval '1 hour'))
       insert into limits.credits (account_id, id, product, name, source, amount, remaining, cause)
         values ($1, $3, 'reel', 'posts', 'admin', 10, 10, 'test')`,
      [accountId, ids.next(), ids.next()],
    ),
  );
}

let working = Promise.resolve();

/** Has the jobs done that are there, by a worker that stops when they are: what is asked for later can be cancelled. */
function workedOff({ app, db }: TestApp): Promise<void> {
  working = working.then(async () => {
    const worker = app.modules.jobs.work();
    const open = statement<{ open: boolean }>(
      `select exists (select from jobs.jobs where state in ('ready', 'delayed', 'running')) as open`,
    );
    await vi.waitUntil(async () => (await db.asMigrator(open))[0]?.open === false, PATIENCE);
    await worker.stop(0);
  });
  return working;
}

function isMaker(route: Route): boolean {
  const { auth } = route.shape;
  const isForOwner = auth === 'account' || auth === 'user';
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

/** Every id in every row of these accounts and users, by column. */
export async function idsOf(db: Database, household: Household): Promise<IdsByColumn> {
  const { owner, others, organization } = household;
  const users = [owner, ...Object.values<Person>(others)].map(({ userId }) => userId);
  const ids = new Map<string, Set<string>>();
  for (const row of await rowsOf(db, [organization], users)) {
    for (const [column, value] of Object.entries(row)) {
      if (typeof value !== 'string' || !isUuid(value)) continue;
      ids.set(column, (ids.get(column) ?? new Set()).add(value));
    }
  }
  return new Map([...ids].map(([column, values]) => [column, [...values]]));
}

async function rowsOf(
  db: Database,
  accounts: readonly AccountId[],
  users: readonly UserId[],
): Promise<Record<string, unknown>[]> {
  const owned = await db.asMigrator(
    statement<{ name: string; owner: string }>(
      `select format('%I.%I', table_schema, table_name) as name, column_name as owner
       from information_schema.columns where column_name in ('account_id', 'user_id')
         and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2`,
    ),
  );
  const found: Record<string, unknown>[] = [];
  for (const { name, owner } of owned) {
    const values = owner === 'account_id' ? accounts : users;
    const sql = `select to_jsonb(t) as row from ${name} t where ${owner} = any ($1::uuid[])`;
    const rows = await db.asMigrator(
      statement<{ row: Record<string, unknown> }>(sql, [`{${values.join()}}`]),
    );
    found.push(...rows.map(({ row }) => row));
  }
  return found;
}

/** Forgets how often anybody called, so that a walker is not taken for a flood. */
export async function forgetRates(db: Database): Promise<void> {
  await db.asMigrator(statement('delete from limits.rates'));
}

/** The app that the walkers walk over. Where it does not work, jobs run only while a household is made. */
export async function walkedApp({ work }: { readonly work: boolean }): Promise<TestApp> {
  const app = await testApp({ work });
  await makeExamplePeople(app);
  return app;
}
