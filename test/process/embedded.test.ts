import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { ROOT } from '@plinth/testkit/house/source';
import { unprivilegedUser } from '@plinth/testkit/services/binaries';
import { type Client, clientOf } from './client.ts';
import { VARIANTS } from '../../products/reel/testing/crashes.ts';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

/** As root these tests hand the program to `nobody`; any other user is an ordinary one already. */
const user = unprivilegedUser();
const folder = mkdtempSync(join(tmpdir(), 'plinth with a space '));
const dataDir = join(folder, 'the data');
// What stands above the data folder is open to all, as a home folder may be.
chmodSync(folder, 0o755);
if (user !== undefined) chownSync(folder, user.uid, user.gid);
// One that failed must not stand in the way of the next.
afterEach(endAll);
afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

/** A checkout that `nobody` may not enter, below /root for example, can't be run by them. */
const program = join(ROOT, 'server/src/main.ts');
const mayEnter =
  spawnSync(process.execPath, ['-e', 'fs.readFileSync(process.argv[1])', program], { ...user, cwd: '/' })
    .status === 0;

/** In a folder whose path has a space, and without HOME. */
function start(environment: Readonly<Record<string, string>> = {}, words = ['start']): Program {
  return startProgram(words, {
    cwd: folder,
    // As people start it: it serves, and its code is worth optimising.
    flags: [],
    user: mayEnter ? user : undefined,
    // That of the checkout is its owner’s alone: each start would compile the program anew, which takes a second of CPU.
    environment: {
      DATA_DIR: './the data',
      PORT: '0',
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      ...environment,
    },
  });
}

/** What the link of `plinth console` comes to at the server that runs. */
async function signInByLink(running: Program): Promise<Response> {
  const printing = start({}, ['console']);
  const [, port, code] = await printing.says(/http:\/\/localhost:(\d+)\/app\/sign-in#code=([0-9A-Z-]+)/);
  expect(await printing.ended).toEqual({ code: 0, signal: null });
  expect(await running.url()).toMatch(new RegExp(`:${port}$`));
  return fetch(`http://127.0.0.1:${port}/v1/auth/sign-in-link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
}

/** Fewer than the 1,100 files of a new database. */
const HALF_WRITTEN = 500;

function filesIn(path: string): number {
  return existsSync(path) ? readdirSync(path, { recursive: true }).length : 0;
}

const files = () => ['.', ...readdirSync(dataDir, { recursive: true }).map(String)];

/** What others may do something with, and how; a file may be gone again. */
function openToOthers(): string[] {
  return files().flatMap((name) => {
    const mode = statSync(join(dataDir, name), { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & 0o077) === 0 ? [] : [`${name} ${(mode & 0o777).toString(8)}`];
  });
}

/** As the files of PGlite were before, and the folders above them. */
function leftByAnOlderVersion(): void {
  for (const name of files()) {
    const path = join(dataDir, name);
    chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o666);
  }
}

/** Another local user, neither root nor `nobody`; only root can become one. */
const OTHER = process.getuid?.() === 0 ? { uid: 65_533, gid: 65_533 } : undefined;

/** What a user gets to read in the data folder, knowing all names. */
function readBy(other: typeof OTHER): string[] {
  if (other === undefined) return [];
  const code = `for (const path of JSON.parse(process.argv[1])) {
    for (const read of [fs.readdirSync, fs.readFileSync, (at) => fs.openSync(at, 'r+')]) try { read(path); console.log(path); } catch {}
  }`;
  const paths = JSON.stringify(
    files()
      .map((name) => join(dataDir, name))
      .slice(0, 1_000),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', code, paths], { ...other, cwd: '/' });
  expect([status, stderr.toString()]).toEqual([0, '']);
  return stdout.toString().split('\n').filter(Boolean);
}

async function clientAt(running: Program): Promise<Client> {
  const url = await running.url();
  const owner = JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8')) as { api_key: string };
  return clientOf(url, owner.api_key);
}

/** Each test goes on in the folder that the one before left. */
test('a first start that is killed while it writes its database leaves a folder that the next one can use', async () => {
  const killed = start();
  await vi.waitFor(() => expect(filesIn(dataDir)).toBeGreaterThan(HALF_WRITTEN), {
    timeout: 60_000,
    interval: 2,
  });
  killed.kill('SIGKILL');
  expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(killed.said()).not.toContain('ready');
  const next = start();
  expect(await (await clientAt(next)).create('after-all')).toMatchObject({ status: 'completed' });
  expect(openToOthers(), 'wider than its owner').toEqual([]);
  next.kill('SIGTERM');
  expect(await next.ended).toEqual({ code: 0, signal: null });
  rmSync(dataDir, { recursive: true });
});

test(`${mayEnter ? 'an ordinary user' : 'the owner of the checkout'} without a HOME, in a folder with a space, has variants`, async () => {
  const running = start();
  const client = await clientAt(running);
  expect(statSync(join(dataDir, 'owner.json')).mode & 0o777).toBe(0o600);
  expect((await client.create('first')).variants).toHaveLength(VARIANTS);
  expect(running.said()).toContain(`require('./the data/owner.json').api_key`);
  expect(readBy(OTHER), 'what another user reads').toEqual([]);
  expect(await signInByLink(running)).toMatchObject({ status: 200 });
  // What it says without a terminal is a log.
  expect(running.said()).toContain('"npm run plinth -- console" prints a link that signs you in.');
  expect(running.said()).not.toContain('#code=');
  running.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
});

test('a second start on a data folder is refused in one line; one that was killed leaves nobody in the way', async () => {
  const first = start();
  const before = await (await clientAt(first)).create('kept');
  const second = start();
  expect(await second.ended).toEqual({ code: 1, signal: null });
  const said = second.said().trim().split('\n');
  expect(said.at(-1)).toBe(
    `The data folder ${dataDir} is in use by another Plinth (process ${first.pid}). Stop it, or set DATA_DIR to another folder.`,
  );
  expect(said, 'the banner and the reason, nothing more').toHaveLength(2);

  first.kill('SIGKILL');
  await first.ended;
  leftByAnOlderVersion();
  const third = start();
  expect(await (await clientAt(third)).create('kept'), 'what was there is there').toEqual(before);
  expect(third.said()).toContain('other users could read the data folder: it is its owner’s alone now');
  expect(openToOthers(), 'wider than its owner').toEqual([]);
  third.kill('SIGTERM');
  expect(await third.ended).toEqual({ code: 0, signal: null });
});

test('a start that is told to stop lets a job and a stream end, and loses nothing of either', async () => {
  const sandbox = await createOpenAISandbox({ perTokenMs: 10 });
  const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
  const environment = {
    AI_UPSTREAMS: JSON.stringify([{ ...upstream, models: ['sandbox-small', 'sandbox-large'] }]),
  };
  const running = start(environment);
  const client = await clientAt(running);
  sandbox.faults.next({ kind: 'latency', ms: 1_500 });
  const path = await client.ask('drained');
  await vi.waitFor(
    async () => {
      expect((await client.call(`GET ${path}`)).body['status']).toBe('running');
    },
    { timeout: 120_000 },
  );
  const stream = client.stream();
  let text = String((await stream.next()).value);
  expect(text).not.toContain('[DONE]');
  running.kill('SIGTERM');
  for await (const chunk of stream) text += chunk;
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  expect(await running.ended).toEqual({ code: 0, signal: null });

  const next = start(environment);
  const again = await clientAt(next);
  expect(await again.read(path)).toMatchObject({ status: 'completed' });
  const { body } = await again.call('GET /v1/usage');
  const events = body['events'] as { provider_request_id: string; status: string; estimated: boolean }[];
  for (const { request_id } of sandbox.bill()) {
    expect(events.find((event) => event.provider_request_id === request_id)).toMatchObject({
      status: 'posted',
      estimated: false,
    });
  }
  expect(sandbox.bill()).toHaveLength(2);
  next.kill('SIGTERM');
  await next.ended;
  await sandbox.close();
});
