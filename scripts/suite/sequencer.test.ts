import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../testkit/house/source.ts';
import { testFiles } from './groups.ts';
import { LONG, placeOf } from './sequencer.ts';

const all = testFiles().flatMap(({ group, files }) => files.map((path) => ({ path, group })));

function order(seed: number) {
  return all.toSorted((a, b) => placeOf(a.path, a.group, seed) - placeOf(b.path, b.group, seed));
}

test('files run one group after the other, so that those which share a process find it loaded', () => {
  const groups = order(7).map(({ group }) => group);
  const turns = groups.filter((group, place) => group !== groups[place - 1]);
  expect(turns).toEqual(['alone', 'process', 'app', 'pure']);
});

test('each seed is another order of the files, and always the same one', () => {
  expect(order(7)).toEqual(order(7));
  expect(order(8)).not.toEqual(order(7));
});

test('no run waits at its end for a long file alone', () => {
  for (const path of LONG) expect(existsSync(join(ROOT, path)), path).toBe(true);
  const places = LONG.flatMap((path) => [1, 2, 3, 4].map((seed) => placeOf(path, 'app', seed) % 1));
  expect(Math.max(...places)).toBeLessThan(0.5);
});
