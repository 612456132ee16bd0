import { afterAll, describe, expect, test } from 'vitest';
import { crashPoints } from '#platform/db';
import { products } from '#products';
import { engine } from '@plinth/testkit/services';
import { isThorough } from '@plinth/testkit/thorough';
import { crashAndRecover } from '@plinth/testkit/crash/crash-and-recover';
import { lanes } from '@plinth/testkit/crash/lanes';
import { crashTestsOf, killsOf, walksOf } from '@plinth/testkit/crash/walk';
import { endAll } from '@plinth/testkit/program';
import { create } from '../../products/reel/testing/crashes.ts';
import { makeInstallations } from './installation.ts';
import { PLACES } from './table.ts';
import { PLATFORM_WALKS } from './walks.ts';
import '../../server/src/app.ts';

const installations = await makeInstallations();
afterAll(async () => {
  endAll();
  await installations.remove();
});

/** Most of a run is one process that starts, beside one that waits for it. */
const oneOf = lanes(4);
const TIMEOUT = 240_000;

const declared = await crashTestsOf(products.flatMap(({ parts }) => parts));
const walks = walksOf([{ walks: PLATFORM_WALKS }, ...declared]);
const runs = killsOf(PLACES);

/** A customer is served after each crash, in another product too than the one of the walk. */
const NEXT = { customer: create, ends: ['completed'] };

/** An embedded database is asked besides: a first start, and a call of each product, killed after each commit. */
const EMBEDDED: readonly string[] = [
  'a first start',
  'a create',
  'a streamed chat call',
  'a permit over HTTP',
];

/** Before a commit all is as after the point before it; before a dispatch ends, its vendor may have done it. */
const isAfter = (at: string) => at.endsWith(':after');
const isOfDispatch = (at: string) => crashPoints().get(at.split(':')[0] ?? '')?.kind !== 'commit';

/**
 * A process goes through the same commits on every engine. Of the embedded database it is killed after each commit alone, and all
 * walks but that of a store are taken at night. Rates are counted in memory there.
 */
const taken = runs.filter(({ at, walk }) =>
  engine === 'postgres'
    ? isThorough || isAfter(at) || isOfDispatch(at)
    : isAfter(at) &&
      at !== 'rates.taken:after' &&
      (isThorough ? walk !== 'a purchase that Stripe tells of' : EMBEDDED.includes(walk)),
);

test('every commit and dispatch of the program has its place in the table of crashes, and the table has no other', () => {
  // Those of tests and benches are declared too, where their files ran before in this process.
  const points = [...crashPoints().keys()].filter((point) => !/^(test|bench)\./.test(point));
  expect(Object.keys(PLACES).toSorted()).toEqual(points.toSorted());
});

test('every walk is taken', () => {
  expect([...new Set(runs.map(({ walk }) => walk))].toSorted()).toEqual([...walks.keys()].toSorted());
});

describe.concurrent(`a process that is killed on ${engine} keeps all promises`, () => {
  test.for(taken)('at $at, in $walk', { timeout: TIMEOUT }, ({ at, walk: name }) =>
    oneOf(async () => {
      const walk = walks.get(name) ?? {};
      const original = installations[walk.on ?? 'owned'];
      expect(await crashAndRecover({ original, at, walk, declared, next: NEXT })).toEqual([]);
    }),
  );
});
