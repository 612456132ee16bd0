import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Part } from '#platform/product';
import { products } from '../../server/src/products/index.ts';

/** Coditect itself reads, for operators, what accounts do in all of its parts. */
const READS_ALL = ['coditect'];

/** The tables and functions of a part, as SQL names them. */
const objectsOf = ({ dataRules, migrations }: Part): string[] => [
  ...dataRules.map(({ table }) => table),
  ...migrations.flatMap((one) =>
    'parts' in one ? one.parts.map(({ name }) => name.replace(/\(.*/, '')) : [],
  ),
];

/** All that a part runs, in one text. */
function sourcesOf({ id }: Part): string {
  const cwd = join(import.meta.dirname, '../../products', id.replace(/^.*\//, ''));
  return globSync(['**/*.ts', '**/*.sql'], { cwd, exclude: ['test/**', '**/*.test.ts'] })
    .map((path) => readFileSync(join(cwd, path), 'utf8'))
    .join('\n');
}

describe.each(products.filter(({ parts }) => parts.length > 1))('the parts of $key', ({ parts }) => {
  test.each(parts.filter(({ id }) => !READS_ALL.includes(id)))(
    '$id names no table and no function of another',
    (part) => {
      const sources = sourcesOf(part);
      const objects = parts.filter((other) => other !== part).flatMap(objectsOf);
      expect(objects.length).toBeGreaterThan(0);
      expect(objects.filter((name) => new RegExp(`${name}\\b(?!')`).test(sources))).toEqual([]);
    },
  );

  test('have a service each', () => {
    expect(new Set(parts.map(({ service }) => service)).size).toBe(parts.length);
  });
});
