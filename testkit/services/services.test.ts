import { expect, inject, test } from 'vitest';
import { statement } from '#platform/db';
import { testDatabase } from './index.ts';

const one = await testDatabase();
const other = await testDatabase();

test('each database of a test file is its own, with the schema in place', async () => {
  await one.db.script('create table public.only_here (id int)');
  const tables = statement<{ found: boolean }>(`select to_regclass('public.only_here') is not null as found`);
  expect(await one.db.asMigrator(tables)).toEqual([{ found: true }]);
  expect(await other.db.asMigrator(tables)).toEqual([{ found: false }]);
  const clock = statement<{ found: boolean }>(`select to_regclass('app.clock') is not null as found`);
  expect(await other.db.asMigrator(clock)).toEqual([{ found: true }]);
});

test('an empty database has no schema of ours', async () => {
  const empty = await testDatabase({ empty: true });
  const clock = statement<{ found: boolean }>(`select to_regclass('app.clock') is not null as found`);
  expect(await empty.db.asMigrator(clock)).toEqual([{ found: false }]);
  await empty.close();
});

const services = inject('services');
const isOurs = services.engine === 'postgres' && services.owner === 'plinth';

test.runIf(isOurs)('the login of the tests is no superuser, so that row security binds it', async () => {
  const rows = await one.db.asMigrator(
    statement<{ rolsuper: boolean; rolbypassrls: boolean }>(
      'select rolsuper, rolbypassrls from pg_roles where rolname = current_user',
    ),
  );
  expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);
});
