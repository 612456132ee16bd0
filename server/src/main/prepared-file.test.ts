import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allMigrations } from '#app';
import { migrationFiles } from '#platform/db';

test('the name of the prepared database tells of every migration, and of all functions and rights', () => {
  const files = migrationFiles(join(import.meta.dirname, '../../..')).map((path) =>
    path.replaceAll('\\', '/'),
  );
  const steps = files.flatMap((path) => /[^/]+(?=\.up\.sql$)/.exec(path) ?? []);
  const sets = new Set(files.flatMap((path) => /[^/]+\/functions(?=\/)/.exec(path) ?? []));
  // Steps of a product lie in the folders of its parts.
  const names = allMigrations().map(({ id }) =>
    id
      .split('/')
      .slice(id.endsWith('/functions') ? -2 : -1)
      .join('/'),
  );
  expect([...steps, ...sets].sort()).toEqual(names.sort());
  const ends = files.flatMap((path) => /[^/]+\/functions\/.*$/.exec(path) ?? []);
  expect(ends).toEqual(
    expect.arrayContaining([
      'limits/functions/batches.sql',
      'limits/functions/rights.sql',
      'limits/functions/version.json',
    ]),
  );
});
