import { expect, test } from 'vitest';
import { isRecord } from '#platform/kernel';
import { comparePlans } from './compare.ts';
import { planValueText } from './plan-value-text.ts';
import { readPlans } from './read-plans.ts';

const { catalogues } = readPlans(`products:
  notes:
    currency: eur
    limits: { calls: quota per month, cost: budget per day }
    features: { ask: { consumes: [calls, cost], reserve: $0.01 } }
    plans:
      price: { price: { monthly: 5, usd: 6 }, grants: { calls: unlimited, cost: $0.10 }, overage: { calls: { eur: 0.0025, usd: 0.003 } } }
`);

test('keys in another order, as the database keeps them, are no change', () => {
  const turned = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(turned)
      : isRecord(value)
        ? Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([name, one]) => [name, turned(one)]),
          )
        : value;
  expect(comparePlans(turned(catalogues) as typeof catalogues, catalogues)).toEqual([]);
});

test.each([
  ['plans.price', /^\{ name: Price, .*grants: \{ calls: unlimited, cost: \$0\.10 \}/],
  ['plans.price.price', /^\{ currency: eur, monthly: €5, also: \{ usd: \{ monthly: \$6 \} \} \}$/],
  ['plans.price.grants.calls', /^unlimited$/],
  ['plans.price.overage', /^\[\{ limit: calls, micros: €0\.0025, also: \{ usd: \$0\.003 \} \}\]$/],
  ['features.ask.reserve', /^\$0\.01$/],
  ['plans.none', /^none$/],
])('%s of a catalogue is written as people read it', (path, text) => {
  const [catalogue] = catalogues;
  const value = path
    .split('.')
    .reduce<unknown>((at, name) => (at as Readonly<Record<string, unknown>>)[name], catalogue);
  expect(planValueText(catalogue, path.split('.'), value)).toMatch(text);
});
