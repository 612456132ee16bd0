import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const { admin, call, customer, url } = await testApp();

const messages = [{ role: 'user', content: 'Say something.' }];
const common = { model: 'sandbox-large', max_tokens: 20 };

async function tagsOf(key: string, query = ''): Promise<unknown[]> {
  const { status, body } = await call(key, `GET /v1/usage${query}`);
  expect(status).toBe(200);
  return (body['events'] as { readonly tags: unknown }[]).map(({ tags }) => tags);
}

test('metadata and the user of a call are tags of its row in the ledger, found by them, at each door', async () => {
  const { key } = await customer('gateway.scale');
  const ask = async (path: string, body: object) =>
    expect((await call(key, `POST /v1/ai/${path}`, { body: { ...common, ...body } })).status).toBe(200);
  await ask('chat/completions', { messages, metadata: { team: 'search' }, user: 'u-1' });
  await ask('messages', { messages, metadata: { user_id: 'u-2' } });
  await ask('responses', { input: 'Hello.', max_tokens: undefined, metadata: { team: 'ads: all' } });
  await ask('chat/completions', { messages, metadata: null });
  const tags = { team: 'maps' };
  const contents = [{ role: 'user', parts: [{ text: 'Hello.' }] }];
  const bare = { model: undefined, max_tokens: undefined };
  await ask('google/v1beta/models/sandbox-large:generateContent', { ...bare, contents, labels: tags });
  await ask('embeddings', { ...bare, model: 'sandbox-embed', input: 'Hello.', metadata: tags });
  await ask('moderations', { ...bare, input: 'Hello.', metadata: tags });
  await ask('images/generations', { ...bare, model: 'sandbox-image', prompt: 'A cup.', metadata: tags });
  expect(await tagsOf(key)).toEqual([
    ...Array.from({ length: 4 }, () => tags),
    null,
    { team: 'ads: all' },
    { user_id: 'u-2' },
    { user_id: 'u-1', team: 'search' },
  ]);
  expect(await tagsOf(key, '?tag=user_id:u-1')).toEqual([{ user_id: 'u-1', team: 'search' }]);
  expect(await tagsOf(key, `?tag=${encodeURIComponent('team:ads: all')}`)).toEqual([{ team: 'ads: all' }]);
  const headers = { authorization: `Bearer ${key}` };
  const file = await fetch(`${url}/v1/usage/export?format=csv`, { headers });
  expect(await file.text()).toContain('"{""team"":""search"",""user_id"":""u-1""}"');
});

test('are bounded in number and length', async () => {
  const { key } = await customer('gateway.scale');
  const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`name-${n}`, 'x'.repeat(512)]));
  const body = { ...common, messages, metadata: { ...metadata } };
  expect((await call(key, 'POST /v1/ai/chat/completions', { body })).status).toBe(200);
  const [tags] = (await tagsOf(key)) as Record<string, string>[];
  expect(Object.values(tags ?? {}).map(({ length }) => length)).toEqual(Array.from({ length: 8 }, () => 128));
});

test('usage is summed by them, in JSON and CSV; of all accounts at once it is not', async () => {
  const { key } = await customer('gateway.scale');
  // Under a key of its own its answer comes when it is settled.
  for (const [n, team] of ['search', 'search', 'ads'].entries())
    await call(key, 'POST /v1/ai/chat/completions', {
      headers: { 'idempotency-key': `by-tag-${n}` },
      body: { ...common, messages, metadata: { team } },
    });
  const { body } = await call(key, 'GET /v1/usage/report?group=tag:team');
  const sums = body['data'] as { readonly tag: string; readonly calls: number }[];
  expect(sums.map(({ tag, calls }) => [tag, calls])).toEqual([
    ['ads', 1],
    ['search', 2],
  ]);
  const headers = { authorization: `Bearer ${key}` };
  const file = await fetch(`${url}/v1/usage/report?group=tag:team&tag=team:ads&format=csv`, { headers });
  expect((await file.text()).split('\r\n').map((line) => line.split(',').slice(0, 2))).toEqual([
    ['tag', 'calls'],
    ['ads', '1'],
    [''],
  ]);
  expect((await call(key, 'GET /v1/usage/report?group=tag:team,tag:user_id')).status).toBe(400);
  const refused = await call((await admin()).key, 'GET /v1/admin/usage?group=tag:team');
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { details: { issues: [{ path: 'query.account_id' }] } } },
  });
});
