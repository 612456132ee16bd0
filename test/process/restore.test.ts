import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 240_000;
afterEach(endAll);
afterAll(endAll);

const folder = temporaryFolder();
const plinth = (
  data: string,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Program =>
  startProgram(words, {
    cwd: folder,
    environment: { DATA_DIR: join(folder, data), PORT: '0', LOG_LEVEL: 'silent', ...more },
  });

async function run(data: string, words: readonly string[], more?: Readonly<Record<string, string>>) {
  const program = plinth(data, words, more);
  return { ...(await program.ended), said: program.said() };
}

const RESTORE = ['restore', 'a.tar.gz', '--without-list'];
const RESTORED = { code: 0, said: expect.stringMatching(/^restored: \d+ files, as of /) };
const names = (data: string) => readdirSync(join(folder, data)).toSorted();

/** A new data folder with the master keys alone. */
function newFolder(data: string): string {
  mkdirSync(join(folder, data), { mode: 0o700 });
  copyFileSync(join(folder, 'data/master-keys'), join(folder, data, 'master-keys'));
  return data;
}

beforeAll(async () => {
  const server = plinth('data', ['start']);
  await server.url();
  server.kill('SIGTERM');
  await server.ended;
  // As an operator puts it there by hand; the files of accounts lie two folders deep.
  const blob = join(folder, 'data/blobs/0a/1b');
  mkdirSync(blob, { recursive: true });
  writeFileSync(join(blob, '01939c2e-8f4b-7c3a-9d21-5b6c7d8e1b0a'), 'a file');
  expect(await run('data', ['backup', 'a.tar.gz']), 'without a server').toMatchObject({ code: 0 });
}, TIMEOUT);

test('a restore that is killed anywhere leaves nothing that a server starts on, and the next one begins anew', {
  timeout: TIMEOUT,
}, async () => {
  const data = newFolder('killed');
  const unpacking = plinth(data, RESTORE);
  await vi.waitUntil(() => existsSync(join(folder, data, 'restore.unfinished/database/base')), {
    timeout: TIMEOUT,
    interval: 2,
  });
  unpacking.kill('SIGKILL');
  expect(await unpacking.ended).toMatchObject({ signal: 'SIGKILL' });
  const start = await run(data, ['start']);
  expect(start).toMatchObject({ code: 1, said: expect.stringContaining('Run "plinth restore" again') });
  const ended = { CRASH_AT: 'backup.restored:after' };
  expect(await run(data, RESTORE, ended)).toMatchObject({ signal: 'SIGKILL' });
  expect(await run(data, RESTORE)).toMatchObject(RESTORED);
  expect(names(data)).toEqual(['blobs', 'database', 'master-keys', 'settings.json']);

  // As it is when the last moves are done, and some of them are not.
  mkdirSync(join(folder, data, 'restore.unfinished/blobs'), { recursive: true });
  rmSync(join(folder, data, 'database/PG_VERSION'));
  expect(await run(data, RESTORE)).toMatchObject(RESTORED);
  expect(names(data)).toEqual(['blobs', 'database', 'master-keys', 'settings.json']);
  expect(readdirSync(join(folder, data, 'blobs/0a/1b'))).toHaveLength(1);
  expect(await run(data, ['migrate', 'status'])).toMatchObject({
    code: 0,
    said: 'The database is up to date.\n',
  });
});

test('a backup that is killed leaves nothing behind, of the server or of the one who asks', {
  timeout: TIMEOUT,
}, async () => {
  const server = plinth('data', ['start']);
  await server.url();
  const asking = plinth('data', ['backup', 'b.tar.gz']);
  const copy = join(folder, 'data/backup.unfinished/database');
  await vi.waitUntil(() => existsSync(copy), { timeout: TIMEOUT, interval: 2 });
  const second = await run('data', ['backup', 'c.tar.gz']);
  expect([0, 1]).toContain(second.code);
  server.kill('SIGKILL');
  await server.ended;
  await asking.ended;
  const next = plinth('data', ['start']);
  await next.url();
  expect(names('data')).not.toContain('backup.unfinished');
  const killed = plinth('data', ['backup', 'd.tar.gz']);
  await vi.waitUntil(() => existsSync(join(folder, 'd.tar.gz.unfinished')), {
    timeout: TIMEOUT,
    interval: 2,
  });
  killed.kill('SIGKILL');
  await killed.ended;
  await vi.waitUntil(() => !names('data').includes('backup.unfinished'), { timeout: TIMEOUT });
  expect(await run('data', ['backup', 'd.tar.gz'])).toMatchObject({ code: 0 });
  expect(readdirSync(folder).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
  next.kill('SIGTERM');
  expect(await next.ended).toEqual({ code: 0, signal: null });
});

test('what cannot be restored is said in a sentence, and changes nothing', { timeout: TIMEOUT }, async () => {
  expect(await run('data', RESTORE)).toMatchObject({
    code: 1,
    said: expect.stringContaining('is not empty: it holds app-store-sandbox.json, '),
  });
  const data = newFolder('refused');
  const cut = join(folder, 'cut.tar.gz');
  copyFileSync(join(folder, 'a.tar.gz'), cut);
  truncateSync(cut, 5_000_000);
  expect(await run(data, ['restore', 'cut.tar.gz', '--without-list'])).toMatchObject({
    code: 1,
    said: expect.stringContaining('This file is not a whole backup'),
  });
  expect(await run(data, ['restore', 'a.tar.gz'])).toMatchObject({
    code: 1,
    said: expect.stringContaining('There is no list of erasures and revocations'),
  });
  rmSync(join(folder, data, 'master-keys'));
  expect(await run(data, RESTORE)).toMatchObject({ code: 1, said: expect.stringContaining('master keys') });
  const other = { MASTER_KEYS: `other:${'A'.repeat(42)}E=` };
  expect(await run(data, RESTORE, other)).toMatchObject({
    code: 1,
    said: expect.stringContaining('is not set here'),
  });
  expect(names(data)).toEqual([]);
});
