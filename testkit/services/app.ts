import { type App, openApp } from '../../server/src/app.ts';
import type { AppStoreStandIn } from '../../server/src/app/options.ts';
import type { CallOptions, Customer, Reply } from '../../server/src/main/doors/testing/index.ts';
import { bodyOf, customersOf, upstreamOf } from '../../server/src/main/doors/testing/test-app.ts';
import { readConfig } from '#platform/config';
import { type Database, type CrashHook, statement } from '#platform/db';
import type { Clock } from '#platform/kernel';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import type { GooglePlaySandbox } from '#sandbox/google-play';
import type { StripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { OF_CUSTOMERS } from '@plinth/testkit/fixtures/passwords';
import { temporaryFolder, testDatabase, type TestDatabase } from './index.ts';
import { outboxOf, type SentMail } from './outbox.ts';

export interface TestAppOptions {
  /** Further settings, as the environment has them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether jobs run; they do when not said. */
  readonly work?: boolean;
  readonly clock?: Clock;
  /** A sandbox of Stripe, with which the app sells; without it nothing is sold. */
  readonly stripe?: Pick<StripeSandbox, 'advanceTo' | 'idle' | 'now' | 'secretKey' | 'url'>;
  /** A sandbox of Google Play, whose purchases the app takes. */
  readonly googlePlay?: Pick<GooglePlaySandbox, 'packageName' | 'serviceAccount' | 'url'>;
  /** Sandboxes of the App Store, one for each environment that the app is told of. */
  readonly appStore?: readonly AppStoreStandIn[];
  readonly crashHook?: CrashHook;
  /** A second process on the database and the provider of another. */
  readonly beside?: TestApp;
  /** The database, where the test has one already. */
  readonly on?: TestDatabase;
  /** What the program gets in place of its database. */
  readonly over?: (db: Database) => Database;
  /** Told when the lease is lost, after which a program would end; it is an error when not said. */
  readonly onLost?: (reason: string) => void;
}

export type { CallOptions, Customer, Reply };
export { upstreamOf };

export interface TestApp {
  readonly url: string;
  readonly app: App;
  readonly db: Database;
  readonly database: TestDatabase;
  readonly sandbox: OpenAISandbox;
  readonly stripe: TestAppOptions['stripe'];
  /** All mails that were sent so far, the oldest first, once none is on its way any more. */
  outbox(): Promise<SentMail[]>;
  /** Makes a customer; with a plan (`reel.basic`), it is granted from now on. */
  customer(...plans: readonly string[]): Promise<Customer>;
  /** The same of a person for themselves, without an organization: for products that hold people's data alone. */
  person(...plans: readonly string[]): Promise<Customer>;
  /** A platform admin. */
  admin(): Promise<Customer>;
  /** How many rows of an account there are: `prism.turns`, with a further condition if any. */
  count(by: Pick<Customer, 'accountId'>, table: string, condition?: string): Promise<number>;
  /** A call with a key; the body is sent as JSON. */
  call(key: string | undefined, call: string, options?: CallOptions): Promise<Reply>;
  close(): Promise<void>;
}

/** The whole app in this process, on this file's database and a provider of its own, listening on a free port. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.on ?? options.beside?.database ?? (await testDatabase(crashHookOf(options)));
  const sandbox = options.beside?.sandbox ?? (await createOpenAISandbox());
  const { over = (db) => db, stripe = options.beside?.stripe, googlePlay } = options;
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: options.beside?.app.modules.options.config.dataDir ?? temporaryFolder(),
    LOG_LEVEL: 'silent',
    // Tests read the ledger as customers; that it is hidden from them is tried by test/walkers/model-cost.test.ts.
    SHOW_MODEL_COST: 'true',
    AI_UPSTREAMS: JSON.stringify([upstreamOf(sandbox)]),
    // How many reads a provider is asked for in a second is tried by read-rate.test.ts: no other test waits for its turn.
    ...(stripe === undefined ? {} : { SANDBOX_STRIPE: 'true', STRIPE_READS_PER_SECOND: '1000' }),
    ...(googlePlay === undefined
      ? {}
      : { SANDBOX_GOOGLE_PLAY: 'true', GOOGLE_PLAY_READS_PER_SECOND: '1000' }),
    ...(options.appStore === undefined
      ? {}
      : { SANDBOX_APP_STORE: 'true', APP_STORE_READS_PER_SECOND: '1000' }),
    ...options.settings,
  });
  const app = await openApp({
    config,
    version: 'test',
    serve: true,
    work: options.work ?? true,
    migrate: false,
    store: keepOpen(over(database.db)),
    onLost: options.onLost ?? fail,
    diagnose: async (db, now) => (await import('../../server/src/main/doctor.ts')).diagnose(now, db),
    ...(stripe === undefined ? {} : { stripeSandbox: stripe }),
    ...(googlePlay === undefined ? {} : { googlePlaySandbox: standInOf(googlePlay) }),
    ...(options.appStore === undefined ? {} : { appStoreSandbox: options.appStore }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.crashHook === undefined ? {} : { crashHook: options.crashHook }),
  });
  const { url } = await app.server.listen();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= app.stop().then(() => (options.beside === undefined ? sandbox.close() : undefined));
    return closing;
  };
  atEndOfFile(close);
  return {
    url,
    app,
    db: database.db,
    database,
    sandbox,
    stripe,
    outbox: () => outboxOf(database.db, config),
    ...customersOf(app, database.db, OF_CUSTOMERS),
    count: (...of) => countRows(database.db, of),
    call: callAt(url),
    close,
  };
}

/** The test file's database, which outlives the app. */
const keepOpen = (db: Database) =>
  Promise.resolve({ db, narrowed: 0, close: async () => {}, onIdleError: () => {} });

function fail(reason: string): never {
  throw new Error(reason);
}

const standInOf = (of: NonNullable<TestAppOptions['googlePlay']>) => ({
  url: of.url,
  packageName: of.packageName,
  serviceAccount: () => of.serviceAccount,
});

/** The hook of a process that dies at a commit. */
function crashHookOf({ crashHook }: TestAppOptions) {
  return crashHook === undefined ? {} : { crashHook };
}

async function countRows(
  db: Database,
  [{ accountId }, table, condition = 'true']: Parameters<TestApp['count']>,
): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>(
      `select count(*)::int as n from ${table} where account_id = $1 and ${condition}`,
      [accountId],
    ),
  );
  return row?.n ?? -1;
}

/** Calls of the server that listens there. */
export const callAt =
  (url: string): TestApp['call'] =>
  (key, call, more) =>
    request(url, { key, call, ...more });

async function request(
  url: string,
  asked: CallOptions & { key: string | undefined; call: string },
): Promise<Reply> {
  const [method = 'GET', path = '/'] = asked.call.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(asked.key === undefined ? {} : { authorization: `Bearer ${asked.key}` }),
      ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...asked.headers,
    },
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: bodyOf(text, response.headers) };
}
