import { expect, test } from 'vitest';
import { objectionsTo } from '@plinth/testkit/house/rules';

test('Adiuva keeps the rules of the house', () => {
  expect(objectionsTo('products/adiuva')).toEqual([]);
});
