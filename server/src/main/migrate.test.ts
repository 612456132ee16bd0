import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { QUICK, temporaryFolder } from '@plinth/testkit/services';
import { withTables } from './migrate.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/plinth.js');

test('migrate status says what migrate up would apply, and applies nothing', async () => {
  const env = { PATH: process.env['PATH'], DATA_DIR: temporaryFolder() };
  const run = async (way: string) =>
    (
      await promisify(execFile)(process.execPath, [...QUICK, PROGRAM, 'migrate', way], {
        env,
        cwd: env.DATA_DIR,
      })
    ).stdout;
  await run('up');
  expect(await run('down')).toMatch(/^(undone {2}[\w/]+\/functions\n)+undone {2}\w+\/\d{4}_\w+\n$/);
  const pending = await run('status');
  expect(pending).toMatch(/^pending {2}\w+\/\d{4}_\w+\n(pending {2}[\w/]+\/functions\n)+$/);
  await expect(withTables(readConfig(env), async () => 'work')).rejects.toThrow(
    /^\d+ migrations are not applied/,
  );
  expect(await run('up')).toBe(pending.replaceAll('pending', 'applied'));
  expect(await run('status')).toBe('The database is up to date.\n');
});
