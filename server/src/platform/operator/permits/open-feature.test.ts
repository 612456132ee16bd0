import { expect, test } from 'vitest';
import { catalogueOf } from '#platform/entitlements';
import { micros } from '#platform/kernel';
import { openFeature } from './open-feature.ts';

const feature = { consumes: ['calls'], reserve: micros(5), longestSeconds: 60 };
const catalogue = catalogueOf({
  key: 'shop',
  name: 'Shop',
  holds: 'both',
  limits: {
    calls: { kind: 'quota', per: 'month', by: 'account' },
    pause: { kind: 'cooldown', by: 'subject' },
  },
  features: {
    own: feature,
    served: { ...feature, outside: 'operator' },
    open: { ...feature, outside: 'account' },
    drafts: { ...feature, consumes: ['pause'], outside: 'account' },
  },
  plans: {
    free: { name: 'Free', rank: 0, price: { currency: 'usd', monthly: 0 }, grants: { calls: 1, pause: 1 } },
  },
});
const catalogues = new Map([['shop', catalogue]]);
const use = (name: string) => ({ product: 'shop', feature: name });

test.each([
  ['own', 'account', false],
  ['own', 'operator', false],
  ['served', 'account', false],
  ['served', 'operator', true],
  ['open', 'account', true],
  ['open', 'operator', true],
  ['toString', 'operator', false],
] as const)('the feature %s for a backend of the %s: %s', (name, backend, isOpen) => {
  const open = () => openFeature(catalogues, use(name), backend);
  if (isOpen) expect(open()).toMatchObject({ reserve: 5 });
  else expect(open).toThrow(expect.objectContaining({ code: 'feature_not_open' }));
});

test('a feature with a limit by subject has to be told which', () => {
  expect(() => openFeature(catalogues, use('drafts'), 'account')).toThrow(
    expect.objectContaining({ code: 'validation_failed' }),
  );
  expect(openFeature(catalogues, { ...use('drafts'), subject: 'a' }, 'account')).toMatchObject({
    consumes: ['pause'],
  });
});
