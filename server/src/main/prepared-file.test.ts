import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allMigrations } from '#app';
import { migrationFiles } from '#platform/db';

test('the name of the prepared database tells of every migration, and of all functions and rights', () => {
  const files = migrationFiles(join(import.meta.dirname, '../../..')).map((path) =>
    path.replaceAll('\\', '/'),
  );
  const ids = files.map((path) =>
    path
      .replace(/^(?:.*\/)?([^/]+)\/migrations\/(.*)\.up\.sql$/, '$1/$2')
      .replace(/^(?:.*\/)?([^/]+\/functions)\/.*$/, '$1'),
  );
  expect([...new Set(ids)].sort()).toEqual(
    allMigrations()
      .map(({ id }) => id)
      .sort(),
  );
  const ends = files.flatMap((path) => /[^/]+\/functions\/.*$/.exec(path) ?? []);
  expect(ends).toEqual(
    expect.arrayContaining([
      'limits/functions/batches.sql',
      'limits/functions/rights.sql',
      'limits/functions/version.json',
    ]),
  );
});
