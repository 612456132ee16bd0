import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });
const [mine, theirs] = [await app.customer('gateway.developer'), await app.customer()];

const chat = (key: string, model = 'sandbox-small') =>
  app.call(key, 'POST /v1/ai/chat/completions', {
    body: { model, max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] },
    headers: { 'idempotency-key': `${key.slice(-6)}-${model}` },
  });

/** The lines of an export. */
const file = async (key: string, query: string) => {
  const response = await fetch(`${app.url}/v1/usage/export?${query}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(response.headers.get('content-disposition')).toMatch(
    /^attachment; filename="ledger\.(?:csv|jsonl)"$/,
  );
  return (await response.text()).trimEnd().split(/\r?\n/);
};

test('the ledger is exported as CSV and as JSON lines, by the filters of its list', async () => {
  expect((await chat(mine.key)).status).toBe(200);
  expect((await chat(mine.key, 'sandbox-large')).status).toBe(200);
  const [head, ...lines] = await file(mine.key, 'format=csv');
  expect(head).toMatch(/^id,permit_id,user_id,key_id,product,feature,provider,model,/);
  expect(lines.map((line) => line.split(',')[7])).toEqual(['sandbox-large', 'sandbox-small']);
  const [line = '', ...more] = await file(mine.key, 'format=jsonl&model=sandbox-small');
  expect([(JSON.parse(line) as { model: string }).model, more]).toEqual(['sandbox-small', []]);
  expect(await file(theirs.key, 'format=csv')).toEqual([head]);
});

test('one row is read by its id with what its permit says, and is none of others', async () => {
  const { body } = await app.call(mine.key, 'GET /v1/usage?limit=1');
  const [first] = body['events'] as { id: string }[];
  const id = first?.id ?? '';
  const row = await app.call(mine.key, `GET /v1/usage/events/${id}`);
  expect(row.body).toMatchObject({
    id,
    status: 'posted',
    permit_status: 'settled',
    plan: 'gateway.developer',
  });
  for (const [key, call] of [
    [theirs.key, id],
    [mine.key, theirs.accountId],
    [mine.key, 'nonsense'],
  ] as const)
    expect((await app.call(key, `GET /v1/usage/events/${call}`)).body).toMatchObject({
      error: { code: 'not_found' },
    });
});

test('calls that fail are counted by their code for the account that made them', async () => {
  expect((await chat(mine.key, 'no-such-model')).status).toBe(404);
  expect((await app.call(mine.key, 'GET /v1/usage?cursor=nonsense')).status).toBe(400);
  await app.app.modules.callErrors.write();
  const errorsOf = async (key: string) => (await app.call(key, 'GET /v1/usage/errors')).body['data'];
  expect(await errorsOf(mine.key)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: 'model_unknown', status: 404, route: 'POST /v1/ai/chat/completions' }),
      expect.objectContaining({ code: 'validation_failed', status: 400, route: 'GET /v1/usage' }),
    ]),
  );
  expect(await errorsOf(theirs.key)).not.toEqual(
    expect.arrayContaining([expect.objectContaining({ code: 'model_unknown' })]),
  );
  expect((await app.call(mine.key, 'GET /v1/usage/errors?cursor=bm9uc2Vuc2U')).status).toBe(400);
  await app.db.asMigrator(statement('delete from limits.errors'));
});
