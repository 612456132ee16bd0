import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Coditect keeps the rules of the house', () => {
  expect(objectionsTo('products/coditect')).toEqual([]);
});
