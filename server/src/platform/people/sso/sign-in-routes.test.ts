import { ratesOf } from '#platform/http';
import { expect, test } from 'vitest';
import { signInRoutes } from './sign-in-routes.ts';

test('a caller who knows an organization can not use its sign-ins up: they are counted by address, and by nothing that many share', () => {
  for (const route of signInRoutes) {
    expect(ratesOf(route).map(({ by }) => by)).toEqual(['ip']);
    expect(route.shape.rateOf).toBeUndefined();
  }
});
