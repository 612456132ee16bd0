import { expect, test } from 'vitest';
import { callsOf } from '@plinth/testkit/fixtures/calls';
import { testApp } from '@plinth/testkit/services/app';
import { loadOrbit } from './orbit-load.ts';

const WORKSPACES = 2;
const SCOPES = 2;

test('under load each call of a model and each export is made and charged once', async () => {
  const app = await testApp();
  const customers = await Promise.all(Array.from({ length: WORKSPACES }, () => app.customer('orbit.team')));
  const before = app.sandbox.bill().length;
  const keys = customers.map(({ key }) => key);
  const loaded = await loadOrbit({ url: app.url, keys, pages: 16, scopes: SCOPES });
  const all = WORKSPACES * SCOPES;
  expect(loaded).toMatchObject({ extractions: all, files: 2 * all });
  expect(loaded.sections).toBeGreaterThan(all);
  expect(loaded.modelCalls, 'several parts of each document').toBeGreaterThanOrEqual(4 * all);
  expect(app.sandbox.bill()).toHaveLength(before + loaded.modelCalls);
  for (const customer of customers)
    expect(await callsOf(app, customer).used('orbit')).toMatchObject({
      scopes: SCOPES,
      ai_calls: 3 * SCOPES,
      exports: 2 * SCOPES,
    });
});
