import { createClient } from '@plinth/sdk';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { statement } from '#platform/db';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import { tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { speak } from '@plinth/testkit/walkers/sockets';

const app = await testApp();
const { call, sandbox, url } = app;

const clientOf = ({ key }: Customer) => createClient({ baseUrl: url, apiKey: key }).adiuva;
const says = (text: string) => ({ kind: 'content', text }) as const;
const calls = (name: string, input: object) =>
  ({ kind: 'tool_call', name, arguments: JSON.stringify(input) }) as const;
const ask = { message: 'Show my tasks', context: { recent_tasks: [{ id: 't1', title: 'Call Bob' }] } };
const DELETE = calls('delete_task', { task_id: 't1' });
const deleted = [{ type: 'delete_record', table: 'tasks', data: { id: 't1' }, agent: null }];

const LONG =
  'I will delete the task for you as soon as you say that I may, and nothing else of what you have sent.';

/** Every call of an account, as the ledger has it once the permit is closed. */
async function ledgerOf({ accountId }: Customer) {
  await expect
    .poll(() => app.count({ accountId }, 'limits.permits', "state not in ('settled', 'voided')"))
    .toBe(0);
  return app.db.asMigrator(
    statement<{ state: string; tokens: number; estimated: boolean }>(
      `select state::text, coalesce(prompt_tokens + completion_tokens, 0)::int as tokens, estimated
       from limits.usage_events where account_id = $1 and state <> 'voided' order by id`,
      [accountId],
    ),
  );
}

const billedSince = (first: number) =>
  sandbox
    .bill()
    .slice(first)
    .map(({ prompt_tokens, completion_tokens }) => prompt_tokens + completion_tokens);

test('a question by POST and by its socket gets the same answer: a text, and actions for the client', async () => {
  const by = await app.customer('adiuva.pro');
  const billed = sandbox.bill().length;
  sandbox.faults.next(DELETE, says(LONG));
  const answer = await clientOf(by).chat(ask);
  expect(answer).toEqual({ response: LONG, actions: deleted });
  sandbox.faults.next(DELETE, says(LONG));
  const stream = clientOf(by).chatStream(ask);
  const texts: string[] = [];
  for await (const text of stream) texts.push(text);
  expect(await stream.answer).toEqual(answer);
  expect([texts.join(''), texts.length > 1]).toEqual([LONG, true]);
  // One permit each, and the ledger is the provider's bill.
  const ledger = await ledgerOf(by);
  expect(ledger.map(({ tokens }) => tokens)).toEqual(billedSince(billed));
  expect(ledger.every(({ state, estimated }) => state === 'posted' && !estimated)).toBe(true);
  expect(await app.count(by, 'limits.permits')).toBe(2);
});

test('two agents whose results are merged: only the last text is streamed', async () => {
  const by = await app.customer('adiuva.pro');
  const agents = JSON.stringify({ agents: ['task_agent', 'note_agent'] });
  sandbox.faults.next(says(agents), says('Bob is open.'), says('It is noted.'), says('Both are done.'));
  const stream = clientOf(by).chatStream({ message: 'Please go on.' });
  const texts: string[] = [];
  for await (const text of stream) texts.push(text);
  expect(texts.join('')).toBe('Both are done.');
  expect(await stream.answer).toEqual({ response: 'Both are done.', actions: [] });
  expect(await ledgerOf(by)).toHaveLength(4);
});

test('a model that calls tools for ever is cut, and one question is charged once', async () => {
  const by = await app.customer('adiuva.pro');
  const billed = sandbox.bill().length;
  sandbox.faults.next(...Array.from({ length: 4 }, () => calls('fly', {})), says('I can not do that.'));
  const answer = await clientOf(by).chat(ask);
  expect(answer).toEqual({ response: 'I can not do that.', actions: [] });
  expect((await ledgerOf(by)).map(({ tokens }) => tokens)).toEqual(billedSince(billed));
  expect(await app.count(by, 'limits.permits')).toBe(1);
});

test('a repeat of the key is answered with the same bytes, asks no model and charges nothing', async () => {
  const by = await app.customer('adiuva.pro');
  const headers = {
    'idempotency-key': 'one',
    authorization: `Bearer ${by.key}`,
    'content-type': 'application/json',
  };
  const send = async () =>
    (await fetch(`${url}/v1/chat`, { method: 'POST', headers, body: JSON.stringify(ask) })).text();
  const first = await send();
  const billed = sandbox.bill().length;
  expect(await send()).toBe(first);
  const frames = [JSON.stringify({ ...ask, access_token: by.key, idempotency_key: 'one' })];
  const said = await speak(url, { path: '/v1/chat/stream', frames });
  expect(JSON.parse(said.text)).toEqual({ done: true, ...JSON.parse(first) });
  expect(sandbox.bill()).toHaveLength(billed);
  expect(await app.count(by, 'limits.permits')).toBe(1);
});

test('who hangs up in the middle stops the model, and is charged once, at what the provider bills', async () => {
  const by = await app.customer('adiuva.pro');
  const before = sandbox.bill().length;
  sandbox.setLatency(4_000);
  sandbox.faults.next(says('These are all of your tasks, one after the other. '.repeat(20)));
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/chat/stream`);
  socket.on('open', () => socket.send(JSON.stringify({ ...ask, access_token: by.key })));
  await new Promise((resolve) => socket.once('message', resolve));
  socket.terminate();
  await expect.poll(() => app.count(by, 'limits.permits', "state = 'settled'")).toBe(1);
  sandbox.setLatency(0);
  const billed = billedSince(before);
  expect(billed).toHaveLength(1);
  // An estimate may stand first; its correction is the difference to what is billed.
  await expect
    .poll(async () => (await ledgerOf(by)).reduce((sum, { tokens }) => sum + tokens, 0))
    .toBe(billed[0]);
});

test('a provider that is down is 503 on both ways, and charges nothing', async () => {
  const by = await app.customer('adiuva.pro');
  sandbox.faults.always({ kind: 'status', status: 503 });
  expect((await call(by.key, 'POST /v1/chat', { body: ask })).body).toMatchObject({
    error: { code: 'provider_unavailable' },
  });
  const said = await speak(url, {
    path: '/v1/chat/stream',
    frames: [JSON.stringify({ ...ask, access_token: by.key })],
  });
  sandbox.faults.clear();
  expect([said.status, JSON.parse(said.text).error.code]).toEqual([503, 'provider_unavailable']);
  expect(await ledgerOf(by)).toEqual([]);
});

test('to somebody in a crisis the text is words and helplines, without a model and without a charge', async () => {
  const by = await app.customer();
  const billed = sandbox.requests();
  const body = { message: 'I want to kill myself tonight and I have the pills here' };
  const { status, body: answer } = await call(by.key, 'POST /v1/chat', {
    body,
    headers: { 'accept-language': 'en-GB' },
  });
  expect([status, answer['actions']]).toEqual([200, []]);
  expect(answer['response']).toContain('116 123');
  const said = await speak(url, {
    path: '/v1/chat/stream',
    headers: { 'accept-language': 'en-GB' },
    frames: [JSON.stringify({ ...body, access_token: by.key })],
  });
  expect(JSON.parse(said.text)).toEqual({ done: true, ...answer });
  expect(sandbox.requests()).toBe(billed);
  expect(await app.count(by, 'limits.permits')).toBe(0);
});

test('the free plan has three agents, whatever is asked for', async () => {
  const by = await app.customer();
  sandbox.faults.next(says(JSON.stringify({ agents: ['checkpoint_agent'] })), says('Done.'));
  expect(await clientOf(by).chat({ message: 'Please go on.' })).toMatchObject({ response: 'Done.' });
});

test('a chat in the mode plan answers a plan that can be run', async () => {
  const by = await app.customer('adiuva.pro');
  const plan = await clientOf(by).chat({ ...ask, execution_mode: 'plan' });
  expect(plan).toMatchObject({ agent: 'task_agent', steps: expect.any(Array) });
});

test('10 MB of context are 413, and nothing is stored or charged', async () => {
  const by = await app.customer('adiuva.pro');
  const body = {
    ...ask,
    context: { relevant_documents: Array.from({ length: 100 }, () => 'x'.repeat(100_000)) },
  };
  const reply = await call(by.key, 'POST /v1/chat', { body, headers: { 'idempotency-key': 'large' } });
  expect([reply.status, reply.body]).toMatchObject([413, { error: { code: 'payload_too_large' } }]);
  const said = await speak(url, {
    path: '/v1/chat/stream',
    frames: [JSON.stringify({ ...body, access_token: by.key })],
  });
  expect([0, 413]).toContain(said.status);
  expect(await app.count(by, 'limits.permits')).toBe(0);
  expect(await app.count(by, 'idempotency.keys')).toBe(0);
});

test('nothing of a question stands in the database afterwards, answered under a key or failed', async () => {
  const by = await app.customer('adiuva.pro');
  const marker = 'zqmarkerofachat';
  const row = { id: marker, title: marker };
  const context = {
    user_profile: { name: marker },
    relevant_documents: [marker],
    conversation_history: [{ role: 'user', content: marker }],
    recent_tasks: [row],
    notes: [row],
    projects: [row],
  };
  const body = { message: `Show my tasks, ${marker}`, context };
  for (const fault of [
    says(`It is ${marker}.`),
    { kind: 'status', status: 400 } as const,
    calls('fly', { marker }),
  ]) {
    sandbox.faults.next(fault);
    await call(by.key, 'POST /v1/chat', { body, headers: { 'idempotency-key': fault.kind } });
  }
  expect(await app.count(by, 'limits.permits')).toBe(3);
  expect(await tablesWith(app.db, marker)).toEqual([]);
});
