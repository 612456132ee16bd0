import { afterAll, describe, expect, test } from 'vitest';
import { crashPoints } from '#platform/db';
import { engine } from '@plinth/testkit/services';
import { endAll } from '../process/program.ts';
import { crashAndRecover } from './crash-and-recover.ts';
import { lanes } from './lanes.ts';
import { makeInstallations } from './installation.ts';
import { isThorough } from '@plinth/testkit/thorough';
import { BEFORE_AS_AFTER_THE_LAST, PLACES } from './table.ts';
import { WALKS } from './walks.ts';
import '../../server/src/app.ts';

const installations = await makeInstallations();
afterAll(async () => {
  endAll();
  await installations.remove();
});

/** Most of a run is one process that starts, beside one that waits for it. */
const oneOf = lanes(4);
const TIMEOUT = 240_000;

const runs = Object.entries(PLACES).flatMap(([point, place]) =>
  'walks' in place
    ? place.walks.flatMap((walk) => sidesOf(point).map((side) => ({ at: `${point}:${side}`, walk })))
    : [],
);

function sidesOf(point: string): string[] {
  return BEFORE_AS_AFTER_THE_LAST.has(point) ? ['after'] : ['before', 'after'];
}

/** What an embedded database is asked besides: a first start, and a call of each product, killed after each commit. */
const EMBEDDED: readonly string[] = [
  'a first start',
  'a create',
  'a streamed chat call',
  'a permit over HTTP',
];

/**
 * What a process does goes through the same commits on every engine. Of the embedded database it is killed after each commit
 * alone: before one it is as after the one before it; and all walks but that of a store are taken at night. Rates are counted in memory there.
 */
const taken = runs.filter(
  ({ at, walk }) =>
    engine === 'postgres' ||
    (at.endsWith(':after') &&
      at !== 'rates.taken:after' &&
      (isThorough ? walk !== 'a purchase that Stripe tells of' : EMBEDDED.includes(walk))),
);

test('every commit and dispatch of the program has its place in the table of crashes, and the table has no other', () => {
  // Those of tests and benches are declared too, where their files ran before in this process.
  const declared = [...crashPoints().keys()].filter((point) => !/^(test|bench)\./.test(point));
  expect(Object.keys(PLACES).toSorted()).toEqual(declared.toSorted());
});

test('a commit at which no process is killed before it is one of the program’s', () => {
  expect([...BEFORE_AS_AFTER_THE_LAST].filter((point) => !Object.hasOwn(PLACES, point))).toEqual([]);
});

test('every walk is taken', () => {
  expect([...new Set(runs.map(({ walk }) => walk))].toSorted()).toEqual(Object.keys(WALKS).toSorted());
});

describe.concurrent(`a process that is killed on ${engine} keeps all promises`, () => {
  test.for(taken)('at $at, in $walk', { timeout: TIMEOUT }, ({ at, walk }) =>
    oneOf(() => crashAndRecover(installations, at, WALKS[walk])),
  );
});
