import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Licences keeps the rules of the house', () => {
  expect(objectionsTo('products/licences')).toEqual([]);
});
