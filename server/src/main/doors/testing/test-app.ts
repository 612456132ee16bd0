import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, openApp } from '#app';
import { readConfig } from '#platform/config';
import { commitPoint, type Database, openDatabase, openStore } from '#platform/db';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import { preparedFile } from '../../prepared-file.ts';
import type { CallOptions, Customer, Reply, TestApp, TestAppOptions } from './index.ts';

const CUSTOMER = commitPoint('test.customer', 'a customer of a test');
const PASSWORD = 'difference engine no. 2, 1849';

/** The server of `testApp`. What was begun before a failure is ended again. */
export async function startTestApp(options: TestAppOptions): Promise<TestApp> {
  const opened = new AsyncDisposableStack();
  try {
    return await start(options, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function start(options: TestAppOptions, opened: AsyncDisposableStack): Promise<TestApp> {
  const dataDir = mkdtempSync(join(tmpdir(), 'plinth-testing-'));
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const sandbox = await createOpenAISandbox();
  opened.defer(() => sandbox.close());
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: join(dataDir, 'data'),
    LOG_LEVEL: 'silent',
    // A server in a test does not wait for what the test leaves unanswered.
    SHUTDOWN_GRACE_SECONDS: '1',
    AI_UPSTREAMS: JSON.stringify([upstreamOf(sandbox)]),
    ...(await databaseOf(options, opened)),
    ...options.settings,
  });
  const app = await openApp({
    config,
    version: 'test',
    serve: true,
    work: options.work ?? true,
    migrate: true,
    store: openStore(config, undefined, preparedFile(config)),
    onLost: (reason) => {
      throw new Error(reason);
    },
  });
  opened.defer(() => app.stop());
  const { url } = await app.server.listen();
  const { db } = app.modules;
  let closing: Promise<void> | undefined;
  return {
    url,
    app,
    db,
    sandbox,
    ...customersOf(app, db, { password: PASSWORD }),
    call: (key, call, more = {}) => request(url + (call.split(' ')[1] ?? '/'), { key, call, ...more }),
    // Two statements: within one, the clock would be read both before and after it moved.
    advance: (interval) =>
      db.script(`
        begin;
        update limits.holders set expires_at = expires_at + interval '${interval}' where expires_at > app.now();
        update app.clock set ahead = ahead + interval '${interval}';
        commit;`),
    close: () => (closing ??= opened.disposeAsync()),
  };
}

/** The sandbox as a provider of `AI_UPSTREAMS`. */
export const upstreamOf = ({ url, apiKey }: OpenAISandbox) => ({
  name: 'sandbox',
  base_url: url,
  api_key: apiKey,
  models: [
    'sandbox-small',
    'sandbox-large',
    'sandbox-embed',
    'sandbox-image',
    'sandbox-speech',
    'sandbox-transcribe',
    'sandbox-whisper',
    'omni-moderation-latest',
  ],
});

/** A database of its own on PostgreSQL, where one is named. */
async function databaseOf(
  { databaseUrl = process.env['TEST_DATABASE_URL'] }: TestAppOptions,
  opened: AsyncDisposableStack,
): Promise<Readonly<Record<string, string>>> {
  if (databaseUrl === undefined || databaseUrl === '') return {};
  const name = `plinth_test_${randomUUID().replaceAll('-', '')}`;
  const server = await openDatabase({ engine: 'postgres', url: databaseUrl });
  opened.defer(() => server.close());
  await server.script(`create database ${name}`);
  opened.defer(() => server.script(`drop database if exists ${name} with (force)`));
  const url = new URL(databaseUrl);
  url.pathname = name;
  return { DATABASE_URL: url.href };
}

let made = 0;

/** The password of all customers; its hash, where it is known, saves the work of making it. */
interface CustomersPassword {
  readonly password: string;
  readonly passwordHash?: string;
}

interface CustomerRequest {
  readonly plans: readonly string[];
  readonly role: 'user' | 'admin';
  readonly isPerson: boolean;
}

/** Makes customers of a server in its database. */
export function customersOf(
  app: App,
  db: Database,
  password: CustomersPassword,
): Pick<TestApp, 'customer' | 'person' | 'admin'> {
  const make = (who: CustomerRequest) => makeCustomer({ app, db, password }, who);
  return {
    customer: (...plans) => make({ plans, role: 'user', isPerson: false }),
    person: (...plans) => make({ plans, role: 'user', isPerson: true }),
    admin: () => make({ plans: [], role: 'admin', isPerson: false }),
  };
}

interface Maker {
  readonly app: App;
  readonly db: Database;
  readonly password: CustomersPassword;
}

async function makeCustomer(
  { app: { modules }, db, password }: Maker,
  { plans, role, isPerson }: CustomerRequest,
): Promise<Customer> {
  const { identity, entitlements } = modules;
  made += 1;
  const email = `customer-${process.pid}-${made}@example.com`;
  const company = isPerson ? {} : { companyName: `Company ${made}` };
  const by = { kind: 'system' } as const;
  return db.system('owner.first-start', CUSTOMER, async (tx) => {
    const user = await identity.createUser(tx, {
      email,
      ...password,
      ...company,
      emailVerified: true,
      role,
    });
    const { key } = await identity.createKey(tx, { ...user, name: 'test', scopes: ['*'], actor: by });
    for (const id of plans) {
      const [product = '', name = ''] = id.split('.');
      const isAddOn = Object.hasOwn(entitlements.catalogues.get(product)?.addOns ?? {}, name);
      const what = isAddOn ? { addOn: name } : { plan: name };
      await entitlements.grantIn(tx, {
        accountId: user.accountId,
        product,
        ...what,
        source: 'admin',
        cause: 'test',
        by,
      });
    }
    return { ...user, email, password: password.password, key };
  });
}

async function request(
  url: string,
  { key, call, body, headers }: CallOptions & { readonly key: string | undefined; readonly call: string },
): Promise<Reply> {
  const response = await fetch(url, {
    method: call.split(' ')[0] ?? 'GET',
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: bodyOf(text, response.headers) };
}

/** JSON as it is; the events of a stream as `{ events: [{ event, data }] }`. */
export function bodyOf(text: string, headers: Headers): Reply['body'] {
  if (text === '') return {};
  if (headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return JSON.parse(text) as Reply['body'];
  const events = text.split('\n\n').flatMap((block) => {
    const [, data] = /^data: ?(.*)$/m.exec(block) ?? [];
    const [, event = 'message'] = /^event: ?(.*)$/m.exec(block) ?? [];
    return data === undefined
      ? []
      : [{ event, data: data === '[DONE]' ? data : (JSON.parse(data) as unknown) }];
  });
  return { events };
}
