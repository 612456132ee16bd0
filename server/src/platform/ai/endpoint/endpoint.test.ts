import OpenAI from 'openai';
import { beforeEach, describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { makeOpenAiServers } from '@plinth/testkit/fixtures/ai/openai-endpoint';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { delta, plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const POLICY = 'test.chat';
const messages = [{ role: 'user' as const, content: 'Say something about tea, please.' }];

const fixture = makeFixture(createOpenAISandbox);
let permit: RecordingPermit;
const clientOf = makeOpenAiServers(() => permit);

beforeEach(() => {
  permit = recordingPermit();
});
/** A stream without what differs from call to call. */
function bare(text: string): string {
  return text.replaceAll(/"id":"[^"]*","created":\d+/g, '"id":"-","created":0');
}

describe('the official openai package through the OpenAI endpoint', () => {
  test('gets a plain answer, and the permit is settled before the answer is sent', async () => {
    const client = await clientOf(fixture.open());
    const { data, response } = await client.chat.completions
      .create({ model: 'small', messages, max_tokens: 50 })
      .withResponse();
    expect(data.choices[0]?.message.content).toMatch(/\w/);
    expect(response.headers.get('x-plinth-max-tokens')).toBe('50');
    expect(permit.closed).toBe('settled');
    expect(permit.rows[0]).toMatchObject({
      state: 'served',
      usage: { promptTokens: data.usage?.prompt_tokens },
    });
  });

  test('streams byte for byte what the provider sends, less the usage event', async () => {
    const client = await clientOf(fixture.open());
    const body = { model: 'small', messages, stream: true } as const;
    const relayed = await (await client.chat.completions.create(body).asResponse()).text();
    const direct = new OpenAI({ baseURL: fixture.sandbox.url, apiKey: 'key' });
    const asked = {
      ...body,
      model: 'sandbox-small',
      max_completion_tokens: 1_024,
      stream_options: { include_usage: true },
    };
    const original = await (await direct.chat.completions.create(asked).asResponse()).text();
    const withoutUsage = bare(original)
      .split(/(?<=\n\n)/)
      .filter((event) => !/"usage":\{/.test(event));
    expect(bare(relayed)).toBe(withoutUsage.join(''));
    await expect.poll(() => permit.closed).toBe('settled');
  });

  test('reads a stream to its end', async () => {
    const client = await clientOf(fixture.open());
    let text = '';
    for await (const chunk of await client.chat.completions.create({
      model: 'small',
      messages,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toMatch(/\w+ \w+/);
  });

  test('is told of a stream that breaks, as an error of the API', async () => {
    fixture.sandbox.faults.next({ kind: 'cut_stream', after: 3, abrupt: true });
    const client = await clientOf(fixture.open());
    const reading = async (): Promise<void> => {
      for await (const chunk of await client.chat.completions.create({
        model: 'small',
        messages,
        stream: true,
      }))
        void chunk;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'provider_unavailable' });
    await expect.poll(() => permit.closed).toBe('settled');
    expect(permit.states).toEqual(['unknown']);
  });

  test('reads a stream larger than all buffers, at its own pace', async () => {
    // 13 MB: sockets of Linux hold ten at most, both ends together.
    const EVENTS = 800;
    const word = 'x'.repeat(16_384);
    const large = await scriptedUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let event = 0; event < EVENTS; event += 1) response.write(delta(word));
      response.end('data: [DONE]\n\n');
    });
    const client = await clientOf(
      fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: large.url, apiKey: 'k' }] }),
    );
    let length = 0;
    for await (const chunk of await client.chat.completions.create({
      model: 'small',
      messages,
      stream: true,
    })) {
      length += chunk.choices[0]?.delta.content?.length ?? 0;
    }
    expect(length).toBe(EVENTS * word.length);
    await large.close();
  });

  test('that hangs up has its permit settled at once, and is charged what the provider bills when that is known', async () => {
    const slow = await createOpenAISandbox({ perTokenMs: 5 });
    const client = await clientOf(
      fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }] }),
    );
    const stream = await client.chat.completions.create({ model: 'small', messages, stream: true });
    let seen = 0;
    for await (const chunk of stream) {
      seen += chunk.choices.length;
      if (seen === 5) break;
    }
    await expect.poll(() => permit.closed).toBe('settled');
    expect(permit.rows[0]).toMatchObject({ state: 'unknown', usage: { estimated: true } });
    await expect.poll(() => permit.amended).toMatchObject([{ estimated: false }]);
    expect(permit.amended[0]?.completionTokens).toBe(slow.bill().at(-1)?.completion_tokens);
    await slow.close();
  });

  test('gets the words of the provider when it refuses the request, without our key', async () => {
    const key = 'a-key-of-no-known-form';
    const refusing = await scriptedUpstream((response) => {
      response
        .writeHead(400)
        .end(
          JSON.stringify({ error: { message: `'messages' is wrong (${key}, sk-another1)`, code: 'wrong' } }),
        );
    });
    const client = await clientOf(
      fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: refusing.url, apiKey: key }] }),
    );
    await expect(client.chat.completions.create({ model: 'small', messages })).rejects.toMatchObject({
      status: 400,
      code: 'wrong',
      message: expect.stringContaining("'messages' is wrong ([key], [key])") as string,
    });
    expect(permit.closed).toBe('kept: provider_rejected');
    await refusing.close();
  });
});

test.each([true, false])(
  'a client that hangs up before anything was sent is charged nothing: streamed %s',
  async (stream) => {
    const here = fixture.open();
    const prepared = prepareChat(here, JSON.stringify({ model: 'small', messages, stream }), POLICY);
    const signal = AbortSignal.abort();
    await here.endpoint.relay(permit, prepared, { response: fail, signal }).catch(() => {});
    expect(permit.states).toEqual([]);
    expect(permit.closed).toBe('released: client_gone');
  },
);

test('a plain answer may be kept in the commit that settles its permit, before it is sent', async () => {
  const here = fixture.open();
  const kept: string[] = [];
  const prepared = prepareChat(here, JSON.stringify({ model: 'small', messages }), POLICY);
  const settle = async (body: Uint8Array): Promise<void> => {
    kept.push(Buffer.from(body).toString('utf8'));
    await permit.settle();
  };
  await here.endpoint.relay(permit, prepared, { response: fail, settle }).catch(() => {});
  expect(JSON.parse(kept[0] ?? '')).toMatchObject({ object: 'chat.completion' });
  expect(permit.closed).toBe('settled');
});

describe('what the provider is sent', () => {
  test('is forced to store nothing and names the account by a hash only', async () => {
    const upstream = await scriptedUpstream((response) => void response.end(plainAnswer('tea')));
    const client = await clientOf(
      fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }] }),
    );
    const forged = { safety_identifier: 'someone-else', store: true, seed: 7 };
    await client.chat.completions.create({ model: 'small', messages, ...forged });
    const [sent] = upstream.requests;
    const body = JSON.parse(sent?.body ?? '') as Record<string, unknown>;
    expect(body).toMatchObject({
      model: 'sandbox-small',
      store: false,
      seed: 7,
      messages,
      max_completion_tokens: 1_024,
    });
    expect(body['safety_identifier']).toMatch(/^[\w-]{43}$/);
    expect(sent?.body).not.toContain(permit.accountId);
    expect(sent?.body.match(/safety_identifier|"store"/g)).toHaveLength(2);
    expect(sent?.headers['x-request-id']).toBe(permit.requestId);
    await upstream.close();
  });

  test('keeps the digits of a number that JavaScript would round', async () => {
    const upstream = await scriptedUpstream((response) => void response.end(plainAnswer('tea')));
    const here = fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }] });
    const text = `{ "model" : "small", "seed": 9223372036854775807, "messages":[{"role":"user","content":"a \\"quoted\\" \\\\"}] }`;
    await clientOf(here);
    await here.endpoint.relay(permit, prepareChat(here, text, POLICY), { response: fail }).catch(() => {});
    expect(upstream.requests[0]?.body).toContain('"seed": 9223372036854775807');
    expect(JSON.parse(upstream.requests[0]?.body ?? '')).toMatchObject({
      messages: [{ content: 'a "quoted" \\' }],
    });
    await upstream.close();
  });
});

function fail(): never {
  throw new Error('no wire');
}

describe('the reply is capped', () => {
  test('to what the granted reserve buys', async () => {
    const here = fixture.open();
    const text = JSON.stringify({ model: 'small', messages, max_tokens: 1_000 });
    const full = prepareChat(here, text, POLICY);
    permit = recordingPermit({ reserve: Math.floor(full.planned.reserve / 2) });
    const client = await clientOf(here);
    const { response } = await client.chat.completions
      .create({ model: 'small', messages, max_tokens: 1_000 })
      .withResponse();
    const cap = Number(response.headers.get('x-plinth-max-tokens'));
    expect(cap).toBeGreaterThan(0);
    expect(cap).toBeLessThan(1_000);
    expect(permit.rows[0]?.call.reserve).toBeLessThanOrEqual(permit.reserve);
  });

  test('and its reserve counts every reply that is asked for', () => {
    const here = fixture.open();
    const one = prepareChat(here, JSON.stringify({ model: 'small', messages }), POLICY);
    const four = prepareChat(here, JSON.stringify({ model: 'small', messages, n: 4 }), POLICY);
    expect(four.planned.reserve).toBeGreaterThan(one.planned.reserve * 3);
  });
});

describe('a provider that misbehaves', () => {
  test('with an error in its first event is asked again', async () => {
    const upstream = await scriptedUpstream((response, { index }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (index === 0) response.end('data: {"error":{"message":"overloaded"}}\n\n');
      else response.end(`: keep-alive\n\n${delta('tea')}data: [DONE]\n\n`);
    });
    const client = await clientOf(
      fixture.open({ upstreams: [{ name: 'sandbox', baseUrl: upstream.url, apiKey: 'k' }] }),
    );
    const text = await (
      await client.chat.completions.create({ model: 'small', messages, stream: true }).asResponse()
    ).text();
    expect(text).toBe(`: keep-alive\n\n${delta('tea')}data: [DONE]\n\n`);
    await expect.poll(() => permit.states).toEqual(['not_served', 'served']);
    await upstream.close();
  });
});
