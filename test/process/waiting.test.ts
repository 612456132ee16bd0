import { afterAll, describe, expect, test } from 'vitest';
import { engine, freePort, startCommitCutter, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { lockDataFolder } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { endAll, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 120_000;
afterAll(endAll);

const start = (environment: Readonly<Record<string, string>>, folder = temporaryFolder()) =>
  startProgram(['start'], {
    cwd: folder,
    environment: { DATA_DIR: folder, PORT: '0', ...environment },
  });

describe.runIf(engine === 'postgres')('a start whose database is not there', () => {
  test('says what it waits for, and is ready when it comes', { timeout: TIMEOUT }, async () => {
    const { settings, url } = await testDatabase();
    const cutter = await startCommitCutter(url);
    atEndOfFile(() => cutter.close());
    cutter.refuse();
    const program = start({ ...settings, DATABASE_URL: cutter.url });
    await program.says(/DATABASE_URL.* Waiting for it, 60 s at most \(DATABASE_WAIT_SECONDS\)\./);
    cutter.resume();
    await program.url();
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  test('ends with the reason when its time is over', { timeout: TIMEOUT }, async () => {
    const nobody = `postgres://plinth@127.0.0.1:${await freePort()}/none`;
    const program = start({ DATABASE_URL: nobody, DATABASE_WAIT_SECONDS: '0' });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.said()).toContain(
      'Nothing answers at the address of DATABASE_URL. Is PostgreSQL running?',
    );
    expect(program.said()).not.toContain('Waiting for it');
  });

  test('does not wait for a database that does not exist', { timeout: TIMEOUT }, async () => {
    const { url } = await testDatabase();
    const other = new URL(url);
    other.pathname = '/nowhere';
    const program = start({ DATABASE_URL: other.href });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.said()).toContain('The database in DATABASE_URL does not exist. Create it.');
    expect(program.said()).not.toContain('Waiting for it');
  });
});

test('a start while a backup has the data folder waits for it', { timeout: TIMEOUT }, async () => {
  const folder = temporaryFolder();
  const unlock = lockDataFolder(folder);
  const program = start({}, folder);
  await program.says(/in use by another Plinth .* Waiting for it, 60 s at most/);
  unlock();
  await program.url();
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
});
