import { expect, test } from 'vitest';
import { isRunning } from '#platform/entitlements';
import { products } from '#products';
import { withChoice } from './products.ts';

const running = (keys: readonly string[]) =>
  withChoice(products, keys).flatMap(({ key, catalogue }) => (isRunning(catalogue) ? [key] : []));

test('the products that are named run; all of them where none is', () => {
  expect(running(['prism', 'reel'])).toEqual(['reel', 'prism']);
  expect(running([])).toEqual(products.map(({ key }) => key));
});

test('a key that no product has is refused, with the one that is near', () => {
  expect(() => running(['reel', 'gatway'])).toThrow(
    'PRODUCTS names a product that there is not. Did you mean gateway? There are: reel, gateway,',
  );
});
