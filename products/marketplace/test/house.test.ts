import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Marketplace keeps the rules of the house', () => {
  expect(objectionsTo('products/marketplace')).toEqual([]);
});
