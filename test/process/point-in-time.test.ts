import { execFile } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { openDatabase } from '#platform/db';
import { createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile, temporaryFolder } from '#test/closing';
import { openStripe } from '../crash/stripe.ts';
import { ROOT } from '../house/source.ts';
import { startArchivedPostgres } from '../services/archived-postgres.ts';
import { npmBinaries } from '../services/binaries.ts';
import { asAdmin, createDatabase, prepareCluster } from '../services/cluster.ts';
import { type Client, clientOf } from './client.ts';
import { endAll, type Program, startProgram } from './program.ts';

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

describe('a PostgreSQL that is restored to an instant', () => {
  test('from a base backup and its archived log, taken under load, is whole, and hears again what came after', {
    timeout: TIMEOUT,
  }, async () => {
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
    const run = async (...words: string[]) => {
      const program = plinth(...words);
      return { ...(await program.ended), said: program.said() };
    };

    const server = plinth('start');
    const url = await server.url();
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Record<string, string>;
    const client = clientOf(url, owner['api_key'] ?? '');
    const { email, password } = owner;
    const { body: session } = await clientOf(url, '').call('POST /v1/auth/login', {
      body: { email, password },
    });
    const doomed = await clientOf(url, String(session['access_token'])).call('POST /v1/api-keys', {
      body: { name: 'doomed', scopes: ['*'] },
    });
    const callers = storm(client);
    await callers.heard();
    await postgres.backUp();
    await callers.heard();
    const seat = await takeSeat(client);
    const before = [...callers.answered];
    const [[row] = []] = await asAdmin(database.href, ['select now()::text as instant, now() as at']);
    await callers.heard();
    const own = clientOf(url, String(session['access_token']));
    expect((await own.call(`DELETE /v1/api-keys/${String(doomed.body['id'])}`)).status).toBe(200);
    const db = await openDatabase({ engine: 'postgres', url: database.href, poolSize: 1 });
    await store.sell(db);
    await db.close();
    const sold = await store.tell(client);
    await callers.end();
    server.kill('SIGKILL');
    await server.ended;
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'record-revocations.ts')], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...settings() },
    });

    const restoredUrl = await postgres.restoreTo(String(row?.['instant']));
    database.port = new URL(restoredUrl).port;
    const list = join(folder, 'blobs/plinth/revocations');
    renameSync(list, `${list}-elsewhere`);
    expect(await run('restore', '--apply-list')).toMatchObject({
      code: 1,
      said: expect.stringContaining('There is no list of erasures and revocations'),
    });
    renameSync(`${list}-elsewhere`, list);
    expect(await run('restore', '--apply-list')).toMatchObject({
      code: 0,
      said: expect.stringContaining('1 entries of the list were applied, 0 of them erasures.'),
    });
    expect(await run('restore', '--apply-list')).toMatchObject({
      code: 0,
      said: expect.stringContaining('0 entries of the list were applied'),
    });
    expect(await run('usage', 'verify')).toMatchObject({ code: 0, said: 'The sums equal the rows.\n' });
    expect(await run('stripe', 'reconcile', '--all')).toMatchObject({ code: 0 });

    const again = plinth('start');
    const restored = clientOf(await again.url(), owner['api_key'] ?? '');
    expect((await restored.call('POST /v1/licenses/heartbeat', { body: seat })).status).toBe(200);
    const open = `select 1 from limits.permits where state in ('queued', 'running')`;
    await expect
      .poll(async () => (await asAdmin(database.href, [open]))[0], { timeout: TIMEOUT })
      .toEqual([]);
    await expectLedger(database.href, sandbox.bill());
    // What was answered before the instant is answered again, and costs nothing.
    const billed = sandbox.bill().length;
    for (const key of before.slice(-SOME)) expect(await restored.chat({ key })).toBe('answered');
    expect(sandbox.bill()).toHaveLength(billed);
    // Read of the store, before it sends anything once more.
    const bought = async () => (await restored.call('GET /v1/billing/subscriptions')).body['data'];
    await expect.poll(bought, { timeout: TIMEOUT }).toMatchObject([{ plan: 'reel.basic' }]);
    for (let time = 0; time < 2; time += 1) expect(await store.tellAgain(restored)).toBe(sold);
    const byKey = clientOf(await again.url(), String(doomed.body['key']));
    expect((await byKey.call('GET /v1/usage')).status).toBe(401);
    const token = { body: { refresh_token: session['refresh_token'] } };
    expect((await restored.call('POST /v1/auth/refresh', token)).status).toBe(401);
    again.kill('SIGTERM');
    expect(await again.ended).toEqual({ code: 0, signal: null });
    expect(await run('usage', 'verify')).toMatchObject({ code: 0 });
  });
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
