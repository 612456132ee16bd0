import { existsSync } from 'node:fs';
import { join } from 'node:path';
import '#products';
import { readConfig } from '#platform/config';
import { localOwner } from '#platform/owner';
import { temporaryFolder } from '@plinth/testkit/services';
import { testApp } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';
import { diagnose } from '../doctor.ts';
import { start } from '../serve.ts';
import { createCaller } from '../server-caller.ts';
import { createSampleHost } from './host.ts';

const FILLING = 300_000;
const dataDir = temporaryFolder();
const folder = join(dataDir, 'sample');

/** The sample stands on embedded defaults: the engine of the server beside it makes no difference. */
test('a sample shop has a month with each thing that happens to a shop, its sums are those of its rows, and nothing is left of it', {
  timeout: FILLING,
}, async () => {
  const host = createSampleHost({
    config: readConfig({ NODE_ENV: 'test', DATA_DIR: dataDir, PORT: '0' }),
    version: 'test',
    home: () => 'http://127.0.0.1:1',
    diagnose: (db, config) => diagnose(config, db),
    onFailed(error) {
      throw error;
    },
  });
  const link = await host.whenReady();
  const { api_key: key, personal_api_key: personalKey } = localOwner(folder);
  const owner = createCaller(new URL(link).origin, key);
  const person = createCaller(new URL(link).origin, personalKey);
  const rowsOf = async (path: string, of = owner) => (await of.call(`GET ${path}`))['data'];
  const from = new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10);
  const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const span = `from=${from}&until=${until}&zone=UTC`;

  expect(await rowsOf('/v1/admin/customers?payment=failing')).toMatchObject([{ name: 'Frequency Labs' }]);
  expect(await rowsOf('/v1/admin/webhooks/deliveries?status=dead')).toMatchObject([{ answered: 410 }]);
  expect(await rowsOf('/v1/admin/denials/totals?group=account')).not.toEqual([]);
  expect(await rowsOf(`/v1/admin/billing/revenue?group=kind&${span}`)).toMatchObject([
    { kind: 'refund', gross_minor: -1_500 },
    { kind: 'sale' },
  ]);
  expect(await rowsOf('/v1/mirror/sessions', person)).toMatchObject(
    ['A new team', 'Running again', 'The talk with Sam', 'A long week', 'Before the move'].map((title) => ({
      title,
      status: 'closed',
    })),
  );
  expect(await rowsOf('/v1/turns', person)).toHaveLength(5);
  const weeks = (await rowsOf('/v1/spectrum', person)) as { readonly feelings: readonly object[] }[];
  expect(weeks.some(({ feelings }) => feelings.length > 0)).toBe(true);
  expect(await rowsOf('/v1/decisions')).toHaveLength(3);
  const findings = (await rowsOf('/v1/admin/doctor')) as { readonly status: string }[];
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(await owner.call('GET /v1/admin/sample')).toMatchObject({
    state: 'here',
    home: 'http://127.0.0.1:1',
  });

  expect(await owner.call('DELETE /v1/admin/sample')).toEqual({ ok: true });
  await host.remove();
  expect(existsSync(folder)).toBe(false);
  expect(host.look()).toMatchObject({ state: 'none' });
  await expect(owner.call('GET /v1/me')).rejects.toThrow('No server answers');
});

test('a start in production with --sample is refused', async () => {
  const config = { ...readConfig({ DATA_DIR: dataDir }), environment: 'production' } as const;
  await expect(start({ config, version: 'test', words: ['--sample'] })).rejects.toMatchObject({
    code: 'sample_unavailable',
  });
});

test('a server without a sample, as in production, refuses by a code of its own', async () => {
  const { call, admin } = await testApp({ work: false });
  const { key } = await admin();
  expect(await call(key, 'POST /v1/admin/sample')).toMatchObject({
    status: 409,
    body: { error: { code: 'sample_unavailable' } },
  });
});
