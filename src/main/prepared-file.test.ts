import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allMigrations } from '#app';
import { migrationFiles } from '#platform/db';

test('the name of the prepared database tells of every migration', () => {
  const files = migrationFiles(join(import.meta.dirname, '..')).map((path) => path.replaceAll('\\', '/'));
  const ids = files.map((path) => path.replace(/^.*?\/(.*)\/migrations\/(.*)\.up\.sql$/, '$1/$2'));
  expect(ids.sort()).toEqual(
    allMigrations()
      .map(({ id }) => id)
      .sort(),
  );
});
