import { crashProduct } from 'plinth/testing';
import { expect, test } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import type { Sample } from './service.ts';

const { app, call, customer, db, sandbox } = await testApp();
const PATH = '/v1/sample/answers';

let keys = 0;
const ask = (by: Customer, key = `key-${(keys += 1)}`) =>
  call(by.key, `POST ${PATH}`, {
    headers: { 'idempotency-key': key },
    body: { question: 'Why do small teams ship faster?' },
  });
const ended = async (by: Customer, id: unknown) =>
  (await call(by.key, `GET ${PATH}/${String(id)}?wait=20`)).body;

async function used(by: Customer): Promise<unknown> {
  const { body } = await call(by.key, 'GET /v1/usage');
  const limits = body['data'] as { product: string; limit: string; used: number }[];
  return limits.find(({ product, limit }) => product === 'sample' && limit === 'answers')?.used;
}

async function listed(by: Customer, query = ''): Promise<unknown[]> {
  const { body } = await call(by.key, `GET ${PATH}${query}`);
  return (body['data'] as { id: string }[]).map(({ id }) => id);
}

test('a question is answered, and counts once, however often its key is sent', async () => {
  const by = await customer('sample.starter');
  const first = await ask(by, 'the-same-key');
  const again = await ask(by, 'the-same-key');
  expect([first.status, again.status]).toEqual([202, 202]);
  expect(again.body).toEqual(first.body);
  expect(await ended(by, first.body['id'])).toMatchObject({
    status: 'completed',
    answer: expect.any(String),
  });
  expect(await used(by)).toBe(1);
});

test('without a plan there is no answer, and the refusal names the plan that would do', async () => {
  const refused = await ask(await customer());
  expect(refused.status).toBe(402);
  expect(refused.body['error']).toMatchObject({ code: 'plan_required' });
});

test('a question that fails says why, and does not count', async () => {
  const by = await customer('sample.starter');
  sandbox.faults.next({ kind: 'status', status: 400 });
  const { body } = await ask(by);
  expect(await ended(by, body['id'])).toMatchObject({
    status: 'failed',
    answer: null,
    error: { code: expect.any(String) },
  });
  expect(await used(by)).toBe(0);
});

test('a question that is cancelled is broken off, and does not count', async () => {
  const by = await customer('sample.starter');
  sandbox.faults.next({ kind: 'hang' });
  const { id } = (await ask(by)).body;
  const cancelled = await call(by.key, `POST ${PATH}/${String(id)}/cancel`);
  expect(cancelled.body).toMatchObject({ id, status: 'cancelled' });
  expect(await ended(by, id)).toMatchObject({ status: 'cancelled' });
  expect(await used(by)).toBe(0);
});

test('of two who change the same version, one wins', async () => {
  const by = await customer('sample.starter');
  const { id } = (await ask(by)).body;
  const rename = (title: string) =>
    call(by.key, `PATCH ${PATH}/${String(id)}`, { headers: { 'if-match': '"1"' }, body: { title } });
  const statuses = (await Promise.all([rename('one'), rename('two')])).map(({ status }) => status);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 412]);
});

test('a list goes on page by page, and what is deleted is in the trash alone until it is purged', async () => {
  const by = await customer('sample.pro');
  const ids: unknown[] = [];
  for (let n = 0; n < 3; n += 1) ids.unshift((await ask(by)).body['id']);
  const first = await call(by.key, `GET ${PATH}?limit=2`);
  expect(await listed(by, `?limit=2&cursor=${String(first.body['next_cursor'])}`)).toEqual(ids.slice(2));

  await call(by.key, `DELETE ${PATH}/${String(ids[0])}`);
  expect(await listed(by)).toEqual(ids.slice(1));
  expect(await listed(by, '?deleted=true')).toEqual(ids.slice(0, 1));
  await call(by.key, `POST ${PATH}/${String(ids[0])}/restore`);
  expect(await listed(by)).toEqual(ids);

  await call(by.key, `DELETE ${PATH}/${String(ids[0])}`);
  await advance(db, '31 days');
  const { service } = app.modules.mounted.find(({ module }) => module === 'sample') ?? {};
  await (service as Sample | undefined)?.purge();
  expect(await listed(by, '?deleted=true')).toEqual([]);
});

test('another account finds none of it', async () => {
  const [mine, theirs] = [await customer('sample.starter'), await customer('sample.starter')];
  const { id } = (await ask(mine)).body;
  for (const route of [`GET ${PATH}/${String(id)}`, `DELETE ${PATH}/${String(id)}`])
    expect((await call(theirs.key, route)).status).toBe(404);
  expect(await listed(theirs)).toEqual([]);
});

test('a killed server loses nothing of Sample', { timeout: 300_000 }, () => crashProduct('sample'));
