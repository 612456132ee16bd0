import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import { type Reply, testApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { developerIn, publish } from './fixture.ts';
import { manifestOf, outcomeOf, pluginDeveloper } from './plugin-developer.ts';

const commits: string[] = [];
const crashHook = (point: string, phase: string) => void (phase === 'after' && commits.push(point));
/** Without Redis, and without jobs, whose commits are no call's. */
const app = await testApp({ crashHook, work: false });
const install = (key: string, id: string): Promise<Reply> =>
  app.call(key, `POST /v1/plugins/${id}/install`, { body: { plugin_id: id } });

test('a free install makes at most two commits without Redis: its rates and itself; again it is none', async () => {
  const developer = await developerIn(app);
  for (const id of ['one', 'two']) await publish(app, { id, developer });
  const who = await app.customer('adiuva.power');
  await forgetRates(app);
  // The first call of a key in an hour makes the rows of its rates, and notes that the key is used.
  expect(outcomeOf(await install(who.key, 'one'))).toBe('200');
  for (const made of [['adiuva.plugin-installed'], []]) {
    commits.length = 0;
    expect(outcomeOf(await install(who.key, 'two'))).toBe('200');
    expect(commits.filter((point) => point !== 'rates.taken')).toEqual(made);
    expect(commits.length).toBeLessThanOrEqual(2);
  }
});

test('the packages of a developer have 1 GB together: one past that is refused, and deleted ones do not count', async () => {
  const developer = await pluginDeveloper(app);
  const first = manifestOf({ id: 'heavy', name: 'Heavy', author: 'Atlas' });
  expect(outcomeOf(await developer.submit(first))).toBe('201');
  // 1 GB less 400 kB, as 50 versions that were published.
  await app.db.asMigrator(
    statement(
      `insert into adiuva.plugin_versions (plugin_id, version, id, numbers, developer, state, manifest, permissions, sha256, bytes, public_key, signature, blob_id)
       select 'heavy', '0.0.' || n, gen_random_uuid(), array[0, 0, n], $1, 'approved', '{}', '{}', repeat('a', 64), 19992000, 'key', 'signature',
         gen_random_uuid() from generate_series(1, 50) n`,
      [developer.accountId],
    ),
  );
  const next = (version: string, bytes: number) =>
    developer.submit(manifestOf({ ...first, version }), undefined, { bytes });
  expect(outcomeOf(await next('2.0.0', 400_000))).toBe('409 plugin_storage_full');
  expect(outcomeOf(await next('2.0.0', 390_000))).toBe('201');
  await app.db.asMigrator(
    statement(
      `update adiuva.plugin_versions set blob_id = null, state = 'removed' where version = '0.0.1' and plugin_id = 'heavy'`,
    ),
  );
  expect(outcomeOf(await next('2.1.0', 400_000))).toBe('201');
});
