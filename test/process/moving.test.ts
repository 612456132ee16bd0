import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { type Client, clientOf, type Reply } from './client.ts';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 240_000;

afterEach(endAll);
afterAll(endAll);

const folder = temporaryFolder();
const dataDir = join(folder, 'data');

/** The program on this file's one data folder; on the embedded database there, where nothing else is set. */
function plinth(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Program {
  return startProgram(words, {
    cwd: folder,
    environment: { DATA_DIR: './data', PORT: '0', LOG_LEVEL: 'silent', ...environment },
  });
}

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
}

/** Runs a verb to its end; answers its code and its words. */
async function run(words: readonly string[], environment?: Readonly<Record<string, string>>) {
  const program = plinth(words, environment);
  const { code, signal } = await program.ended;
  return { code, signal, said: program.said() };
}

interface Owner {
  readonly email: string;
  readonly password: string;
  readonly api_key: string;
}

function ownerIn(file: string): Owner {
  return JSON.parse(readFileSync(join(dataDir, file), 'utf8')) as Owner;
}

/** A program that is ready, and its owner's file as it says. */
async function openOwned(program: Program): Promise<{ client: Client; file: string; owner: Owner }> {
  const url = await program.url();
  const [, file = ''] = await program.says(/require\('\.\/data\/([^']+)'\)\.api_key/);
  const owner = ownerIn(file);
  return { client: clientOf(url, owner.api_key), file, owner };
}

const ownerFiles = () => readdirSync(dataDir).filter((name) => name.startsWith('owner'));

/** Each test goes on with the folder that the one before left. */
describe.runIf(engine === 'postgres')('from the embedded database to PostgreSQL', () => {
  test('another database in the same folder has an owner’s file of its own, and the first owner finds theirs again', {
    timeout: TIMEOUT,
  }, async () => {
    const first = plinth(['start']);
    const here = await openOwned(first);
    expect(here.file).toBe('owner.json');
    await here.client.create('done');
    await stop(first);

    const { url } = await testDatabase({ empty: true });
    const other = plinth(['start'], { DATABASE_URL: url });
    const there = await openOwned(other);
    expect(there.file).toMatch(/^owner-[\da-f-]{36}\.json$/);
    expect((await there.client.call('GET /v1/usage')).status).toBe(200);
    await stop(other);

    const again = plinth(['start']);
    const back = await openOwned(again);
    expect(back).toMatchObject({ file: 'owner.json', owner: here.owner });
    expect((await back.client.call('GET /v1/usage')).status).toBe(200);
    expect((await clientOf(await again.url(), there.owner.api_key).call('GET /v1/usage')).status).toBe(401);
    await stop(again);

    // Its rows have an owner, who would lose them.
    const refused = await run(['move', '--to', url]);
    expect(refused).toMatchObject({
      code: 1,
      said: expect.stringContaining('is not empty: it has rows in '),
    });
    expect(refused.said).not.toContain('    at ');
  });

  test('a move that is killed before and after each of its commits ends with everything there once, and everybody goes on', {
    timeout: TIMEOUT,
  }, async () => {
    const { db, url } = await testDatabase({ empty: true });
    const serving = plinth(['serve']);
    const { client, owner } = await openOwned(serving);
    const before = await client.create('done');
    const waiting = await client.ask('waiting');
    const login = { email: owner.email, password: owner.password };
    const { body: session } = await client.call('POST /v1/auth/login', { body: login });
    const inTheWay = await run(['move', '--to', url]);
    expect(inTheWay).toMatchObject({
      code: 1,
      said: expect.stringContaining(`is in use by another Plinth (process ${serving.pid}). Stop it`),
    });
    serving.kill('SIGKILL');
    await serving.ended;

    const users = statement('select 1 from identity.users');
    const moveAndCrashAt = async (point: string) => {
      expect(await run(['move', '--to', url], { CRASH_AT: point })).toMatchObject({ signal: 'SIGKILL' });
      return (await db.system('db.installation', [users]))[0].length;
    };
    expect(await moveAndCrashAt('db.moved:before'), 'everything or nothing').toBe(0);
    expect(await moveAndCrashAt('db.moved:after')).toBe(1);
    expect(await moveAndCrashAt('db.left:after')).toBe(1);
    expect(await run(['move', '--to', url])).toMatchObject({
      code: 0,
      said: expect.stringContaining('moved before'),
    });

    const left = await run(['start']);
    expect(left).toMatchObject({ code: 1, said: expect.stringContaining('was moved to 127.0.0.1:') });
    expect(left.said).toContain('Set DATABASE_URL to go on there.');
    const next = plinth(['start'], { DATABASE_URL: url });
    const there = await openOwned(next);
    expect(there).toMatchObject({ file: 'owner.json', owner });
    expect(await there.client.create('done'), 'the same key, the same answer').toEqual(before);
    expect(await there.client.read(waiting)).toMatchObject({ status: 'completed' });
    await expectSessionLives(await next.url(), session, login);
    expect(await run(['usage', 'verify'], { DATABASE_URL: url })).toMatchObject({ code: 0 });
    expect(await run(['keys', 'list'], { DATABASE_URL: url })).toMatchObject({ code: 0 });
    await stop(next);
    expect(await run(['move', '--to', url]), 'data in use there is left alone').toMatchObject({
      code: 0,
      said: expect.stringContaining('has been in use since, and was left alone'),
    });
  });

  test('a database that was left is opened again on demand, and moves anew, killed while it makes tables and while it copies; a fault is said in a sentence', {
    timeout: TIMEOUT,
  }, async () => {
    const { db, url } = await testDatabase({ empty: true });
    expect(await run(['move'])).toMatchObject({
      code: 2,
      said: expect.stringContaining('Usage: plinth move'),
    });
    const away = await run(['move', '--to', 'postgres://own:marker@127.0.0.1:1/none']);
    expect(away).toMatchObject({
      code: 1,
      said: expect.stringContaining('Nothing answers at the address of --to'),
    });
    expect(away.said).not.toMatch(/marker| {4}at /);
    expect(await run(['move', '--to', url], { DATA_DIR: './none' })).toMatchObject({
      code: 1,
      said: expect.stringContaining('There is no embedded database in'),
    });

    expect(await run(['move', '--reopen'])).toMatchObject({ code: 0 });
    const again = plinth(['start']);
    const { client } = await openOwned(again);
    expect((await client.call('GET /v1/usage')).status).toBe(200);
    await stop(again);
    const steps = statement<{ steps: number }>('select count(*)::int as steps from plinth_migrations');
    const stepsDone = () =>
      db.asMigrator(steps).then(
        ([row]) => row?.steps ?? 0,
        () => 0,
      );
    for (const least of [1, 25, 50, 75]) {
      const killed = plinth(['move', '--to', url]);
      await expect.poll(stepsDone, { timeout: TIMEOUT, interval: 5 }).toBeGreaterThanOrEqual(least);
      killed.kill('SIGKILL');
      await killed.ended;
    }
    for (const words of [/moving everything/, /accounts\.accounts/]) {
      const killed = plinth(['move', '--to', url]);
      await killed.says(words);
      killed.kill('SIGKILL');
      await killed.ended;
    }
    // Its last words may have been read when all of it was through.
    const moved = await run(['move'], { DATABASE_URL: url });
    expect(moved).toMatchObject({
      code: 0,
      said: expect.stringMatching(
        /moved( before)?: \d+ tables, \d+ rows.*\n {2}ledger, calls posted: 2, \d+ micros/s,
      ),
    });
    expect(moved.said).toContain('./data/master-keys');
    expect(ownerFiles()).toHaveLength(2);
  });
});

/** Signed-in users stay signed in, may refresh, and may sign in with their password. */
async function expectSessionLives(url: string, session: Reply['body'], login: unknown): Promise<void> {
  const signedIn = clientOf(url, String(session['access_token']));
  expect((await signedIn.call('GET /v1/usage')).status).toBe(200);
  const body = { refresh_token: session['refresh_token'] };
  expect((await signedIn.call('POST /v1/auth/refresh', { body })).status).toBe(200);
  expect((await signedIn.call('POST /v1/auth/login', { body: login })).status).toBe(200);
}
