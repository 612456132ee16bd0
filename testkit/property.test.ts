import { once } from 'node:events';
import { assertWithin } from '@plinth/testkit/property';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const WITHIN = 300;

test('a property that is out of time has ended when it says so', async () => {
  let begun = 0;
  let ended = 0;
  const property = fc.asyncProperty(fc.nat(), async () => {
    begun += 1;
    // The second one is under way when the time is up.
    if (begun > 1) await once(AbortSignal.timeout(2 * WITHIN), 'abort');
    ended += 1;
  });
  await assertWithin(property, { numRuns: 5, within: WITHIN });
  expect(ended).toBe(begun);
  expect(begun).toBeGreaterThan(1);
});

test('a property that has no time is tried once, and by that fails or holds', async () => {
  const tried: number[] = [];
  const createProperty = (holds: boolean) =>
    fc.asyncProperty(fc.nat(), async (n) => {
      tried.push(n);
      return holds;
    });
  await assertWithin(createProperty(true), { numRuns: 5, within: 0, examples: [[7]] });
  expect(tried).toEqual([7]);
  await expect(assertWithin(createProperty(false), { numRuns: 5, within: 0 })).rejects.toThrow(
    'Property failed',
  );
  expect(tried).toHaveLength(2);
});
