import { once } from 'node:events';
import { assertWithin } from '#test/property';
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
