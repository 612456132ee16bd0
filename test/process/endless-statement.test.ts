import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openStore } from '#platform/db';
import { temporaryFolder } from '@plinth/testkit/services';
import { clientOf } from './client.ts';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 180_000;
const SOON = { timeout: 60_000, interval: 200 };
afterAll(endAll);

/** To insert an organization of this name does not end. */
const ENDLESS = `create function public.endless() returns trigger language plpgsql as $$ begin loop end loop; end $$;
  create trigger endless before insert on accounts.accounts for each row when (new.name = 'Endless') execute function public.endless()`;

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
}

interface Owner {
  readonly email: string;
  readonly password: string;
}

test('a statement that does not end is 503 on the embedded database, which is ready again; a server that it holds up stops when told to', {
  timeout: TIMEOUT,
}, async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'data');
  const start = () =>
    startProgram(['start'], {
      cwd: folder,
      environment: { DATA_DIR: dataDir, PORT: '0', SHUTDOWN_GRACE_SECONDS: '1' },
    });
  const first = start();
  await first.url();
  await stop(first);
  const store = await openStore({
    database: { engine: 'pglite', dataDir: join(dataDir, 'database') },
    dataDir,
  });
  await store.db.script(ENDLESS);
  await store.close();

  const program = start();
  const { email, password } = JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8')) as Owner;
  const url = await program.url();
  const signedIn = await clientOf(url, '').call('POST /v1/auth/login', { body: { email, password } });
  const { call } = clientOf(url, String(signedIn.body['access_token']));
  const addOrganization = (name: string) =>
    call('POST /v1/organizations', { body: { name }, headers: { 'idempotency-key': name } });
  const readiness = async () => (await call('GET /readyz')).status;

  expect(await addOrganization('Kept')).toMatchObject({ status: 201 });
  const failed = addOrganization('Endless');
  await expect.poll(readiness, SOON).toBe(503);
  const { status, headers, body: refusal } = await failed;
  expect({ status, refusal }).toMatchObject({ status: 503, refusal: { error: { code: 'unavailable' } } });
  expect(headers.get('retry-after')).toBe('2');
  await expect.poll(readiness, SOON).toBe(200);
  const { body } = await call('GET /v1/organizations');
  expect(JSON.stringify(body)).toContain('"Kept"');
  expect(JSON.stringify(body)).not.toContain('"Endless"');
  expect(program.said()).toMatch(/did not end in time.*no answer within 14000 ms/);

  const again = addOrganization('Endless').catch(() => undefined);
  await expect.poll(readiness, SOON).toBe(503);
  await stop(program);
  await again;
});
