import { expect, test } from 'vitest';
import { products } from '#products';
import { SHIPPED } from '../server/src/products/team.ts';

test('the client’s products are those that ship', () => {
  expect(SHIPPED).toEqual(products.map(({ key }) => key));
});
