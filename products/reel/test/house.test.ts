import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Reel keeps the rules of the house', () => {
  expect(objectionsTo('products/reel')).toEqual([]);
});
