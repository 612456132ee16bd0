import { request } from 'undici';
import OpenAI from 'openai';
import { describe, expect, test, vi } from 'vitest';
import { type Fault, createOpenAISandbox } from './index.ts';
import { CHAT, createFixture, STREAM } from './testing/fixture.ts';

const { sandbox, ask, billed } = await createFixture();

async function events(response: Response): Promise<string[]> {
  return (await response.text()).split('\n\n').filter((event) => event !== '');
}

describe('refusals', () => {
  test.each([
    [429, 'rate_limit_exceeded'],
    [500, null],
    [503, null],
  ])('%i is answered in the shape of OpenAI and never billed', async (status, code) => {
    sandbox.faults.next({ kind: 'status', status });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { code, message: expect.any(String), type: expect.any(String) },
    });
    expect(response.headers.get('x-request-id')).toMatch(/^req_sandbox_/);
    expect(billed()).toEqual([]);
  });

  test('Retry-After is passed on as it was given', async () => {
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 7 });
    expect((await ask()).headers.get('retry-after')).toBe('7');
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 'Wed, 21 Oct 2026 07:28:00 GMT' });
    expect((await ask()).headers.get('retry-after')).toBe('Wed, 21 Oct 2026 07:28:00 GMT');
  });

  test('the openai package retries through queued refusals, and one call is billed', async () => {
    sandbox.faults.next({ kind: 'status', status: 429, retry_after: 0 }, { kind: 'status', status: 500 });
    const client = new OpenAI({ baseURL: sandbox.url, apiKey: 'any', maxRetries: 2 });
    await client.chat.completions.create({
      model: 'sandbox-small',
      messages: [{ role: 'user', content: 'Hello there' }],
    });
    expect(billed()).toHaveLength(1);
  });
});

describe('lost answers', () => {
  test.each([false, true])('a call left hanging is billed only where asked (%s)', async (isBilled) => {
    sandbox.faults.next({ kind: 'hang', billed: isBilled });
    const timeout = AbortSignal.timeout(150);
    await expect(ask({ signal: timeout })).rejects.toThrow(/aborted/);
    expect(billed()).toHaveLength(isBilled ? 1 : 0);
    if (isBilled) await vi.waitFor(() => expect(billed()[0]?.hung_up).toBe(true), { timeout: 120_000 });
  });

  test.each([false, true])('a reset connection is billed only where asked (%s)', async (isBilled) => {
    sandbox.faults.next({ kind: 'reset', billed: isBilled });
    await expect(ask()).rejects.toThrow('fetch failed');
    expect(billed()).toHaveLength(isBilled ? 1 : 0);
  });

  test('a call whose caller hangs up while it waits is generated and billed all the same', async () => {
    sandbox.faults.next({ kind: 'latency', ms: 1_000 });
    const [before, stop] = [sandbox.requests(), new AbortController()];
    const hungUp = expect(ask({ signal: stop.signal })).rejects.toThrow(/aborted/);
    // A client that hangs up before its request has arrived has asked for nothing.
    await vi.waitFor(() => expect(sandbox.requests()).toBe(before + 1), { timeout: 120_000, interval: 10 });
    stop.abort();
    await hungUp;
    await vi.waitFor(() => expect(billed()).toMatchObject([{ hung_up: true, streamed: false }]), {
      timeout: 120_000,
    });
    expect(billed()[0]?.completion_tokens).toBeGreaterThan(20);
  });

  test('a stream whose caller hangs up is billed whole', async () => {
    sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const stop = new AbortController();
    const response = await ask({ body: STREAM, signal: stop.signal });
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toContain('data: {');
    stop.abort();
    await vi.waitFor(() => expect(billed()).toMatchObject([{ hung_up: true, streamed: true }]), {
      timeout: 120_000,
    });
    const whole = await (await ask()).json();
    expect(whole).toMatchObject({ usage: { completion_tokens: billed()[0]?.completion_tokens } });
  });
});

describe('spoiled answers', () => {
  test('a cut stream ends without [DONE] after so many chunks', async () => {
    sandbox.faults.next({ kind: 'cut_stream', after: 3 });
    const received = await events(await ask({ body: STREAM }));
    expect(received).toHaveLength(1 + 3);
    expect(received.join('')).not.toContain('[DONE]');
    expect(billed()).toMatchObject([{ hung_up: false }]);
  });

  test('a stream that fails says so after so many chunks, without [DONE]', async () => {
    sandbox.faults.next({ kind: 'stream_error', after: 3, type: 'overloaded' });
    const received = await events(await ask({ body: STREAM }));
    expect(received).toHaveLength(1 + 3 + 1);
    expect(received.at(-1)).toContain('"error":{"message":"The engine was lost.","type":"overloaded"');
    expect(billed()).toMatchObject([{ fault: { kind: 'stream_error', after: 3 } }]);
  });

  test('an abruptly cut stream, and a cut plain answer, break the connection', async () => {
    sandbox.faults.next({ kind: 'cut_stream', after: 3, abrupt: true }, { kind: 'cut_stream' });
    await expect(ask({ body: STREAM }).then((response) => response.text())).rejects.toThrow('terminated');
    await expect(ask().then((response) => response.text())).rejects.toThrow('terminated');
    expect(billed()).toMatchObject([{ hung_up: false }, { hung_up: false }]);
  });

  test('a stream that hangs sends its first chunks and then nothing', async () => {
    sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const response = await ask({ body: STREAM, signal: AbortSignal.timeout(150) });
    const reader = response.body?.getReader();
    const text = new TextDecoder().decode((await reader?.read())?.value);
    expect(text.split('\n\n').filter(Boolean)).toHaveLength(1 + 2);
    await expect(reader?.read()).rejects.toThrow(/aborted/);
  });

  test('malformed JSON is not JSON, plain or as one event of a stream', async () => {
    sandbox.faults.next({ kind: 'malformed_json' }, { kind: 'malformed_json', after: 1 });
    const plain = await ask();
    expect(plain.status).toBe(200);
    await expect(plain.json()).rejects.toThrow(SyntaxError);
    const received = await events(await ask({ body: STREAM }));
    const broken = received.filter(
      (event) => event !== 'data: [DONE]' && !isJson(event.slice('data: '.length)),
    );
    expect(broken).toHaveLength(1);
    expect(received.at(-1)).toBe('data: [DONE]');
    expect(billed()).toHaveLength(2);
  });

  test('usage goes missing from plain answers and streams, but not from the bill', async () => {
    sandbox.faults.always({ kind: 'missing_usage' });
    expect(await (await ask()).json()).not.toHaveProperty('usage');
    expect(await (await ask({ body: STREAM })).text()).not.toContain('prompt_tokens');
    expect(billed().every(({ prompt_tokens: tokens }) => tokens > 0)).toBe(true);
  });

  test('bad content is a whole answer that breaks the schema', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, day: { type: 'string' } },
      required: ['city', 'day'],
    };
    sandbox.faults.next({ kind: 'bad_content' });
    const response_format = { type: 'json_schema', json_schema: { name: 'place', schema } };
    const client = new OpenAI({ baseURL: sandbox.url, apiKey: 'any' });
    const answer = await client.post<OpenAI.ChatCompletion>('/chat/completions', {
      body: { ...CHAT, response_format },
    });
    expect(Object.keys(JSON.parse(answer.choices[0]?.message.content ?? ''))).toEqual(['day']);
    expect(answer.choices[0]?.finish_reason).toBe('stop');
  });

  test('an answer can be valid by its schema, and far too long', async () => {
    const schema = {
      type: 'object',
      properties: { body: { type: 'string' }, hashtags: { type: 'array', items: { type: 'string' } } },
      required: ['body', 'hashtags'],
    };
    const response_format = { type: 'json_schema', json_schema: { name: 'post', schema } };
    const client = new OpenAI({ baseURL: sandbox.url, apiKey: 'any' });
    const posts: { body: string; hashtags: string[] }[] = [];
    sandbox.faults.next({ kind: 'wordy', times: 4 });
    for (let turn = 0; turn < 2; turn += 1) {
      const body = { ...CHAT, response_format };
      const answer = await client.post<OpenAI.ChatCompletion>('/chat/completions', { body });
      posts.push(JSON.parse(answer.choices[0]?.message.content ?? ''));
    }
    const [long, usual] = posts;
    expect(long?.body).toBe(Array.from({ length: 4 }, () => usual?.body).join(' '));
    expect(long?.hashtags).toEqual(usual?.hashtags);
  });

  test('choices can be empty', async () => {
    sandbox.faults.next({ kind: 'empty_choices' }, { kind: 'empty_choices' });
    expect(await (await ask()).json()).toMatchObject({ choices: [], usage: { completion_tokens: 0 } });
    expect(await events(await ask({ body: STREAM }))).toHaveLength(2);
  });

  test('content and usage can be dictated', async () => {
    sandbox.faults.next(
      { kind: 'content', text: 'exactly this' },
      { kind: 'usage', cached_tokens: 4, reasoning_tokens: 50 },
    );
    expect(await (await ask()).json()).toMatchObject({ choices: [{ message: { content: 'exactly this' } }] });
    expect(await (await ask()).json()).toMatchObject({
      usage: {
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 50 },
      },
    });
    expect(billed().at(-1)).toMatchObject({ cached_tokens: 4, reasoning_tokens: 50 });
  });

  test('embeddings meet faults too', async () => {
    const embed = { path: '/embeddings', body: { model: 'sandbox-embed', input: 'crop rotation' } };
    sandbox.faults.next(
      { kind: 'status', status: 503 },
      { kind: 'missing_usage' },
      { kind: 'malformed_json' },
    );
    expect((await ask(embed)).status).toBe(503);
    expect(await (await ask(embed)).json()).not.toHaveProperty('usage');
    await expect((await ask(embed)).json()).rejects.toThrow(SyntaxError);
    expect(billed()).toHaveLength(2);
  });
});

describe('time', () => {
  test('latency holds back the headers', async () => {
    sandbox.faults.next({ kind: 'latency', ms: 120 });
    const started = performance.now();
    await ask();
    expect(performance.now() - started).toBeGreaterThanOrEqual(115);
  });

  test('latency before the first token lets the headers through', async () => {
    sandbox.faults.next({ kind: 'latency', ms: 400, before: 'first_token' });
    const started = performance.now();
    const response = await ask({ body: STREAM });
    const headersAfter = performance.now() - started;
    await response.text();
    expect(headersAfter).toBeLessThan(300);
    expect(performance.now() - started).toBeGreaterThanOrEqual(395);
  });

  test('setLatency slows every answer until it is set back', async () => {
    sandbox.setLatency(80);
    const started = performance.now();
    await ask();
    sandbox.setLatency(0);
    expect(performance.now() - started).toBeGreaterThanOrEqual(75);
  });

  test('a paced stream sends its tokens one by one', async () => {
    const paced = await createOpenAISandbox({ perTokenMs: 5 });
    try {
      const url = `${paced.url}/chat/completions`;
      const body = JSON.stringify({ ...STREAM, max_tokens: 6 });
      const response = await request(url, { method: 'POST', headers: { authorization: 'Bearer any' }, body });
      const chunks: string[] = [];
      for await (const chunk of response.body) chunks.push(String(chunk));
      expect(chunks.length).toBeGreaterThan(4);
      expect(chunks.join('').match(/"content":"[^"]/g)).toHaveLength(6);
      expect(chunks.join('')).toContain('data: [DONE]');
    } finally {
      await paced.close();
    }
  });
});

describe('aiming', () => {
  test('a fault for a model waits for a call of that model', async () => {
    sandbox.faults.next(
      { kind: 'status', status: 500, model: 'sandbox-large' },
      { kind: 'status', status: 503 },
    );
    expect((await ask()).status).toBe(503);
    expect((await ask()).status).toBe(200);
    expect((await ask({ body: { ...CHAT, model: 'sandbox-large' } })).status).toBe(500);
    expect((await ask({ body: { ...CHAT, model: 'sandbox-large' } })).status).toBe(200);
  });

  test('a standing fault meets every call until it is lifted', async () => {
    sandbox.faults.always({ kind: 'status', status: 500 });
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 500]);
    sandbox.faults.always(null);
    expect((await ask()).status).toBe(200);
  });

  test('a refused request uses up no fault', async () => {
    sandbox.faults.next({ kind: 'status', status: 503 });
    expect((await ask({ body: {} })).status).toBe(400);
    expect((await ask()).status).toBe(503);
  });

  test.each([
    ['429;retry_after=3', 429],
    ['503', 503],
    ['{"kind":"status","status":418}', 418],
    ['status;status=502;model=sandbox-large', 200],
    ['no_such_fault', 400],
    ['latency', 400],
  ])('the header x-sandbox-fault: %s answers with %i', async (header, status) => {
    expect((await ask({ headers: { 'x-sandbox-fault': header } })).status).toBe(status);
  });
});

function control(
  path: string,
  method: string,
  more: { body?: unknown; origin?: string } = {},
): Promise<Response> {
  return fetch(new URL(path, sandbox.url), {
    method,
    ...(more.origin === undefined ? {} : { headers: { origin: more.origin } }),
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  });
}

describe('other processes', () => {
  test('order faults over HTTP', async () => {
    const next: Fault[] = [{ kind: 'status', status: 500, model: 'sandbox-small' }];
    const body = { next, always: { kind: 'status', status: 503 } };
    const ordered = await control('/sandbox/faults', 'POST', { body });
    expect(await ordered.json()).toEqual(body);
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 503]);
    await control('/sandbox/faults', 'POST', { body: { clear: true } });
    expect((await ask()).status).toBe(200);
  });

  test('are told the fault of an order, and none of it is applied', async () => {
    const refused = await control('/sandbox/faults', 'POST', {
      body: { next: [{ kind: 'reset' }, { kind: 'latency' }] },
    });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('ms') } });
    expect((await ask()).status).toBe(200);
  });

  test('read and forget the bill', async () => {
    const id = (await ask()).headers.get('x-request-id');
    const bill = await (await control('/sandbox/bill', 'GET')).json();
    expect(bill).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ request_id: id })]),
    });
    await control('/sandbox/bill', 'DELETE');
    expect(sandbox.bill()).toEqual([]);
  });

  test('web pages cannot', async () => {
    const refused = await control('/sandbox/faults', 'POST', {
      body: { clear: true },
      origin: 'https://example.com',
    });
    expect(refused.status).toBe(403);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
