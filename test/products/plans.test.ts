import { describe, expect, test } from 'vitest';
import { bestPlan, type Grants } from '#platform/entitlements';
import { products } from '../../server/src/products/index.ts';

test('each product has a key of its own', () => {
  expect(new Set(products.map(({ key }) => key)).size).toBe(products.length);
});

describe.each(products)('what $key sells', ({ catalogue }) => {
  const byRank = Object.values(catalogue.plans).sort((a, b) => a.rank - b.rank);

  test('a plan that costs more never grants less', () => {
    for (const [index, plan] of byRank.slice(1).entries()) {
      for (const [grant, value] of Object.entries(plan.grants)) {
        const [more, less] = [Number(value), Number(byRank[index]?.grants[grant])];
        if (catalogue.limits[grant]?.kind === 'cooldown') expect(more).toBeLessThanOrEqual(less);
        else expect(more).toBeGreaterThanOrEqual(less);
      }
    }
  });

  test('the best plan allows every feature', () => {
    const grants: Grants = catalogue.plans[bestPlan(catalogue)]?.grants ?? {};
    for (const { consumes, requires = [] } of Object.values(catalogue.features)) {
      for (const needed of [...consumes, ...requires]) expect(Number(grants[needed])).toBeGreaterThan(0);
    }
  });
});
