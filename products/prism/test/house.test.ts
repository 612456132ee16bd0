import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Prism keeps the rules of the house', () => {
  expect(objectionsTo('products/prism')).toEqual([]);
});
