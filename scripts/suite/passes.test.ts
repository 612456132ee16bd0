import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../testkit/house/source.ts';
import { EMBEDDED } from './engines.ts';
import { reachesService, testFiles } from './groups.ts';
import { planPasses, quickPlan } from './passes.ts';

const passes = async () => (await planPasses({}, { thorough: false })).passes;

test('a file that uses no database and starts no program runs on one engine, in any folder', async () => {
  const reader = 'server/src/platform/base/db/away.test.ts';
  expect(EMBEDDED.some((start) => reader.startsWith(start))).toBe(true);
  const [, ...others] = await passes();
  const repeated = others.flatMap(({ files }) => files);
  expect(repeated).not.toContain(reader);
  expect(repeated.filter((file) => !reachesService(file))).toEqual([]);
  expect(repeated).toEqual(expect.arrayContaining(['server/src/main.test.ts', 'test/crash/crash.test.ts']));
});

test('the quick plan names files that there are', () => {
  const all = testFiles().flatMap(({ files }) => files);
  const [pass] = quickPlan().passes;
  expect(pass?.files.filter((file) => !all.includes(file))).toEqual([]);
});

test('what the first engine is spared runs on another', async () => {
  const [first, ...others] = await passes();
  const elsewhere = others.flatMap(({ files }) => files);
  expect(first?.without?.length).toBeGreaterThan(0);
  expect(first?.without?.filter((file) => !elsewhere.includes(file))).toEqual([]);
});

test.each([
  { condition: /\.runIf\(engine === 'pglite'\)/, title: 'PGlite' },
  { condition: /\.runIf\(pooler !== undefined\)/, title: 'PgBouncer' },
])('a test that asks for $title runs in that pass', async ({ condition, title }) => {
  const asking = testFiles()
    .flatMap(({ files }) => files)
    .filter((file) => condition.test(readFileSync(join(ROOT, file), 'utf8')));
  const run = (await passes()).find((pass) => pass.title === title)?.files;
  expect(asking.length).toBeGreaterThan(0);
  expect(asking.filter((file) => run?.includes(file) !== true)).toEqual([]);
});
