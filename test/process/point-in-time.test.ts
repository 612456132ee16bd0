import { execFile } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '#platform/db';
import { createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile, temporaryFolder } from '@plinth/testkit/closing';
import { openStripe } from '../crash/stripe.ts';
import { ROOT } from '@plinth/testkit/house/source';
import { startArchivedPostgres } from '@plinth/testkit/services/archived-postgres';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { asAdmin, createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { type Client, clientOf } from './client.ts';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 300_000;
const CALLERS = 4;
/** Calls that are answered before and after the base backup and the instant. */
const SOME = 30;
const MACHINE = { hardware_id: 'hardware-one-0001' };

afterAll(endAll);

/** Callers with a key for each call; answers which were answered. */
function storm(client: Client) {
  const answered: string[] = [];
  const over = new AbortController();
  const running = Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      for (let call = 0; !over.signal.aborted; call += 1) {
        const key = `drill-${caller}-${call}`;
        expect(await client.chat({ key })).toBe('answered');
        answered.push(key);
      }
    }),
  );
  return {
    answered,
    async heard(): Promise<void> {
      const before = answered.length;
      const more = expect.poll(() => answered.length - before, { timeout: TIMEOUT, interval: 20 });
      await Promise.race([running, more.toBeGreaterThan(SOME)]);
    },
    async end(): Promise<void> {
      over.abort();
      await running;
    },
  };
}

/** Takes a seat of the licence that the local owner's organization holds; answers what renews it. */
async function takeSeat(client: Client): Promise<object> {
  const { body: list } = await client.call('GET /v1/licenses');
  const [{ id }] = list['data'] as [{ readonly id: string }];
  const { body: license } = await client.call(`GET /v1/licenses/${id}`);
  const machine = { license_key: license['license_key'], ...MACHINE };
  const { status, body } = await client.call('POST /v1/licenses/acquire', { body: machine });
  expect(status).toBe(201);
  return { session_id: body['session_id'], signed_token: body['signed_token'] };
}

/** The servers that a drill needs, and the program beside them. */
async function openDrill() {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const postgres = await startArchivedPostgres(binaries);
  atEndOfFile(() => postgres.stop());
  const database = new URL(await createDatabase(await prepareCluster(postgres.adminUrl, true), 'drill'));
  const sandbox = await createOpenAISandbox();
  const store = await openStripe(new Date());
  for (const stand of [sandbox, store]) atEndOfFile(() => stand.close());
  const folder = temporaryFolder();
  const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
  const settings = () => ({
    DATABASE_URL: database.href,
    NODE_ENV: 'test',
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'silent',
    AI_UPSTREAMS: JSON.stringify([{ ...upstream, models: ['sandbox-small', 'sandbox-large'] }]),
    ...store.settings,
  });
  const plinth = (...words: string[]): Program =>
    startProgram(words, { cwd: folder, environment: settings() });
  return {
    postgres,
    database,
    sandbox,
    store,
    folder,
    plinth,
    async run(...words: string[]) {
      const program = plinth(...words);
      return { ...(await program.ended), said: program.said() };
    },
    /** What the job of each minute does. */
    async recordRevocations() {
      await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'record-revocations.ts')], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'], ...settings() },
      });
    },
    async sell() {
      const db = await openDatabase({ engine: 'postgres', url: database.href, poolSize: 1 });
      await store.begin(db);
      await db.close();
    },
  };
}

type Drill = Awaited<ReturnType<typeof openDrill>>;

/** Has calls made, takes a base backup meanwhile, and lets the server die some calls behind an instant. */
async function runUntilDeath(drill: Drill) {
  const { postgres, database, store, folder, plinth, recordRevocations, sell } = drill;
  const server = plinth('start');
  const url = await server.url();
  const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Record<string, string>;
  const { api_key: key = '', email, password } = owner;
  const client = clientOf(url, key);
  const { body: session } = await clientOf(url, '').call('POST /v1/auth/login', {
    body: { email, password },
  });
  const own = clientOf(url, String(session['access_token']));
  const doomed = await own.call('POST /v1/api-keys', { body: { name: 'doomed', scopes: ['*'] } });
  const callers = storm(client);
  await callers.heard();
  await postgres.backUp();
  await callers.heard();
  const seat = await takeSeat(client);
  const answered = [...callers.answered];
  const [[row] = []] = await asAdmin(database.href, ['select now()::text as instant']);
  await callers.heard();
  expect((await own.call(`DELETE /v1/api-keys/${String(doomed.body['id'])}`)).status).toBe(200);
  await sell();
  const sold = await store.tell(client);
  await callers.end();
  server.kill('SIGKILL');
  await server.ended;
  await recordRevocations();
  return {
    instant: String(row?.['instant']),
    key,
    answered,
    seat,
    sold,
    revoked: String(doomed.body['key']),
    refresh: session['refresh_token'],
  };
}

const applied = (entries: number) => ({
  code: 0,
  said: expect.stringContaining(`${entries} entries of the list were applied, 0 of them erasures.`),
});

/** What docs/backup.md names, in its order. */
async function followThePage({ run, folder }: Drill): Promise<void> {
  const apply = () => run('restore', '--apply-list');
  const list = join(folder, 'blobs/plinth/revocations');
  renameSync(list, `${list}-elsewhere`);
  const missing = 'There is no list of erasures and revocations';
  expect(await apply()).toMatchObject({ code: 1, said: expect.stringContaining(missing) });
  renameSync(`${list}-elsewhere`, list);
  for (const entries of [1, 0]) expect(await apply()).toMatchObject(applied(entries));
  expect(await run('usage', 'verify')).toMatchObject({ code: 0, said: 'The sums equal the rows.\n' });
  expect(await run('stripe', 'reconcile', '--all')).toMatchObject({ code: 0 });
}

test('a PostgreSQL that is restored to an instant, under load, is whole, and hears again what came after', {
  timeout: TIMEOUT,
}, async () => {
  const drill = await openDrill();
  const { database, sandbox, store, run } = drill;
  const { instant, key, answered, seat, sold, revoked, refresh } = await runUntilDeath(drill);
  database.port = new URL(await drill.postgres.restoreTo(instant)).port;
  await followThePage(drill);

  const again = drill.plinth('start');
  const url = await again.url();
  const restored = clientOf(url, key);
  expect((await restored.call('POST /v1/licenses/heartbeat', { body: seat })).status).toBe(200);
  const open = `select 1 from limits.permits where state in ('queued', 'running')`;
  const left = async () => (await asAdmin(database.href, [open]))[0];
  await expect.poll(left, { timeout: TIMEOUT }).toEqual([]);
  await expectLedger(database.href, sandbox.bill());
  // What was answered before the instant is answered again, and costs nothing.
  const billed = sandbox.bill().length;
  for (const one of answered.slice(-SOME)) expect(await restored.chat({ key: one })).toBe('answered');
  expect(sandbox.bill()).toHaveLength(billed);
  // Read of the store, before it sends anything once more.
  const bought = async () => (await restored.call('GET /v1/billing/subscriptions')).body['data'];
  await expect.poll(bought, { timeout: TIMEOUT }).toMatchObject([{ plan: 'reel.basic' }]);
  for (let time = 0; time < 2; time += 1) expect(await store.tellAgain(restored)).toBe(sold);
  expect((await clientOf(url, revoked).call('GET /v1/usage')).status).toBe(401);
  const token = { body: { refresh_token: refresh } };
  expect((await restored.call('POST /v1/auth/refresh', token)).status).toBe(401);
  again.kill('SIGTERM');
  expect(await again.ended).toEqual({ code: 0, signal: null });
  expect(await run('usage', 'verify')).toMatchObject({ code: 0 });
});

/** Each posted call is one of the bill, with its figures, and no call is posted twice; what the instant cut off is an estimate. */
async function expectLedger(
  url: string,
  bill: readonly { request_id: string; prompt_tokens: number; completion_tokens: number }[],
): Promise<void> {
  const [rows = []] = await asAdmin(url, [
    `select provider_request_id as call, prompt_tokens + completion_tokens as tokens, estimated from limits.usage_events where state = 'posted'`,
  ]);
  const figures = new Map(bill.map((call) => [call.request_id, call.prompt_tokens + call.completion_tokens]));
  const exact = rows.filter(({ estimated }) => estimated === false);
  expect(exact.length).toBeGreaterThan(SOME);
  expect(exact.filter(({ call, tokens }) => figures.get(String(call)) !== tokens)).toEqual([]);
  expect(new Set(exact.map(({ call }) => call)).size).toBe(exact.length);
  expect(rows.length - exact.length).toBeLessThanOrEqual(CALLERS);
}
