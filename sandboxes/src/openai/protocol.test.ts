import { once } from 'node:events';
import { connect } from 'node:net';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type OpenAISandbox, createOpenAISandbox } from './index.ts';
import { countTokens, splitTokens } from './tokens.ts';

const Answer = z.object({ error: z.record(z.string(), z.unknown()).optional() });

let sandbox: OpenAISandbox;

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
});
afterAll(() => sandbox.close());

const USER = { role: 'user', content: 'Crop rotation' };
const CHAT = { model: 'sandbox-small', messages: [USER] };
const TOOL = { type: 'function', function: { name: 'find' } };

async function post(
  body: string | object,
  headers: Record<string, string> = { authorization: 'Bearer any' },
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${sandbox.url}/chat/completions`, { method: 'POST', headers, body: text });
  const { error } = Answer.parse(await response.json());
  return { status: response.status, error };
}

function get(path: string): Promise<Response> {
  return fetch(sandbox.url + path, { headers: { authorization: 'Bearer any' } });
}

describe('refusals are worded as OpenAI words them', () => {
  test.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['an empty key', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
  ])('%s is 401', async (_case, headers) => {
    const { status, error } = await post(CHAT, headers);
    expect(status).toBe(401);
    expect(error).toMatchObject({ type: 'invalid_request_error', param: null, code: null });
  });

  test.each<[string, string | object, Record<string, unknown>]>([
    ['broken JSON', '{"model":', { param: null }],
    ['a list', [], { param: null }],
    ['no model', { messages: [USER] }, { message: 'you must provide a model parameter' }],
    ['no messages', { model: 'sandbox-small' }, { param: 'messages', code: 'missing_required_parameter' }],
    ['no message', { ...CHAT, messages: [] }, { param: 'messages', code: 'empty_array' }],
    ['a made-up role', { ...CHAT, messages: [{ role: 'king', content: '' }] }, { param: 'messages[0].role' }],
    ['no content', { ...CHAT, messages: [{ role: 'user' }] }, { param: 'messages[0].content' }],
    [
      'an unknown part',
      { ...CHAT, messages: [{ role: 'user', content: [{ type: 'smell' }] }] },
      { param: 'messages[0].content[0].type' },
    ],
    [
      'an unknown parameter',
      { ...CHAT, teapot: true },
      { message: 'Unrecognized request argument supplied: teapot' },
    ],
    ['n of 0', { ...CHAT, n: 0 }, { param: 'n', code: 'integer_below_min_value' }],
    ['max_tokens as text', { ...CHAT, max_tokens: '5' }, { param: 'max_tokens', code: 'invalid_type' }],
    [
      'a hot temperature',
      { ...CHAT, temperature: 3 },
      { param: 'temperature', code: 'decimal_above_max_value' },
    ],
    ['five stops', { ...CHAT, stop: ['a', 'b', 'c', 'd', 'e'] }, { param: 'stop' }],
    [
      'stream options without stream',
      { ...CHAT, stream_options: { include_usage: true } },
      { param: 'stream_options' },
    ],
    ['a made-up format', { ...CHAT, response_format: { type: 'xml' } }, { param: 'response_format.type' }],
    [
      'a schema without a name',
      { ...CHAT, response_format: { type: 'json_schema', json_schema: {} } },
      { param: 'response_format.json_schema.name' },
    ],
    ['a tool choice without tools', { ...CHAT, tool_choice: 'auto' }, { param: 'tool_choice' }],
    [
      'a tool choice that is no tool',
      { ...CHAT, tools: [TOOL], tool_choice: { type: 'function', function: { name: 'x' } } },
      { param: 'tool_choice' },
    ],
    [
      'an answer that no tool was asked for',
      { ...CHAT, messages: [USER, { role: 'tool', tool_call_id: 'a', content: '' }] },
      { param: 'messages.[1].role' },
    ],
    [
      'a call that no tool answers',
      {
        ...CHAT,
        messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'find' } }] }, USER],
      },
      { param: 'messages' },
    ],
    [
      'too long a prompt',
      { ...CHAT, messages: [{ role: 'user', content: 'a '.repeat(200_000) }] },
      { code: 'context_length_exceeded' },
    ],
    [
      'a schema that refers to itself',
      {
        ...CHAT,
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { $ref: '#' } } },
      },
      { code: 'invalid_json_schema' },
    ],
  ])('%s is 400', async (_case, body, expected) => {
    const { status, error } = await post(body);
    expect(status).toBe(400);
    expect(error).toMatchObject({ type: 'invalid_request_error', ...expected });
  });

  test('unknown paths are 404, other methods 405', async () => {
    expect((await get('/nothing')).status).toBe(404);
    expect((await get('/models/gpt-9')).status).toBe(404);
    expect((await get('/chat/completions')).status).toBe(405);
  });
});

describe('robustness', () => {
  test('a body over 50 MB is 413, with or without a declared length', async () => {
    const large = 'x'.repeat(51 * 1024 * 1024);
    expect((await post(large)).status).toBe(413);
    const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1');
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer any\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    socket.write(`${large.length.toString(16)}\r\n${large}\r\n`);
    const [head] = await once(socket, 'data');
    expect(String(head)).toContain('413');
    socket.destroy();
  });

  test('a body of nearly 4 MB is read', async () => {
    const { error } = await post({ ...CHAT, messages: [{ role: 'user', content: 'x'.repeat(4_000_000) }] });
    expect(error).toMatchObject({ code: 'context_length_exceeded' });
  });

  test('a body nested a hundred thousand deep is refused and the server goes on', async () => {
    const depth = 100_000;
    const nested = `{"model":"sandbox-small","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}}}}`;
    expect((await post(nested)).status).toBe(400);
    expect((await post(CHAT)).status).toBe(200);
  });

  test('200 callers at once over kept connections get an answer and an id each, and one line of the bill', async () => {
    const pool = new Pool(new URL(sandbox.url).origin, { connections: 200 });
    const before = sandbox.bill().length;
    const headers = { authorization: 'Bearer any' };
    const ids = await Promise.all(
      Array.from({ length: 2_000 }, async () => {
        const path = '/v1/chat/completions';
        const answer = await pool.request({ path, method: 'POST', headers, body: JSON.stringify(CHAT) });
        await answer.body.dump();
        return answer.headers['x-request-id'];
      }),
    );
    await pool.destroy();
    const billed = sandbox.bill().slice(before);
    expect(new Set(ids)).toEqual(new Set(billed.map(({ request_id: id }) => id)));
    expect(billed).toHaveLength(2_000);
  });

  test('closing cuts what is open', async () => {
    const other = await createOpenAISandbox();
    other.faults.next({ kind: 'hang' });
    const hanging = fetch(`${other.url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer any' },
      body: JSON.stringify(CHAT),
    });
    const refused = expect(hanging).rejects.toThrow('fetch failed');
    // The queue is empty once the call has arrived.
    await expect.poll(() => faultsWaiting(other)).toBe(0);
    await other.close();
    await other.close();
    await refused;
  });
});

async function faultsWaiting(other: OpenAISandbox): Promise<number> {
  const url = new URL('/sandbox/faults', other.url);
  const state = await (await fetch(url, { method: 'POST', body: '{}' })).json();
  return z.object({ next: z.array(z.unknown()) }).parse(state).next.length;
}

test('tokens are pieces of the text, and are counted as they are cut', () => {
  for (const text of [
    '',
    'Why small teams ship faster',
    '  two\n\nlines ',
    'Übergrößenträger',
    '小さなチーム',
    '🚀🚀 go',
    '\ud800x',
  ]) {
    expect(splitTokens(text).join('')).toBe(text);
    expect(countTokens(text)).toBe(splitTokens(text).length);
  }
  expect(countTokens('Why small teams ship faster')).toBe(5);
});
