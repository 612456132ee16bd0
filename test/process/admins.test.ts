import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { clientOf } from './client.ts';
import { endAll, startProgram } from '@plinth/testkit/program';

afterAll(endAll);

const EMAIL = 'ada@example.com';
const PASSWORD = 'Difference-Engine-1822';

const database: Record<string, string> =
  engine === 'postgres'
    ? { SINGLE_DATABASE_LOGIN: 'true', ...(await testDatabase()).settings }
    : { EMBEDDED_DATABASE: 'true' };

test('in production a start makes nobody; an operator invites the first admin by a link that works once', async () => {
  const folder = temporaryFolder();
  const environment = {
    NODE_ENV: 'production',
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'debug',
    EMBEDDED_MASTER_KEY: 'true',
    SANDBOX_AI: 'true',
    MAIL_TRANSPORT: 'outbox',
    PUBLIC_URL: 'https://api.example.com',
    ...database,
  };
  const run = async (...words: string[]) => {
    const program = startProgram(['admin', ...words], { cwd: folder, environment });
    const { code } = await program.ended;
    return [code, program.said()] as const;
  };
  const inviteAdmin = async () => {
    const [code, said] = await run('invite', EMAIL);
    expect(code).toBe(0);
    const [, token = ''] =
      /^ {2}https:\/\/api\.example\.com\/v1\/auth\/accept-admin#(\S+)$/m.exec(said) ?? [];
    return token;
  };

  const old = await inviteAdmin();
  const token = await inviteAdmin();
  expect(await run('list')).toEqual([
    0,
    expect.stringMatching(/^invited {2}ada@example\.com {2}until .* UTC\n$/),
  ]);

  const program = startProgram(['start'], { cwd: folder, environment });
  const url = await program.url();
  expect(existsSync(join(folder, 'owner.json'))).toBe(false);
  expect(program.said()).not.toContain('owner.json');
  const call = (as: string, what: string, body?: object) => clientOf(url, as).call(what, { body });
  const accept = async (given: string, password = PASSWORD) =>
    (await call('', 'POST /v1/auth/accept-admin', { token: given, password })).status;
  expect((await fetch(`${url}/v1/auth/accept-admin`)).headers.get('content-type')).toContain('text/html');
  expect(await accept(old), 'a newer one ends it').toBe(400);
  expect(await accept(token, 'weak'), 'which does not use it up').toBe(400);
  expect((await Promise.all([accept(token), accept(token)])).toSorted()).toEqual([200, 400]);

  const { body } = await call('', 'POST /v1/auth/login', { email: EMAIL, password: PASSWORD });
  const access = String(body['access_token']);
  const roleNow = async () => (await call(access, 'GET /v1/me')).body['role'];
  expect(await roleNow()).toBe('admin');
  expect((await call(access, 'GET /v1/admin/audit')).status).toBe(200);

  const revoked = [0, expect.stringContaining(`${EMAIL} is no platform admin any more`)];
  if (engine === 'postgres') {
    expect(await run('list')).toEqual([0, `admin    ${EMAIL}\n`]);
    expect(await run('revoke', EMAIL)).toEqual(revoked);
    await expect.poll(roleNow, { timeout: 120_000 }).toBe('user');
  } else
    expect(await run('list')).toEqual([
      1,
      expect.stringMatching(/^The embedded database .* Stop that one, /),
    ]);
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  for (const secret of [old, token]) expect(program.said()).not.toContain(secret);
  if (engine === 'pglite') expect(await run('revoke', EMAIL)).toEqual(revoked);
  expect(await run('revoke', EMAIL)).toEqual([0, `${EMAIL} is no platform admin, and not invited.\n`]);
  expect(await run('list')).toEqual([0, expect.stringContaining('plinth admin invite you@example.com')]);
  const wrong = [['invite'], ['invite', 'ada'], ['make', EMAIL]];
  for (const said of await Promise.all(wrong.map((words) => run(...words))))
    expect(said).toEqual([2, expect.stringContaining('Usage: plinth admin')]);
});
