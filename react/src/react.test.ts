import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { ReplyOf } from '../../sdk/src/calls.ts';
import {
  type CustomerEntitlements,
  PlanBadge,
  PlinthProvider,
  PortalButton,
  type PriceList,
  PricingTable,
  UsageMeter,
} from './index.ts';
import { createResource } from './resource.ts';
import { amountOf, linesOf, money } from './words.ts';

/** The server answers what the components take. */
export type Taken = [
  ReplyOf<'GET /v1/customers/{external_id}/entitlements'> extends CustomerEntitlements ? true : never,
  ReplyOf<'GET /v1/plans'> extends PriceList ? true : never,
];
void ([true, true] satisfies Taken);

/** A promise that is settled from outside. */
function deferred<T>() {
  return Promise.withResolvers<T>();
}

test('a value is loaded once for all who show it, kept while it is loaded again, and of several loads the last one counts', async () => {
  const answers = [deferred<string>(), deferred<string>(), deferred<string>(), deferred<string>()];
  let loads = 0;
  const resource = createResource(() => answers[loads++]?.promise ?? Promise.reject(new Error('no more')));
  let told = 0;
  const leave = [resource.subscribe(() => (told += 1)), resource.subscribe(() => {})];
  expect([loads, resource.get()]).toEqual([1, { data: undefined, error: undefined, isLoading: true }]);
  answers[0]?.resolve('first');
  await answers[0]?.promise;
  expect(resource.get()).toEqual({ data: 'first', error: undefined, isLoading: false });
  expect(told).toBe(1);

  const [late, last] = [resource.refresh(), resource.refresh()];
  expect(resource.get()).toEqual({ data: 'first', error: undefined, isLoading: true });
  answers[2]?.resolve('last');
  await last;
  answers[1]?.resolve('late');
  await late;
  expect(resource.get().data).toBe('last');

  const failing = resource.refresh();
  answers[3]?.reject(new Error('away'));
  await failing;
  expect(resource.get()).toMatchObject({ data: 'last', error: new Error('away'), isLoading: false });
  for (const one of leave) one();
  const before = told;
  await resource.refresh();
  expect(told).toBe(before);
});

const load = () => Promise.reject(new Error('called while a server renders'));

test('a server renders the components without a call, and says what is missing around one', () => {
  const children = [
    createElement(PlanBadge, { key: 1 }),
    createElement(UsageMeter, { key: 2, limit: 'summaries' }),
    createElement(PricingTable, { key: 3 }),
    createElement(PortalButton, { key: 4 }),
  ];
  const html = renderToString(createElement(PlinthProvider, { product: 'notes', load }, children));
  expect(html).toContain('Loading …');
  expect(html).toContain('Manage your plan');
  expect(() => renderToString(createElement(PlanBadge))).toThrow('Put a <PlinthProvider>');
});

const compared = (
  [name, kind]: [string, string],
  size: number | boolean | null,
  per: string | null = null,
) => ({
  name,
  kind,
  per,
  unit: null,
  plans: { 'notes.pro': size },
});

test('amounts are in minor units of payment providers, and limits in words without what model calls cost', () => {
  expect([money(995, 'usd'), money(9_900, 'usd'), money(1_500, 'jpy'), money(1_500, 'kwd')]).toEqual([
    '$9.95',
    '$99',
    '¥1,500',
    'KWD\u00a01.500',
  ]);
  expect([amountOf(1_500_000_000, 'storage_bytes'), amountOf(1_500, 'calls')]).toEqual(['1.5 GB', '1,500']);
  const lines = linesOf('notes.pro', [
    compared(['summaries', 'quota'], 1_000, 'month'),
    compared(['model_cost', 'budget'], 5_000_000, 'day'),
    compared(['seats', 'seats'], null),
    compared(['exports', 'boolean'], true),
    compared(['sso', 'boolean'], false),
  ]);
  expect(lines).toEqual(['Summaries: 1,000 a month', 'Seats: unlimited', 'Exports']);
});
