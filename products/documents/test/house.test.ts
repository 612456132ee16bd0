import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Documents keeps the rules of the house', () => {
  expect(objectionsTo('products/documents')).toEqual([]);
});
