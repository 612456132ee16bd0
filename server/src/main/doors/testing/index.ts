import type { App } from '#app';
import type { Database } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { OpenAISandbox } from '#sandbox/openai';
import type { CallOptions, Reply } from './calls.ts';

export type { CallOptions, Reply } from './calls.ts';
export type { CrashTests, CrashWalk, WalkAct, WalkClient } from './crashes.ts';

/** `plinth/testing`: a server for the tests of products. */

export interface TestAppOptions {
  /** Further settings, as the environment has them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether jobs run; they do when not said. */
  readonly work?: boolean;
  /** A PostgreSQL in which a database of this server's own is made, and dropped at its end: by default TEST_DATABASE_URL, else the embedded database is used. */
  readonly databaseUrl?: string;
}

/** A customer with a key that may do everything. */
export interface Customer {
  readonly userId: UserId;
  readonly accountId: AccountId;
  readonly email: string;
  readonly password: string;
  readonly key: string;
}

/** A whole server in this process, with the products of `plinth.config.ts`, on a database and a sandbox of the models of its own. */
export interface TestApp {
  readonly url: string;
  readonly app: App;
  readonly db: Database;
  /** Stands in the place of the model providers: `sandbox.faults.next({ kind: 'status', status: 500 })`. */
  readonly sandbox: OpenAISandbox;
  /** Makes a customer, who has an organization; each plan (`notes.starter`) is granted from now on. */
  customer(...plans: readonly string[]): Promise<Customer>;
  /** The same of a person for themselves, without an organization. */
  person(...plans: readonly string[]): Promise<Customer>;
  /** A platform admin. */
  admin(): Promise<Customer>;
  /** A call with a key, or without one: `call(by.key, 'POST /v1/notes/answers', { body })`. A body is sent as JSON, under an Idempotency-Key of its own unless `headers` say one. */
  call(key: string | undefined, call: string, options?: CallOptions): Promise<Reply>;
  /** Moves the time of the database on: `'2 hours'`. */
  advance(interval: string): Promise<void>;
  /** Ends the server and deletes what it has stored. A test run waits until it is called. */
  close(): Promise<void>;
}

/** Starts one, which takes a second on the embedded database. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  return (await import('./test-app.ts')).startTestApp(options);
}

export interface WalkOptions extends Pick<TestAppOptions, 'settings' | 'databaseUrl'> {
  /** Makes rows of a customer that no example of a call makes. */
  readonly make?: (app: TestApp, customer: Omit<Customer, 'password'>) => Promise<void>;
  /** Routes that no wall is tried with, and why: `{ 'POST /v1/tales/hook': 'only the shop can sign an example' }`. */
  readonly except?: Readonly<Record<string, string>>;
}

/**
 * Tries the walls of a product: who may call its routes, what two accounts see of each other, hostile input, statements and their types,
 * erasure. Throws what is wrong, by the route, the statement or the table: `test('the walls hold', { timeout: 120_000 }, () => walkProduct('tales'))`.
 */
export async function walkProduct(product: string, options: WalkOptions = {}): Promise<void> {
  const { make, except, ...of } = options;
  const { walkProduct: walk } = await import('@plinth/testkit/walkers/walk-product');
  const app = await testApp({ ...of, work: false });
  try {
    const wrong = await walk(app, product, {
      except,
      ...(make === undefined ? {} : { make: (customer: Omit<Customer, 'password'>) => make(app, customer) }),
    });
    if (wrong !== '') throw new Error(`The walls of ${product} have holes.\n\n${wrong}\n`);
  } finally {
    await app.close();
  }
}

/**
 * Kills a server before and after each crash point of a product that is in a walk, starts another one on what is left, and looks at the
 * customer's outcome, the ledger and the product's rows. Throws what is wrong; a commit point that is in no walk and has no reason too:
 * `test('a killed server loses nothing of tales', { timeout: 300_000 }, () => crashProduct('tales'))`.
 */
export async function crashProduct(
  product: string,
  options: Pick<TestAppOptions, 'databaseUrl'> = {},
): Promise<void> {
  const { crashProduct: crash } = await import('@plinth/testkit/crash/crash-product');
  const wrong = await crash(product, options.databaseUrl ?? process.env['TEST_DATABASE_URL']);
  if (wrong !== '') throw new Error(`A killed server does harm to ${product}.\n\n${wrong}\n`);
}
