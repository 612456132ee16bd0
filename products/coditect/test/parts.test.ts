import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from 'plinth/product';
import { licences } from '@plinth/licences';
import { memory } from '@plinth/memory';
import { expect, test } from 'vitest';
import { coditect } from '../index.ts';

const PRODUCTS = join(import.meta.dirname, '../..');

/** The tables and functions of a part, as SQL names them. */
const objectsOf = ({ dataRules, migrations }: Part): string[] => [
  ...dataRules.map(({ table }) => table),
  ...migrations.flatMap((one) =>
    'parts' in one ? one.parts.map(({ name }) => name.replace(/\(.*/, '')) : [],
  ),
];

/** All that a part runs, in one text. */
const sourcesOf = (folder: string): string =>
  globSync(['**/*.ts', '**/*.sql'], { cwd: join(PRODUCTS, folder), exclude: ['test/**', '**/*.test.ts'] })
    .map((path) => readFileSync(join(PRODUCTS, folder, path), 'utf8'))
    .join('\n');

test.each([
  ['licences', memory],
  ['memory', licences],
] as const)('%s name no table and no function of the other part', (folder, other) => {
  const sources = sourcesOf(folder);
  const objects = objectsOf(other);
  expect(objects.length).toBeGreaterThan(10);
  expect(objects.filter((name) => new RegExp(`${name}\\b(?!')`).test(sources))).toEqual([]);
});

test('each part has a service of its own', () => {
  expect(coditect.parts.map(({ id }) => id)).toEqual(['coditect', 'coditect/licences', 'coditect/memory']);
  expect(new Set(coditect.parts.map(({ service }) => service)).size).toBe(3);
});
