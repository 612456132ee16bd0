import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type OpenAISandbox, createOpenAISandbox } from './index.ts';

let sandbox: OpenAISandbox;
let client: OpenAI;

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
  client = new OpenAI({ baseURL: sandbox.url, apiKey: sandbox.apiKey, maxRetries: 0 });
});
beforeEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

const GARDEN = [
  { role: 'user' as const, content: 'Explain the benefits of crop rotation in small gardens.' },
];
const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

async function failureOf(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => new Error('the call went through'),
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw error;
}

function askForJson(content: string) {
  return client.chat.completions.create({
    model: 'sandbox-small',
    messages: [{ role: 'user', content }],
    response_format: { type: 'json_object' },
  });
}

async function askWithTool(tool_choice: OpenAI.ChatCompletionToolChoiceOption, content: string) {
  const messages = [{ role: 'user' as const, content }];
  const request = { model: 'sandbox-small', messages, tools: [WEATHER], tool_choice };
  return (await client.chat.completions.create(request)).choices[0];
}

function dot(one: number[], other: number[]): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

function languageModel() {
  const { url: baseURL, apiKey } = sandbox;
  const options = { name: 'sandbox', baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true };
  return createOpenAICompatible(options)('sandbox-small');
}

describe('the official openai package', () => {
  test('gets an answer about its subject, named sandbox, with the request id that is billed', async () => {
    const { data: answer, request_id } = await client.chat.completions
      .create(
        { model: 'sandbox-small', messages: GARDEN, reasoning_effort: 'high' },
        { headers: { 'x-request-id': 'mine-1' } },
      )
      .withResponse();
    expect(answer.choices[0]?.message.content).toContain('crop rotation');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer).toMatchObject({
      model: 'sandbox-small',
      system_fingerprint: 'sandbox',
      object: 'chat.completion',
    });
    expect(sandbox.bill().at(-1)).toMatchObject({
      request_id,
      client_request_id: 'mine-1',
      model: 'sandbox-small',
      endpoint: '/v1/chat/completions',
      prompt_tokens: answer.usage?.prompt_tokens,
      completion_tokens: answer.usage?.completion_tokens,
      streamed: false,
      hung_up: false,
    });
  });

  test('equal requests get equal answers, n choices are different', async () => {
    const request = { model: 'sandbox-large', messages: GARDEN, n: 3 };
    const one = await client.chat.completions.create(request);
    const other = await client.chat.completions.create(request);
    expect(one.choices).toEqual(other.choices);
    expect(new Set(one.choices.map(({ message }) => message.content)).size).toBe(3);
    expect(one.id).not.toBe(other.id);
  });

  test('a stream says the same as the plain answer and ends in the same usage', async () => {
    const request = { model: 'sandbox-small', messages: GARDEN, n: 2 };
    const plain = await client.chat.completions.create(request);
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    const usages: unknown[] = [];
    for await (const chunk of stream) {
      for (const { index, delta } of chunk.choices) texts[index] += delta.content ?? '';
      if (chunk.usage) usages.push(chunk.usage);
    }
    expect(texts).toEqual(plain.choices.map(({ message }) => message.content));
    expect(usages).toEqual([plain.usage]);
    expect(sandbox.bill().at(-1)).toMatchObject({ streamed: true });
  });

  test('a stream that asks for no usage gets none', async () => {
    const stream = await client.chat.completions.create({
      model: 'sandbox-small',
      messages: GARDEN,
      stream: true,
    });
    for await (const chunk of stream) {
      expect(chunk.choices).not.toEqual([]);
      expect(chunk.usage).toBeUndefined();
    }
  });

  test.each(['max_tokens', 'max_completion_tokens'])(
    '%s cuts the answer, and only that much is billed',
    async (name) => {
      const answer = await client.chat.completions.create({
        model: 'sandbox-small',
        messages: GARDEN,
        [name]: 5,
      });
      expect(answer.choices[0]?.finish_reason).toBe('length');
      expect(answer.usage?.completion_tokens).toBe(5);
      expect(sandbox.bill().at(-1)?.completion_tokens).toBe(5);
    },
  );

  test('a stop sequence ends the answer before it', async () => {
    const request = { model: 'sandbox-small', messages: GARDEN };
    const whole = (await client.chat.completions.create(request)).choices[0]?.message.content ?? '';
    const [cut] = (await client.chat.completions.create({ ...request, stop: ['rotation'] })).choices;
    expect(cut?.message.content).toBe(whole.slice(0, whole.indexOf('rotation')));
    expect(cut?.finish_reason).toBe('stop');
  });

  test('structured output follows the schema, streamed too', async () => {
    const Invoice = z.object({ customer: z.string(), total: z.number(), due: z.iso.date() });
    const request = {
      model: 'sandbox-small',
      messages: [
        { role: 'user' as const, content: 'Customer: Acme Robotics\nTotal: 1,250.50\nDue: 2026-05-03' },
      ],
      response_format: {
        type: 'json_schema' as const,
        json_schema: { name: 'invoice', strict: true, schema: z.toJSONSchema(Invoice) },
      },
    };
    const expected = { customer: 'Acme Robotics', total: 1250.5, due: '2026-05-03' };
    const plain = await client.chat.completions.parse(request);
    expect(JSON.parse(plain.choices[0]?.message.content ?? '')).toEqual(expected);
    const streamed = await client.chat.completions.stream(request).finalContent();
    expect(JSON.parse(streamed ?? '')).toEqual(expected);
  });

  test('json_object gives an object, and is refused when nobody speaks of JSON, as OpenAI does', async () => {
    const answer = await askForJson('Answer in JSON.\nTopic: crop rotation');
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toMatchObject({ topic: 'crop rotation' });
    expect(await failureOf(askForJson('Topic: crop rotation'))).toMatchObject({
      status: 400,
      param: 'messages',
    });
  });

  test('a tool is called when the user speaks of it, and its answer is played back', async () => {
    const question = { role: 'user' as const, content: 'Will the weather in Paris hold tomorrow?' };
    const first = await client.chat.completions.create({
      model: 'sandbox-small',
      messages: [question],
      tools: [WEATHER],
    });
    const [choice] = first.choices;
    const [call] = choice?.message.tool_calls ?? [];
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(call).toMatchObject({
      type: 'function',
      function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
    });
    if (choice === undefined || call === undefined) throw new Error('no call');
    const second = await client.chat.completions.create({
      model: 'sandbox-small',
      messages: [
        question,
        choice.message,
        { role: 'tool', tool_call_id: call.id, content: 'sunny, 21 degrees' },
      ],
      tools: [WEATHER],
    });
    expect(second.choices[0]?.message.content).toContain('sunny, 21 degrees');
    expect(second.choices[0]?.finish_reason).toBe('stop');
  });

  test('tool_choice decides: none never calls, required and a name always do', async () => {
    expect((await askWithTool('none', 'The weather in Paris?'))?.message.tool_calls).toBeUndefined();
    expect((await askWithTool('auto', 'Tell me a story.'))?.message.tool_calls).toBeUndefined();
    expect((await askWithTool('required', 'Tell me a story.'))?.message.tool_calls).toHaveLength(1);
    const named = await askWithTool(
      { type: 'function', function: { name: 'get_weather' } },
      'Tell me a story.',
    );
    expect(named).toMatchObject({ finish_reason: 'stop', message: { tool_calls: [{ type: 'function' }] } });
  });

  test('a streamed tool call is put together by the client', async () => {
    const runner = client.chat.completions.stream({
      model: 'sandbox-small',
      messages: [{ role: 'user', content: 'The weather in Paris?' }],
      tools: [WEATHER],
    });
    const { choices } = await runner.finalChatCompletion();
    expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { arguments: '{"city":"Paris"}' },
    });
  });

  test('embeddings are unit vectors, and texts that share words are nearer', async () => {
    const texts = ['small teams ship faster', 'why a small team ships fast', 'a recipe for lentil soup'];
    const { data, usage } = await client.embeddings.create({ model: 'sandbox-embed', input: texts });
    const [one = [], near = [], far = []] = data.map(({ embedding }) => embedding);
    expect(one).toHaveLength(1536);
    expect(dot(one, one)).toBeCloseTo(1, 4);
    expect(dot(one, near)).toBeGreaterThan(dot(one, far) + 0.2);
    expect(sandbox.bill().at(-1)).toMatchObject({
      endpoint: '/v1/embeddings',
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: 0,
    });
  });

  test('embeddings are the same as numbers and as base64, and as short as asked', async () => {
    const request = { model: 'sandbox-embed', input: 'small teams', dimensions: 64 };
    const packed = await client.embeddings.create(request);
    const plain = await client.embeddings.create({ ...request, encoding_format: 'float' });
    expect(plain.data[0]?.embedding).toHaveLength(64);
    expect(plain.data[0]?.embedding).toEqual(packed.data[0]?.embedding);
  });

  test('models are listed by name', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual([
      'sandbox-small',
      'sandbox-large',
      'sandbox-reasoning',
      'sandbox-embed',
      'sandbox-image',
      'sandbox-speech',
      'sandbox-transcribe',
      'sandbox-whisper',
      'omni-moderation-latest',
    ]);
    expect(await client.models.retrieve('sandbox-large')).toMatchObject({ owned_by: 'sandbox' });
  });

  test('an unknown model, and one that does other work, are refused and not billed', async () => {
    const before = sandbox.bill().length;
    const unknown = client.chat.completions.create({ model: 'gpt-9', messages: GARDEN });
    expect(await failureOf(unknown)).toMatchObject({
      status: 404,
      code: 'model_not_found',
      type: 'invalid_request_error',
    });
    const wrong = client.chat.completions.create({ model: 'sandbox-embed', messages: GARDEN });
    expect(await failureOf(wrong)).toMatchObject({ status: 404, param: 'model' });
    expect(sandbox.bill()).toHaveLength(before);
  });
});

describe('the AI SDK', () => {
  const PROMPT = [
    { role: 'user' as const, content: [{ type: 'text' as const, text: 'The weather in Paris?' }] },
  ];

  test('reads text, usage and the finish reason', async () => {
    const answer = await languageModel().doGenerate({ prompt: PROMPT });
    expect(answer.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Paris') }]);
    expect(answer.finishReason).toMatchObject({ unified: 'stop' });
    expect(answer.usage.outputTokens.total).toBe(sandbox.bill().at(-1)?.completion_tokens);
  });

  test('reads a streamed tool call and its usage', async () => {
    const { name, parameters: inputSchema } = WEATHER.function;
    const tools = [
      { type: 'function' as const, name, inputSchema: z.toJSONSchema(z.object({ city: z.string() })) },
    ];
    expect(inputSchema.required).toEqual(['city']);
    const { stream } = await languageModel().doStream({ prompt: PROMPT, tools });
    const parts: unknown[] = [];
    for await (const part of stream) parts.push(part);
    expect(parts).toContainEqual(
      expect.objectContaining({ type: 'tool-call', toolName: name, input: '{"city":"Paris"}' }),
    );
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'tool-calls' } });
  });

  test('gets structured output', async () => {
    const schema = z.toJSONSchema(z.object({ city: z.string() }));
    const { content } = await languageModel().doGenerate({
      prompt: PROMPT,
      responseFormat: { type: 'json', name: 'place', schema },
    });
    expect(content).toMatchObject([{ type: 'text', text: '{"city":"Paris"}' }]);
  });
});
