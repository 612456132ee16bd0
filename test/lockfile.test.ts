import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from '@plinth/testkit/house/source';

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

const { packages } = Lockfile.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
const installed = Object.entries(packages).filter(([path]) => path !== '');
/** All but our own workspaces, and the links to them. */
const fetched = installed.filter(([path, { link }]) => path.includes('node_modules/') && link !== true);

/**
 * npm drops other platforms' packages when it adds one to an installed tree (npm/cli#4828), and `npm ci` then fails.
 * Make the file anew in an empty folder: package.json and .npmrc, then `npm install --package-lock-only`.
 */
test('the lockfile holds the packages of every platform', () => {
  const names = new Set(installed.map(([path]) => path.split('node_modules/').at(-1)));
  const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  expect(optional.filter((name) => !names.has(name))).toEqual([]);
});

test('every package of the lockfile is pinned by its content and by no host', () => {
  expect(
    fetched.filter(([, entry]) => entry.integrity === undefined || entry.resolved !== undefined),
  ).toEqual([]);
});
