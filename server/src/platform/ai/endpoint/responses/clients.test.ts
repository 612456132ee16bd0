import { createOpenAI } from '@ai-sdk/openai';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import OpenAI, { APIError } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile } from '@plinth/testkit/closing';
import { imagePart, png } from '@plinth/testkit/fixtures/ai/pictures';
import { testApp } from '@plinth/testkit/services/app';

const sandbox = await createOpenAISandbox();
atEndOfFile(() => void sandbox.close());
const upstream = (name: string, base_url: string) => ({
  name,
  base_url,
  api_key: 'k',
  models: ['sandbox-small'],
});
/** The sandbox itself, and one that has chat completions alone. */
const upstreams = [
  upstream('sandbox', sandbox.url),
  upstream('chat', sandbox.url.replace('/v1', '/as/anthropic-compat/v1')),
];

const ROW = { input: 100_000, output: 100_000, image_tokens: 3_000, source: 'a test' };
const { url, call, customer } = await testApp({
  settings: {
    AI_UPSTREAMS: JSON.stringify(upstreams),
    AI_CONFIG: JSON.stringify({ version: '2026-11-28', prices: { 'chat/sandbox-small': ROW } }),
  },
});
const who = await customer('gateway.scale');
const options = { baseURL: `${url}/v1/ai`, apiKey: who.key };
const client = new OpenAI({ ...options, maxRetries: 0, logLevel: 'off' });
const ai = createOpenAI(options);
const INPUT = 'Explain the benefits of crop rotation in small gardens.';
const Weather = z.object({ city: z.string() });
const WEATHER = {
  type: 'function' as const,
  name: 'get_weather',
  strict: true,
  parameters: { ...z.toJSONSchema(Weather), additionalProperties: false },
};
const Invoice = z.object({ customer: z.string(), total: z.number() });
const INVOICE = 'Customer: Acme Robotics\nTotal: 1,250.50';

afterEach(() => sandbox.faults.clear());

const failureOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => new Error('the call went through'),
    (reason: unknown) => reason,
  );

const firstOf = (list: unknown): unknown => (Array.isArray(list) ? list[0] : undefined);

/** The newest event of the ledger is what the sandbox billed last. */
async function expectBilled(endpoint: string): Promise<void> {
  const last = sandbox.bill().at(-1);
  if (last === undefined) throw new Error('nothing was billed');
  const { prompt_tokens, completion_tokens, reasoning_tokens } = last;
  const billed = { status: 'posted', estimated: false, prompt_tokens, completion_tokens, reasoning_tokens };
  await expect
    .poll(async () => firstOf((await call(who.key, 'GET /v1/usage')).body['events']))
    .toMatchObject(billed);
  expect(last.endpoint).toBe(endpoint);
}

/** A model that is asked in Responses, and one that is asked in chat completions. */
describe.each([
  ['sandbox/sandbox-small', '/v1/responses'],
  ['chat/sandbox-small', '/v1/chat/completions'],
])('%s by the official openai package', (model, endpoint) => {
  test('answers, plain and streamed, alike', async () => {
    const plain = await client.responses.create({ model, input: INPUT });
    expect(plain).toMatchObject({ object: 'response', status: 'completed', error: null });
    expect(plain.output_text).toContain('crop rotation');
    await expectBilled(endpoint);
    // The package puts the events together itself, and refuses those that do not fit.
    const streamed = await client.responses.stream({ model, input: INPUT }).finalResponse();
    expect(streamed.output_text).toBe(plain.output_text);
    expect(streamed.usage).toEqual(plain.usage);
    await expectBilled(endpoint);
  });

  test('an answer that is cut is incomplete', async () => {
    const body = { model, input: INPUT, max_output_tokens: 20 };
    const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    expect(await client.responses.create(body)).toMatchObject(cut);
    expect(await client.responses.stream(body).finalResponse()).toMatchObject(cut);
  });

  test('tools go round', async () => {
    const question = { role: 'user' as const, content: 'Will the weather in Paris hold tomorrow?' };
    const request = { model, tools: [WEATHER], instructions: 'Answer in one sentence.' };
    const { output } = await client.responses.create({ ...request, input: [question] });
    const streamed = await client.responses.stream({ ...request, input: [question] }).finalResponse();
    expect(streamed.output).toMatchObject([{ type: 'function_call', arguments: '{"city":"Paris"}' }]);
    const [item] = output;
    if (item?.type !== 'function_call') throw new Error('no call');
    expect(item).toMatchObject({ name: 'get_weather', arguments: '{"city":"Paris"}', status: 'completed' });
    const result = { type: 'function_call_output' as const, call_id: item.call_id, output: 'sunny' };
    const second = await client.responses.create({ ...request, input: [question, item, result] });
    expect(second.output_text).toContain('sunny');
    await expectBilled(endpoint);
  });

  test('structured output follows its schema', async () => {
    const request = { model, input: INVOICE, text: { format: zodTextFormat(Invoice, 'invoice') } };
    const expected = { customer: 'Acme Robotics', total: 1250.5 };
    expect((await client.responses.parse(request)).output_parsed).toEqual(expected);
    expect((await client.responses.stream(request).finalResponse()).output_parsed).toEqual(expected);
  });

  test('a picture is counted', async () => {
    const { image_url } = imagePart(png(64, 64, 500)) as { image_url: { url: string } };
    const content = [
      { type: 'input_text' as const, text: INPUT },
      { type: 'input_image' as const, image_url: image_url.url, detail: 'low' as const },
    ];
    await client.responses.create({ model, input: [{ role: 'user', content }] });
    expect(sandbox.bill().at(-1)?.prompt_tokens).toBeGreaterThan(2_833);
    await expectBilled(endpoint);
  });

  test('a failure in mid-stream is an error of the API, and no answer', async () => {
    sandbox.faults.next({ kind: 'dialect', as: 'error_event' });
    const failure = await failureOf(client.responses.stream({ model, input: INPUT }).finalResponse());
    expect(failure).toBeInstanceOf(APIError);
    expect(failure).toMatchObject({
      type: 'server_error',
      message: expect.stringContaining('not available') as string,
    });
  });

  test('an error in mid-stream is numbered behind the events before it', async () => {
    sandbox.faults.next({ kind: 'dialect', as: 'error_event' });
    const response = await fetch(`${url}/v1/ai/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${who.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, input: INPUT, stream: true }),
    });
    const numbers = [...(await response.text()).matchAll(/"sequence_number":(\d+)/g)].map(([, n]) =>
      Number(n),
    );
    expect(numbers.length).toBeGreaterThan(2);
    expect(numbers).toEqual(numbers.map((_, nth) => nth));
  });

  test('an answer is kept under an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': `kept-${endpoint}` };
    const ask = () => call(who.key, 'POST /v1/ai/responses', { body: { model, input: INPUT }, headers });
    const before = sandbox.bill().length;
    const [first, second] = [await ask(), await ask()];
    expect(first.status).toBe(200);
    expect(second.body).toEqual(first.body);
    expect(sandbox.bill()).toHaveLength(before + 1);
  });
});

describe.each(['small', 'chat/sandbox-small'])('%s by the AI SDK', (model) => {
  test('generateText and streamText say the same', async () => {
    const { text, usage } = await generateText({ model: ai(model), prompt: INPUT });
    expect(usage.outputTokens).toBe(sandbox.bill().at(-1)?.completion_tokens);
    const streamed = streamText({ model: ai(model), prompt: INPUT });
    expect(await streamed.text).toBe(text);
    expect(await streamed.finishReason).toBe('stop');
  });

  test.each([generateText, streamText] as const)('tools go round by themselves: %o', async (generate) => {
    const asked: string[] = [];
    const weather = tool({
      inputSchema: Weather,
      execute: ({ city }) => {
        asked.push(city);
        return 'sunny, 21 degrees';
      },
    });
    const result = await generate({
      model: ai(model),
      prompt: 'Will the weather in Paris hold tomorrow?',
      tools: { get_weather: weather },
      stopWhen: stepCountIs(3),
    });
    expect(await result.text).toContain('sunny');
    expect(asked).toEqual(['Paris']);
  });

  test('an object follows its schema', async () => {
    const { output } = await generateText({
      model: ai(model),
      prompt: INVOICE,
      output: Output.object({ schema: Invoice }),
    });
    expect(output).toEqual({ customer: 'Acme Robotics', total: 1250.5 });
  });
});

test('reasoning is shown and counted, and may be sent back sealed', async () => {
  const request = {
    model: 'sandbox/sandbox-small',
    reasoning: { effort: 'low', summary: 'auto' },
    include: ['reasoning.encrypted_content'],
  } satisfies OpenAI.Responses.ResponseCreateParams;
  const { output, usage } = await client.responses.stream({ ...request, input: INPUT }).finalResponse();
  expect(output[0]).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text' }] });
  expect(usage?.output_tokens_details.reasoning_tokens).toBe(16);
  await expectBilled('/v1/responses');
  const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: INPUT }];
  for (const item of output) if (item.type === 'reasoning' || item.type === 'message') input.push(item);
  expect(await client.responses.create({ ...request, input })).toMatchObject({ status: 'completed' });
});

test.each([
  ['reasoning of before', 'input.reasoning', { input: [{ type: 'reasoning', id: 'r', summary: [] }] }],
  ['truncation', 'truncation', { truncation: 'auto' }],
  ['a summary of thoughts', 'reasoning.summary', { reasoning: { effort: 'low', summary: 'auto' } }],
  ['a custom tool', 'tools', { tools: [{ type: 'custom', name: 'grep' }] }],
  ['log probabilities', 'top_logprobs', { top_logprobs: 2 }],
])('a model that is asked in chat completions is not asked without %s', async (_, field, change) => {
  const before = sandbox.requests();
  const body = { model: 'chat/sandbox-small', input: INPUT, ...change };
  const { status, body: said } = await call(who.key, 'POST /v1/ai/responses', { body });
  expect([status, said['error']]).toMatchObject([400, { code: 'field_refused', param: field }]);
  expect(sandbox.requests()).toBe(before);
});

test('a model of no text is told where it is asked', async () => {
  const body = { model: 'embedding', input: INPUT };
  const { status, body: said } = await call(who.key, 'POST /v1/ai/responses', { body });
  expect([status, said['error']]).toMatchObject([404, { param: 'model' }]);
});
