import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Memory keeps the rules of the house', () => {
  expect(objectionsTo('products/memory')).toEqual([]);
});
