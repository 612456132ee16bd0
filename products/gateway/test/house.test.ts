import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Gateway keeps the rules of the house', () => {
  expect(objectionsTo('products/gateway')).toEqual([]);
});
