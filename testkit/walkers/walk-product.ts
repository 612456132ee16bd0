import { randomInt } from 'node:crypto';
import type { Database } from '#platform/db';
import type { Route } from '#platform/http';
import type { Product } from '#platform/product';
import { products } from '#products';
import { openApp } from '../../server/src/app.ts';
import { advance } from '../factories.ts';
import { disagreements } from './access/disagreements.ts';
import { tablesWith } from './erasure/dump.ts';
import { createMarked } from './erasure/marked.ts';
import { objectionsTo } from './erasure/objections.ts';
import { refusedCredentials } from './fixture.ts';
import { chanceFrom } from './hostile/chance.ts';
import { operationsOf } from './hostile/operations.ts';
import { hostileRequests } from './hostile/requests.ts';
import { sendAll, stateOf } from './hostile/send-all.ts';
import { closeConnections } from './hostile/send-hostile.ts';
import { findTelling, readAll } from './isolation/reads.ts';
import { setRowSecurity } from './isolation/row-security.ts';
import { rowReader } from './isolation/rows.ts';
import { makeTenants, type Tenants } from './isolation/tenants.ts';
import { visitAll } from './isolation/visit-all.ts';
import { standStill } from './isolation/while-still.ts';
import { type Furnishings, isMaker, type Person } from './people.ts';
import { foreign } from './rules/access.ts';
import { answers } from './rules/effects.ts';
import { INPUT } from './rules/input.ts';
import { type OpenApi, walk, type WalkerFixture } from './rules/rule.ts';
import { statementObjections } from './statements.ts';
import { readTables } from './tables.ts';
import type { WalkedApp } from './walked-app.ts';

/** One product of a server, and all that its walls are tried with. */
interface WalkedProduct {
  readonly product: Product;
  readonly app: WalkedApp;
  /** Without those that are excepted. */
  readonly routes: readonly Route[];
  readonly furnishings: Furnishings;
  readonly tenants: Tenants;
}

interface Wall {
  readonly name: string;
  /** The rule that a fault breaks. */
  readonly holds: string;
  readonly objections: (walked: WalkedProduct) => Promise<readonly string[]>;
}

/** Erasure comes last: it moves the time on by weeks. */
const WALLS: readonly Wall[] = [
  {
    name: 'access',
    holds: 'Each route lets in exactly those callers that it declares (auth, may, within, scope, holds).',
    objections: accessObjections,
  },
  {
    name: 'isolation',
    holds:
      'An account reads and changes its own rows alone. Each statement names the account (`account_id = …`), each table has row security (`app.protect`), and each of the two holds where the other is away.',
    objections: isolationObjections,
  },
  {
    name: 'hostile input',
    holds: 'A body or a query of a wrong form is refused with 400, names the field, and changes nothing.',
    objections: hostileObjections,
  },
  {
    name: 'statements',
    holds:
      'The columns and the parameters of each statement are what its types say (`statement<Row>(text, values)`). What is put together of parts is shown in `testing/statements.ts` beside the product.',
    objections: ({ app, product }) => statementObjections(app, product.parts),
  },
  {
    name: 'erasure',
    holds:
      'Each table has a data rule, and 14 days after a customer has closed their account none of their words is left.',
    objections: erasureObjections,
  },
];

export interface WalkProductOptions {
  /** Makes rows of a customer that no example of a call makes. */
  readonly make?: ((owner: Person) => Promise<void>) | undefined;
  /** Routes that no wall is tried with, and why. */
  readonly except?: Readonly<Record<string, string>> | undefined;
}

/** Tries the walls of a product. Answers their faults as a page to read; empty where all of them hold. */
export async function walkProduct(
  server: WalkedApp,
  key: string,
  { make, except = {} }: WalkProductOptions,
): Promise<string> {
  const product = products.find((one) => one.key === key);
  if (product === undefined)
    return `There is no product ${key} here, but ${products.map((one) => one.key).join(', ')}.`;
  const unknown = Object.keys(except).filter((name) => !product.routes.some((route) => route.name === name));
  if (unknown.length > 0) return `${key} has no route ${unknown.join(', ')}: take it out of \`except\`.`;
  const app: WalkedApp = { url: server.url, app: server.app, db: server.db, sold: [key] };
  const own = new Set(product.routes);
  const furnishings: Furnishings = {
    isMade: (route) => own.has(route) && isMaker(route),
    ...(make === undefined ? {} : { make }),
  };
  await using opened = new AsyncDisposableStack();
  opened.defer(closeConnections);
  const openBeside = async (over: (db: Database) => Database) => {
    const beside = await openProgramBeside(app, over);
    opened.defer(() => beside.app.stop());
    return beside;
  };
  const tenants = await makeTenants(app, { furnishings, openBeside });
  const routes = product.routes.filter(({ name }) => !Object.hasOwn(except, name));
  const ofTenants = tenants.routes.filter((route) => routes.includes(route));
  const walked = { product, app, routes, furnishings, tenants: { ...tenants, routes: ofTenants } };
  const pages: string[] = [];
  for (const { name, holds, objections } of WALLS) {
    const found = await objections(walked);
    if (found.length > 0) pages.push([`${name}: ${holds}`, ...found.map((says) => `  ${says}`)].join('\n'));
  }
  return pages.join('\n\n');
}

/** A second program of the same database, which sees it as said. */
async function openProgramBeside(
  { app, db }: WalkedApp,
  over: (db: Database) => Database,
): Promise<WalkedApp> {
  // By its engine a program takes itself for the only one of an embedded database, and ends the leases of all others.
  const seen: Database = { ...over(db), engine: 'postgres' };
  const store = { db: seen, narrowed: 0, close: async () => {}, onIdleError: () => {} };
  const beside = await openApp({
    config: app.modules.options.config,
    version: 'test',
    serve: true,
    work: false,
    migrate: false,
    store: Promise.resolve(store),
    onLost: (reason) => {
      throw new Error(reason);
    },
  });
  return { app: beside, db, url: (await beside.server.listen()).url };
}

async function accessObjections({ routes, tenants: { mine } }: WalkedProduct): Promise<string[]> {
  return disagreements(routes, { ...mine, refused: await refusedCredentials(mine.app, mine.me) });
}

async function isolationObjections({ tenants }: WalkedProduct): Promise<string[]> {
  const { mine, other, unfiltered } = tenants;
  const readRows = await rowReader(mine.db, other);
  const found: string[] = [];
  for (const isSecured of [true, false]) {
    const url = isSecured ? unfiltered.url : mine.url;
    const without = isSecured ? 'where statements name no account' : 'where row security is off';
    await setRowSecurity(mine.db, isSecured);
    const told = [
      ...findTelling(await readAll(tenants, url), tenants.marks),
      ...(await visitAll(tenants, { rule: foreign, fixture: { ...tenants.foreign, url }, readRows })),
      ...(await visitAll(tenants, { rule: answers, fixture: { ...mine, url }, readRows })),
    ];
    found.push(...told.map((says) => `${says} (${without})`));
  }
  await setRowSecurity(mine.db, true);
  return found;
}

/** So many requests, or one of each kind for each route where that is more. */
const HOSTILE = 200;

async function hostileObjections({ app, routes, tenants: { mine } }: WalkedProduct): Promise<string[]> {
  const found: string[] = [];
  for (const rule of INPUT) found.push(...(await walk(rule, routes, mine)));
  const seed = randomInt(2 ** 31);
  const names = new Set(routes.map(({ name }) => name.replace(/:(\w+)/g, '{$1}')));
  const operations = operationsOf(app.app.server.openApi() as OpenApi).filter(({ name }) => names.has(name));
  const goOn = await standStill(app.db);
  const before = await stateOf(app);
  const requests = hostileRequests(operations, chanceFrom(seed), HOSTILE);
  const { faults } = await sendAll(app, requests, ({ as }) => bearerOf(as, mine));
  const after = await stateOf(app);
  await goOn();
  const changed = Object.keys(after).filter((table) => before[table] !== after[table]);
  return [
    ...found,
    ...faults.map((fault) => `${fault} (seed ${seed})`),
    ...changed.map((table) => `a refused request has changed rows of ${table} (seed ${seed})`),
  ];
}

function bearerOf(as: 'owner' | 'key' | 'admin', { me, admin }: WalkerFixture): string {
  if (as === 'admin') return admin.token;
  return as === 'key' ? me.key : me.token;
}

async function erasureObjections({ product, app, furnishings }: WalkedProduct): Promise<string[]> {
  const schemas = new Set(product.migrations.map(({ id }) => id.split('/')[0]));
  const tables = (await readTables(app.db)).filter(({ name }) => schemas.has(name.split('.')[0]));
  const found = tables.flatMap((table) => objectionsTo(table, product.dataRules));
  if (found.length > 0) return found;
  const { marker } = await createMarked(app, { rules: product.dataRules, furnishings });
  await advance(app.db, '14 days');
  await app.app.modules.erasure.eraser.run();
  const left = await tablesWith(app.db, marker);
  return left.map((table) => `${table} still has words of a customer whose account was erased`);
}
