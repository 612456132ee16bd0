import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openApp } from '#app';
import { readConfig } from '#platform/config';
import { openStore, statement } from '#platform/db';
import { createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile } from '@plinth/testkit/closing';
import { temporaryFolder } from '@plinth/testkit/services';
import { type Client, clientOf } from './client.ts';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 300_000;
const CUSTOMERS = 4;
afterAll(endAll);

const folder = temporaryFolder();
const sandbox = await createOpenAISandbox({ latencyMs: 50 });
atEndOfFile(() => sandbox.close());
const settings = (data: string) => ({
  DATA_DIR: join(folder, data),
  PORT: '0',
  LOG_LEVEL: 'silent',
  AI_UPSTREAMS: JSON.stringify([
    {
      name: 'sandbox',
      base_url: sandbox.url,
      api_key: sandbox.apiKey,
      models: ['sandbox-small', 'sandbox-large'],
    },
  ]),
});

const plinth = (data: string, ...words: string[]): Program =>
  startProgram(words, { cwd: folder, environment: settings(data) });

async function run(data: string, ...words: string[]) {
  const program = plinth(data, ...words);
  return { ...(await program.ended), said: program.said() };
}

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
}

/** A new data folder with what an operator keeps beside a backup. */
function folderWithKeys(data: string): string {
  mkdirSync(join(folder, data), { mode: 0o700 });
  for (const name of ['master-keys', 'owner.json'])
    copyFileSync(join(folder, 'data', name), join(folder, data, name));
  return join(folder, data);
}

interface Login {
  readonly email: string;
  readonly password: string;
}
const owner = () =>
  JSON.parse(readFileSync(join(folder, 'data/owner.json'), 'utf8')) as Login & { readonly api_key: string };

async function signIn(
  url: string,
  { email, password }: Login,
): Promise<{ client: Client; refresh: unknown }> {
  const { body } = await clientOf(url, '').call('POST /v1/auth/login', { body: { email, password } });
  return { client: clientOf(url, String(body['access_token'])), refresh: body['refresh_token'] };
}

/** Asks for chats and now and then a post, of which a plan has fewer, until it is told to stop; answers which posts were answered. */
function storm(client: Client, name: string) {
  const answered: { readonly key: string; readonly id: string }[] = [];
  let calls = 0;
  const over = new AbortController();
  const ended = (async () => {
    for (; !over.signal.aborted; calls += 1) {
      const key = `${name}-${calls}`;
      if (calls % 20 === 0) answered.push({ key, id: (await client.create(key)).id });
      expect(await client.chat({ key: `chat-${key}`, stream: calls % 2 === 0 })).toBe('answered');
    }
  })();
  return {
    answered,
    calls: () => calls,
    async stop() {
      over.abort();
      await ended;
    },
  };
}

async function upload(client: Client, text: string): Promise<string> {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const asked = { name: 'brief.md', type: 'text/markdown', bytes: bytes.length, sha256 };
  const { body } = await client.call('POST /v1/documents/presign', { body: asked });
  const { document, upload: to } = body as {
    readonly document: { readonly id: string };
    readonly upload: {
      readonly method: string;
      readonly url: string;
      readonly headers: Record<string, string>;
    };
  };
  expect((await fetch(to.url, { method: to.method, headers: to.headers, body: bytes })).status).toBe(204);
  expect((await client.call(`POST /v1/documents/${document.id}/complete`)).status).toBe(202);
  return document.id;
}

const ADA = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };

const FILE = 'storm.tar.gz';

/** Has customers call while a backup is taken; answers of which instant it is, and what posts were answered before. */
async function backUpInStorm(client: Client) {
  const customers = Array.from({ length: CUSTOMERS }, (_, place) => storm(client, `c${place}`));
  const callsPast = async (count: number) =>
    expect
      .poll(() => Math.min(...customers.map(({ calls }) => calls())), { timeout: TIMEOUT })
      .toBeGreaterThan(count);
  await callsPast(20);
  const before = customers.flatMap(({ answered }) => answered);
  const taken = await run('data', 'backup', FILE);
  expect(taken).toMatchObject({
    code: 0,
    said: expect.stringMatching(/^storm.tar.gz: \d+ bytes.*\nsha256 {2}[\da-f]{64}\n$/),
  });
  expect(statSync(join(folder, FILE)).mode & 0o777).toBe(0o600);
  const again = await run('data', 'backup', FILE);
  expect(again).toMatchObject({ code: 1, said: expect.stringContaining('is there already') });
  await callsPast(Math.max(...customers.map(({ calls }) => calls())));
  await Promise.all(customers.map((customer) => customer.stop()));
  expect(readdirSync(join(folder, 'data'))).not.toContain('backup.unfinished');
  return { before, instant: /as of (\S+)/.exec(taken.said)?.[1] ?? '' };
}

test('a backup in a storm holds the ledger of its instant, and a restore does again what ended access since', {
  timeout: TIMEOUT,
}, async () => {
  const server = plinth('data', 'start');
  const url = await server.url();
  const client = clientOf(url, owner().api_key);
  const session = await signIn(url, owner());
  const doomed = await session.client.call('POST /v1/api-keys', { body: { name: 'doomed', scopes: ['*'] } });
  expect((await client.call('POST /v1/auth/register', { body: ADA })).status).toBe(201);
  const ada = await signIn(url, ADA);
  const { body: me } = await ada.client.call('GET /v1/me');
  const document = await upload(client, 'What the client wants.');

  const { before, instant } = await backUpInStorm(client);
  expect((await session.client.call(`DELETE /v1/api-keys/${String(doomed.body['id'])}`)).status).toBe(200);
  expect((await ada.client.call('DELETE /v1/me', { body: { password: ADA.password } })).status).toBe(200);
  await stop(server);
  await eraseDue();

  folderWithKeys('restored');
  const list = join(folder, 'data/blobs/plinth/revocations');
  expect(await run('restored', 'restore', FILE, '--list', list)).toMatchObject({
    code: 0,
    said: expect.stringContaining('3 entries of the list were applied, 1 of them erasures.'),
  });
  await expectRestored(instant, String(me['id']));
  const again = plinth('restored', 'start');
  const restored = clientOf(await again.url(), owner().api_key);
  for (const { key, id } of before) expect((await restored.create(key)).id).toBe(id);
  const { body: link } = await restored.call(`GET /v1/documents/${document}/download`);
  expect(await (await fetch(String(link['url']))).text()).toBe('What the client wants.');
  const token = { body: { refresh_token: session.refresh } };
  expect((await restored.call('POST /v1/auth/refresh', token)).status).toBe(401);
  const byKey = clientOf(await again.url(), String(doomed.body['key']));
  expect((await byKey.call('GET /v1/usage')).status).toBe(401);
  await stop(again);
  expect(await run('restored', 'usage', 'verify')).toMatchObject({ code: 0 });
});

test('a backup beside a server that starts waits for it, and is taken by it', {
  timeout: TIMEOUT,
}, async () => {
  const server = plinth('starting', 'serve');
  const lock = join(folder, 'starting', 'lock');
  await expect
    .poll(() => existsSync(lock) && readFileSync(lock, 'utf8'), { timeout: TIMEOUT })
    .toMatch(/^\d+ /);
  const holder = Number.parseInt(readFileSync(lock, 'utf8'), 10);
  process.kill(holder, 'SIGSTOP');
  const taken = plinth('starting', 'backup', 'starting.tar.gz');
  await taken.says(/is not ready\. Waiting/);
  process.kill(holder, 'SIGCONT');
  expect(await taken.ended).toMatchObject({ code: 0 });
  expect(taken.said()).toMatch(/starting\.tar\.gz: \d+ bytes/);
  await stop(server);
});

/** What the provider had billed at the instant is posted to the token, but for the call that each customer had under way; and one person is gone. */
async function expectRestored(instant: string, erased: string): Promise<void> {
  const bill = sandbox.bill().filter(({ at }) => at <= instant);
  const store = await openStore(readConfig(settings('restored')));
  const rows = await store.db.asMigrator(
    statement<{ call: string | null; request: string; tokens: number; is_posted: boolean }>(
      `select provider_request_id as call, request_id as request, (prompt_tokens + completion_tokens)::int as tokens,
         state = 'posted' as is_posted from limits.usage_events`,
    ),
  );
  const people = statement('select 1 from identity.users where user_id = $1', [erased]);
  expect(await store.db.asMigrator(people)).toEqual([]);
  await store.close();
  const posted = rows.filter(({ is_posted }) => is_posted);
  const figures = new Map(bill.map((call) => [call.request_id, call.prompt_tokens + call.completion_tokens]));
  expect(posted.filter(({ call, tokens }) => figures.get(call ?? '') !== tokens)).toEqual([]);
  expect(new Set(posted.map(({ call }) => call)).size).toBe(posted.length);
  const open = bill.filter(({ request_id }) => !posted.some(({ call }) => call === request_id));
  expect(open.length).toBeLessThanOrEqual(CUSTOMERS);
  for (const { client_request_id } of open)
    expect(rows).toContainEqual(expect.objectContaining({ request: client_request_id, is_posted: false }));
}

/** Two weeks after a user has closed their account they are erased; a minute later the list has it. */
async function eraseDue(): Promise<void> {
  const app = await openApp({
    config: readConfig(settings('data')),
    version: 'test',
    serve: false,
    work: false,
    migrate: false,
    onLost: (reason) => {
      throw new Error(reason);
    },
  });
  const { db, erasure, services } = app.modules;
  await db.asMigrator(
    statement(
      `update identity.users set closed_at = closed_at - interval '15 days' where closed_at is not null`,
    ),
  );
  expect(await erasure.eraser.run()).toBe(1);
  await services.backup.recorder.record();
  await app.stop();
}
