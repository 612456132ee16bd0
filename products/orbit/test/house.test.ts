import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Orbit keeps the rules of the house', () => {
  expect(objectionsTo('products/orbit')).toEqual([]);
});
