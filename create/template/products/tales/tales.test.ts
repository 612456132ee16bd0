import { statement } from 'plinth/product';
import { crashProduct, testApp, walkProduct } from 'plinth/testing';
import { afterAll, expect, test } from 'vitest';

const { call, close, customer, db } = await testApp();
afterAll(close);
const summed = statement('select id from tales.tales where sum is not null');

test('a free account has one tale a month, and a tale is summed up', async () => {
  const { key } = await customer();
  const tell = () => call(key, 'POST /v1/tales', { body: { about: 'a fox' } });
  expect([(await tell()).status, (await tell()).status]).toEqual([200, 429]);
  await expect.poll(async () => (await db.asMigrator(summed)).length, { timeout: 30_000 }).toBe(1);
});

test('a tale is streamed to a caller who asks for events, and counts once', async () => {
  const { key } = await customer('tales.family');
  const { body } = await call(key, 'POST /v1/tales', {
    headers: { accept: 'text/event-stream' },
    body: { about: 'an owl' },
  });
  expect(body['events']).toContainEqual({
    event: 'done',
    data: expect.objectContaining({ text: expect.any(String) }),
  });
  const used = await call(key, 'GET /v1/usage');
  expect(used.body['data']).toContainEqual(
    expect.objectContaining({ product: 'tales', limit: 'tales', used: 1, max: 60 }),
  );
});

test('the walls of tales hold', { timeout: 300_000 }, () => walkProduct('tales'));

test('a killed server loses nothing of tales', { timeout: 300_000 }, () => crashProduct('tales'));
