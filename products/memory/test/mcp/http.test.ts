import { describe, expect, test } from 'vitest';
import { reads } from '../../access.ts';
import { openMemory } from '../fixture.ts';
import { connect } from './clients.ts';

const memory = await openMemory({ settings: { CORS_ORIGINS: 'https://console.example' } });
const ACCEPT = { accept: 'application/json, text/event-stream' };
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const ada = await memory.rememberer();

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  memory.call(ada.key, 'POST /v1/mcp', { body, headers: { ...ACCEPT, ...headers } });

test('each message is answered by itself, as JSON, and without a session', async () => {
  const answered = await post(LIST);
  expect(answered.status).toBe(200);
  expect(answered.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answered.headers.get('mcp-session-id')).toBeNull();
  expect(answered.body).toMatchObject({ jsonrpc: '2.0', id: 1, result: { tools: { length: 8 } } });
  expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
});

test.each(['GET', 'DELETE'])('there is no stream to %s and no session to end', async (method) => {
  const { status, headers } = await memory.call(ada.key, `${method} /v1/mcp`, { headers: ACCEPT });
  expect([status, headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
});

describe('the protocol answers a body that is no message of it', () => {
  test('text that is no JSON', async () => {
    const { status, body } = await memory.call(ada.key, 'POST /v1/mcp', { body: undefined, headers: ACCEPT });
    expect([status, body['error']]).toEqual([400, expect.objectContaining({ code: -32_700 })]);
  });

  test.each([null, 5, 'text', [], {}, { jsonrpc: '1.0', id: 1, method: 'tools/list' }])(
    'JSON that is no message: %j',
    async (said) => {
      const { status, body } = await post(said);
      expect([status, body['error']]).toEqual([400, expect.objectContaining({ code: expect.any(Number) })]);
    },
  );

  test('a method that there is not', async () => {
    const { body } = await post({ jsonrpc: '2.0', id: 7, method: 'prompts/list' });
    expect(body).toMatchObject({ id: 7, error: { code: -32_601 } });
  });

  test('a batch of more calls than one may make', async () => {
    expect((await post(Array.from({ length: 20 }, (_, id) => ({ ...LIST, id })))).status).toBe(200);
    const { status, body } = await post(Array.from({ length: 21 }, (_, id) => ({ ...LIST, id })));
    expect([status, body['error']]).toEqual([400, expect.objectContaining({ code: -32_600 })]);
  });

  test('a subscription, of which there is none', async () => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const body = {
      jsonrpc: '2.0',
      id: 2,
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: meta },
    };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
    const answered = await post(body, headers);
    expect(answered.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answered.body).toMatchObject({ id: 2, error: { code: -32_603 } });
  });
});

test('a page calls only from an origin that is listed, as where a name was bound to this address', async () => {
  const foreign = await post(LIST, { origin: 'https://rebound.example' });
  expect([foreign.status, foreign.body['error']]).toEqual([
    403,
    expect.objectContaining({ code: 'origin_not_allowed' }),
  ]);
  expect((await post(LIST, { origin: 'https://console.example' })).status).toBe(200);
});

const SAID = { session: 'monday', messages: [{ role: 'user', text: 'The heron waits.' }] };

test('the tools have the rights of the key: one that may read recalls, and may not remember', async () => {
  const body = { name: 'reader', scopes: [reads.scope] };
  const { body: made } = await memory.call(ada.key, 'POST /v1/api-keys', { body });
  const client = await connect('http', { url: memory.url, key: String(made['key']) });
  expect((await client.use('recall', { query: 'heron' })).isError).toBe(false);
  expect((await client.use('remember', SAID)).fields['error']).toMatchObject({ status: 403 });
});

test('the tools have the role of their caller: a viewer reads, and writes nothing', async () => {
  const viewer = await memory.colleagueOf(ada, 'viewer');
  const client = await connect('http', { url: memory.url, key: viewer.key });
  expect((await client.use('list_decisions')).isError).toBe(false);
  expect((await client.use('remember', SAID)).fields['error']).toMatchObject({ status: 403 });
});

test('the calls of a tool are known by the id of the request that they are made for', async () => {
  const call = {
    ...LIST,
    method: 'tools/call',
    params: { name: 'get_decision', arguments: { id: ada.userId } },
  };
  const { body } = await post(call, { 'x-request-id': 'mcp-request-1' });
  const text = expect.stringMatching(/^decision_not_found: .*"request_id":"mcp-request-1"/s);
  expect(body).toMatchObject({ result: { isError: true, content: [{ type: 'text', text }] } });
});
