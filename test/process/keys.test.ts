import { systemRandom } from '#platform/kernel';
import { masterKeyText } from '#platform/config';
import { newMasterKey } from '#platform/secrets';
import { afterAll, expect, test } from 'vitest';
import { engine, temporaryFolder, testDatabase, testLogin } from '@plinth/testkit/services';
import { clientOf, keyOfAdmin } from './client.ts';
import { endAll, startProgram } from '@plinth/testkit/program';

afterAll(endAll);

const keyOf = () => masterKeyText(newMasterKey(systemRandom, 'one'));

const EMAIL = 'ada@example.com';

test.runIf(engine === 'postgres')(
  'a production start does all its work by two logins, and is refused with a tenant login above row security or another master key',
  { timeout: 180_000 },
  async () => {
    const database = await testDatabase();
    const folder = temporaryFolder();
    const tenant = await testLogin(database, 'grant plinth_tenant to $login');
    const system = await testLogin(database, 'grant plinth_system to $login');
    const environment = {
      NODE_ENV: 'production',
      DATA_DIR: folder,
      PORT: '0',
      DATABASE_URL: tenant.url,
      SYSTEM_DATABASE_URL: system.url,
      MASTER_KEYS: keyOf(),
      SANDBOX_AI: 'true',
      MAIL_TRANSPORT: 'outbox',
      PUBLIC_URL: 'http://127.0.0.1:1',
    };
    const start = (more: Readonly<Record<string, string>> = {}) =>
      startProgram(['start'], { cwd: folder, environment: { ...environment, ...more } });

    const program = start();
    const url = await program.url();
    const invite = startProgram(['admin', 'invite', EMAIL], { cwd: folder, environment });
    const [, token] = await invite.says(/accept-admin#(\S+)/);
    const { create } = clientOf(url, await keyOfAdmin(url, { email: EMAIL, token: String(token) }));
    expect((await create('two-logins')).status).toBe('completed');
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });

    const wrong = start({ MASTER_KEYS: keyOf() });
    expect([await wrong.ended, wrong.said().trim().split('\n').slice(1)]).toEqual([
      { code: 1, signal: null },
      [
        expect.stringContaining(
          'The master key "one" is not the one that sealed the secrets of this database.',
        ),
      ],
    ]);
    await tenant.alter('alter role $login bypassrls');
    const unfit = start();
    await unfit.ended;
    await tenant.alter('alter role $login nobypassrls');
    expect([await unfit.ended, unfit.said().trim().split('\n').slice(1)]).toEqual([
      { code: 1, signal: null },
      [
        `The login "${tenant.name}" of DATABASE_URL could pass row security: it has BYPASSRLS. Give tenants' work a login of its own.`,
      ],
    ]);
  },
);
