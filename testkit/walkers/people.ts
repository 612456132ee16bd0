import { setInterval } from 'node:timers/promises';
import { OF_EXAMPLES } from '@plinth/testkit/fixtures/passwords';
import { commitPoint, type Database, statement } from '#platform/db';
import { bestPlan } from '#platform/entitlements';
import { idempotencyOf, isForMembers, type Role, type Route } from '#platform/http';
import type { Identity } from '#platform/identity';
import { type AccountId, isUuid, type UserId } from '#platform/kernel';
import { type IdsByColumn, paramNames, send } from './calls.ts';
import { keepPlan, type RowOwners } from './kept-plan.ts';
import { ownAccountOf, owns } from './own-accounts.ts';
import type { WalkedApp } from './walked-app.ts';

/** Longer than the jobs of a household take. */
const PATIENCE = { timeout: 200_000, interval: 10 };
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

/** A household's rows beside those of all: the calls that make some, and a way to make more. */
export interface Furnishings {
  /** The calls that the owner makes with their examples. */
  readonly isMade: (route: Route) => boolean;
  /** Makes what no call makes. */
  readonly make?: (owner: Person) => Promise<void>;
  /** Ids of the operator, by column, that calls of an account may name. */
  readonly idsOfOperator?: (db: Database) => Promise<Iterable<readonly [string, readonly string[]]>>;
  /** How an account comes by a secret that calls are made with, by the module that knows it. */
  readonly productKeys?: Readonly<Record<string, (app: WalkedApp, accountId: AccountId) => Promise<string>>>;
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
export async function makePerson(
  { app, db, sold = [...app.modules.entitlements.catalogues.keys()] }: WalkedApp,
  options: PersonOptions = {},
): Promise<Person> {
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
      if (!sold.includes(product)) continue;
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
export async function makeKey(
  { app, db }: WalkedApp,
  of: Person,
  scopes: readonly string[],
): Promise<string> {
  const key = { ...of, name: 'a narrow key', scopes, actor: { kind: 'system' } as const };
  return (await db.system('owner.first-start', PEOPLE, (tx) => app.modules.identity.createKey(tx, key))).key;
}

/** An organization with every best plan, and people in these roles. */
export async function makeTeam<Others extends Exclude<Role, 'owner'>>(
  app: WalkedApp,
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

/** A team, with one of everything that calls make and of all that is furnished besides. */
export async function makeHousehold<Others extends Exclude<Role, 'owner'>>(
  app: WalkedApp,
  roles: readonly Others[],
  furnishings: Furnishings,
): Promise<Household<Others>> {
  const team = await makeTeam(app, roles);
  const { owner } = team;
  // A second device, which can be signed out while the first goes on.
  await app.app.modules.identity.sessions.login({ email: owner.email, password: PASSWORD }, ORIGIN);
  const makers = app.app.server.routes.filter(furnishings.isMade);
  for (const route of makers) await send(app.url, route, { as: owner.token });
  await workedOff(app);
  // And one more of what is made by jobs: it waits, as long as no other household is made.
  for (const route of makers.filter(({ shape }) => shape.spends?.as === 'job')) {
    await send(app.url, route, { as: owner.token });
  }
  await furnishings.make?.(owner);
  return team;
}

let working = Promise.resolve();

/** Has the jobs done that are there, by a worker that stops when they are: what is asked for later can be cancelled. */
export function workedOff({ app, db }: WalkedApp): Promise<void> {
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
    await waitUntil(isDone, () => `jobs are not done: ${JSON.stringify(left)}`);
    await worker.stop(0);
  });
  return working;
}

/** Asks again and again, as long as a busy machine may take; the runner of the tests may be any. */
async function waitUntil(isDone: () => Promise<boolean>, problem: () => string): Promise<void> {
  const end = performance.now() + PATIENCE.timeout;
  for await (const _ of setInterval(PATIENCE.interval)) {
    if (await isDone()) return;
    if (performance.now() > end) throw new Error(problem());
  }
}

/** Whether a call makes something of an account that its example says all about. */
export function isMaker(route: Route): boolean {
  const { auth } = route.shape;
  const isForOwner = isForMembers(route) || auth === 'user';
  return isForOwner && idempotencyOf(route) !== 'none' && paramNames(route).length === 0;
}

interface IdsOptions {
  /** So many of each table; all, when not said. */
  readonly rowsOfEach?: number | undefined;
  readonly furnishings: Furnishings;
}

/** Every id in every row (or in the first few of each table) of a household's, by column; and more of the operator's. */
export async function idsOf(
  db: Database,
  household: Household,
  { rowsOfEach = 10_000, furnishings }: IdsOptions,
): Promise<IdsByColumn> {
  const { owner, others, organization } = household;
  const users = [owner, ...Object.values<Person>(others)].map(({ userId }) => userId);
  const ids = new Map<string, Set<string>>();
  const add = (column: string, value: string) => ids.set(column, (ids.get(column) ?? new Set()).add(value));
  const read = await ownedRows(db, rowsOfEach);
  for (const { of, row } of await read({ accounts: [organization, owner.own], users })) {
    for (const [column, value] of Object.entries(row)) {
      if (typeof value !== 'string' || !isUuid(value)) continue;
      add(column, value);
      if (column === 'id') add(`${of.replace(/^.*\./, '').replace(/s$/, '')}_id`, value);
    }
  }
  const more = (await furnishings.idsOfOperator?.(db)) ?? [];
  return new Map([...[...ids].map(([column, values]) => [column, [...values]] as const), ...more]);
}

interface OwnedRow {
  /** The table. */
  readonly of: string;
  readonly row: Record<string, unknown>;
}

/** By the database, and how many rows of each table are read. */
const readers = new WeakMap<Database, Map<number, Promise<(owners: RowOwners) => Promise<OwnedRow[]>>>>();

/** Reads so many rows of each table, of accounts and users. */
function ownedRows(db: Database, rowsOfEach: number): Promise<(owners: RowOwners) => Promise<OwnedRow[]>> {
  const known = readers.get(db) ?? new Map<number, ReturnType<typeof ownedRows>>();
  readers.set(db, known);
  const reader = known.get(rowsOfEach) ?? ownedRowsReader(db, rowsOfEach);
  known.set(rowsOfEach, reader);
  return reader;
}

async function ownedRowsReader(db: Database, rowsOfEach: number) {
  // The columns that say whose a row is, by table.
  const owned = await db.asMigrator(
    statement<{ name: string; owner: string }>(
      `select format('%I.%I', table_schema, table_name) as name, column_name as owner
       from information_schema.columns where column_name in ('account_id', 'user_id')
         and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2`,
    ),
  );
  const selects = owned.map(
    ({ name, owner }) =>
      `(select '${name}', to_jsonb(t) from ${name} t where t.${owner} = any (${owner === 'account_id' ? 'p_accounts' : 'p_users'}) order by t limit ${rowsOfEach})`,
  );
  return keepPlan<OwnedRow>(db, '"of" text, "row" jsonb', selects.join('\nunion all '));
}
