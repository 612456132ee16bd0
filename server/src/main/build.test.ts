import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { buildConnector, Pool } from 'undici';
import { partOfUndici } from './build.ts';

/** Names of all that an object can do, its own and what it has from others. */
const methodsOf = (one: object): string[] => {
  const above: unknown = Object.getPrototypeOf(one);
  const own = Object.getOwnPropertyNames(one);
  return [...new Set([...own, ...(above instanceof Object ? methodsOf(above) : [])])].toSorted();
};

test('a pool of the built program can do all that one of the package can', async () => {
  const folder = temporaryFolder();
  const entry = 'virtual entry';
  const build = await rolldown({
    input: entry,
    platform: 'node',
    plugins: [
      {
        name: entry,
        resolveId: { filter: { id: /^virtual entry$/ }, handler: () => '\0entry' },
        load: { filter: { id: /^\0entry$/ }, handler: () => `export * from 'undici';` },
      },
      partOfUndici,
    ],
  });
  const { output } = await build.write({ dir: folder, format: 'esm' });
  const built = (await import(pathToFileURL(join(folder, output[0].fileName)).href)) as Record<
    string,
    typeof Pool
  >;
  expect(Object.keys(built).toSorted()).toEqual([Pool, buildConnector].map(({ name }) => name).toSorted());
  const { Pool: BuiltPool } = built;
  expect(BuiltPool && methodsOf(BuiltPool.prototype)).toEqual(methodsOf(Pool.prototype));
});
