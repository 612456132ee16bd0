import OpenAI, { APIError, APIUserAbortError, NotFoundError, RateLimitError } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createFixture } from '../testing/fixture.ts';

const { sandbox, ask, billed } = await createFixture();
const client = new OpenAI({
  baseURL: sandbox.url,
  apiKey: sandbox.apiKey,
  maxRetries: 0,
  logLevel: 'off',
});

const GARDEN = { model: 'sandbox-small', input: 'Explain the benefits of crop rotation in small gardens.' };
const WEATHER = {
  type: 'function' as const,
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const THINKING = {
  ...GARDEN,
  model: 'sandbox-reasoning',
  reasoning: { effort: 'low', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
} satisfies OpenAI.Responses.ResponseCreateParams;

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => new Error('the call went through'),
    (reason: unknown) => reason,
  );

async function streamed(body: OpenAI.Responses.ResponseCreateParamsNonStreaming) {
  const events: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of await client.responses.create({ ...body, stream: true })) events.push(event);
  return events;
}

describe('the official openai package', () => {
  test('gets the answer that chat completions give, with the request id and usage that are billed', async () => {
    const { data: answer, request_id } = await client.responses.create(GARDEN).withResponse();
    const chat = await client.chat.completions.create({
      model: GARDEN.model,
      messages: [{ role: 'user', content: GARDEN.input }],
    });
    expect(answer.output_text).toBe(chat.choices[0]?.message.content);
    expect(answer).toMatchObject({ object: 'response', status: 'completed', error: null });
    expect(answer.usage).toMatchObject({
      input_tokens: chat.usage?.prompt_tokens,
      output_tokens: chat.usage?.completion_tokens,
      total_tokens: chat.usage?.total_tokens,
    });
    expect(billed()[0]).toMatchObject({
      request_id,
      endpoint: '/v1/responses',
      prompt_tokens: answer.usage?.input_tokens,
      completion_tokens: answer.usage?.output_tokens,
    });
  });

  test.each([
    ['text', GARDEN],
    ['a call', { ...GARDEN, input: 'The weather in Paris?', tools: [WEATHER] }],
    ['reasoning', THINKING],
    ['an answer that is cut', { ...GARDEN, max_output_tokens: 16 }],
  ])('a stream of %s ends in what the plain answer says', async (_, body) => {
    const plain = await client.responses.create(body);
    const events = await streamed(body);
    expect(events.map(({ sequence_number: at }) => at)).toEqual(events.map((_event, at) => at));
    const last = events.at(-1);
    if (last === undefined || !('response' in last)) throw new Error('no end');
    expect(last.type).toBe(`response.${plain.status}`);
    const { id: _id, created_at: _at, ...ended } = last.response;
    expect(plain).toMatchObject(ended);
    // The package puts the events together itself, and refuses those that do not fit.
    const whole = await client.responses.stream(body).finalResponse();
    expect(whole.output).toMatchObject(plain.output);
  });

  test('max_output_tokens makes an answer incomplete, and only that much is billed', async () => {
    const answer = await client.responses.create({ ...GARDEN, max_output_tokens: 16 });
    expect(answer).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ type: 'message', status: 'incomplete' }],
    });
    expect(billed()).toMatchObject([{ completion_tokens: 16 }]);
  });

  test('a tool is called, and its output is played back', async () => {
    const question = { role: 'user' as const, content: 'Will the weather in Paris hold tomorrow?' };
    const request = { model: 'sandbox-small', tools: [WEATHER] };
    const { output } = await client.responses.create({ ...request, input: [question] });
    const [call] = output;
    if (call?.type !== 'function_call') throw new Error('no call');
    expect(call).toMatchObject({ name: 'get_weather', arguments: '{"city":"Paris"}', status: 'completed' });
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: 'sunny' };
    const second = await client.responses.create({ ...request, input: [question, call, result] });
    expect(second.output_text).toContain('sunny');
  });

  test('tool_choice decides: none never calls, required and a name always do', async () => {
    const request = { ...GARDEN, tools: [WEATHER] };
    const kinds = async (tool_choice: OpenAI.Responses.ResponseCreateParams['tool_choice']) =>
      (await client.responses.create({ ...request, ...(tool_choice && { tool_choice }) })).output.map(
        ({ type }) => type,
      );
    expect(await kinds('none')).toEqual(['message']);
    expect(await kinds('required')).toEqual(['function_call']);
    expect(await kinds({ type: 'function', name: 'get_weather' })).toEqual(['function_call']);
  });

  test('structured output follows the schema', async () => {
    const Invoice = z.object({ customer: z.string(), total: z.number() });
    const request = {
      model: 'sandbox-small',
      instructions: 'Read the invoice.',
      input: 'Customer: Acme Robotics\nTotal: 1,250.50',
      text: { format: zodTextFormat(Invoice, 'invoice') },
    };
    const expected = { customer: 'Acme Robotics', total: 1250.5 };
    expect((await client.responses.parse(request)).output_parsed).toEqual(expected);
    expect((await client.responses.stream(request).finalResponse()).output_parsed).toEqual(expected);
  });

  test('an effort is thought first, within the cap, and its sealed text may be sent back', async () => {
    const answer = await client.responses.create(THINKING);
    const [thought] = answer.output;
    expect(thought).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text' }] });
    expect(answer.usage?.output_tokens_details.reasoning_tokens).toBe(16);
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: GARDEN.input }];
    for (const item of answer.output)
      if (item.type === 'reasoning' || item.type === 'message') input.push(item);
    expect(await client.responses.create({ ...GARDEN, input })).toMatchObject({ status: 'completed' });
    const cut = await client.responses.create({ ...THINKING, max_output_tokens: 16 });
    expect(cut).toMatchObject({ status: 'incomplete', output: [{ type: 'reasoning' }] });
    expect(billed().map(({ reasoning_tokens: thoughts }) => thoughts)).toEqual([16, 0, 16]);
  });

  test('a picture costs tokens', async () => {
    const image_url = 'https://example.com/a.png';
    const content = [
      { type: 'input_text' as const, text: GARDEN.input },
      { type: 'input_image' as const, image_url, detail: 'low' as const },
    ];
    await client.responses.create(GARDEN);
    await client.responses.create({ ...GARDEN, input: [{ role: 'user', content }] });
    expect((billed()[1]?.prompt_tokens ?? 0) - (billed()[0]?.prompt_tokens ?? 0)).toBe(2_833);
  });
});

describe('refusals, never billed', () => {
  test.each<[name: string, change: object, refusal: object]>([
    ['no input', { input: undefined }, { status: 400, param: 'input' }],
    ['an unknown field', { smell: 1 }, { status: 400, message: expect.stringContaining('smell') }],
    ['a made-up item', { input: [{ type: 'king' }] }, { status: 400, param: 'input[0].type' }],
    ['a tool without a name', { tools: [{ type: 'function' }] }, { status: 400, param: 'tools[0].name' }],
    ['another tool', { tools: [{ type: 'web_search' }] }, { status: 400, param: 'tools[0].type' }],
    ['an unknown model', { model: 'gpt-9' }, { status: 404, code: 'model_not_found' }],
    ['a response of before', { previous_response_id: 'resp_1' }, { status: 404 }],
    ['an item of before', { input: [{ type: 'item_reference', id: 'msg_1' }] }, { status: 404 }],
    ['reasoning by its id', { input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] }, { status: 404 }],
    [
      'an output without its call',
      { input: [{ type: 'function_call_output', call_id: 'c', output: '' }] },
      { status: 400, param: 'input' },
    ],
    [
      'a call without its output',
      { input: [{ type: 'function_call', call_id: 'c', name: 'n', arguments: '{}' }] },
      { status: 400, param: 'input' },
    ],
  ])('%s', async (_, change, refusal) => {
    const error = await failureOf(client.responses.create({ ...GARDEN, ...change }));
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject(refusal);
    expect(billed()).toEqual([]);
  });

  test('a family of models that speaks chat alone has no such path', async () => {
    const baseURL = sandbox.url.replace(/\/v1$/, '/as/groq-cloud/v1');
    const groq = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 });
    expect(await failureOf(groq.responses.create(GARDEN))).toBeInstanceOf(NotFoundError);
  });
});

describe('faults', () => {
  test('a status is the error of its class', async () => {
    sandbox.faults.next({ kind: 'status', status: 429 });
    expect(await failureOf(client.responses.create(GARDEN))).toBeInstanceOf(RateLimitError);
    expect(billed()).toEqual([]);
  });

  test('an error in mid-stream is thrown by the package; a failed response is an event, and plainly a status', async () => {
    sandbox.faults.next(
      { kind: 'dialect', as: 'error_event' },
      { kind: 'dialect', as: 'failed' },
      { kind: 'dialect', as: 'failed' },
    );
    expect(await failureOf(streamed(GARDEN))).toMatchObject({ code: 'server_error' });
    const failed = { status: 'failed', error: { code: 'server_error' }, output: [] };
    expect((await streamed(GARDEN)).at(-1)).toMatchObject({ type: 'response.failed', response: failed });
    expect(await client.responses.create(GARDEN)).toMatchObject(failed);
  });

  test('a stream that is cut has its first tokens and no end, and is billed whole', async () => {
    sandbox.faults.next({ kind: 'cut_stream', after: 3 });
    const types = (await streamed(GARDEN)).map(({ type }) => type);
    expect(types.filter((type) => type === 'response.output_text.delta')).toHaveLength(3);
    expect(types).not.toContain('response.completed');
    const whole = await client.responses.create(GARDEN);
    expect(billed()[0]?.completion_tokens).toBe(whole.usage?.output_tokens);
  });

  test('a stream whose caller aborts is billed whole', async () => {
    sandbox.faults.next({ kind: 'hang_midstream', after: 2 });
    const runner = client.responses.stream(GARDEN);
    runner.on('response.output_text.delta', () => runner.abort());
    expect(await failureOf(runner.finalResponse())).toBeInstanceOf(APIUserAbortError);
    await vi.waitFor(() => expect(billed()).toMatchObject([{ hung_up: true, streamed: true }]), {
      timeout: 120_000,
    });
    const whole = await client.responses.create(GARDEN);
    expect(billed()[0]?.completion_tokens).toBe(whole.usage?.output_tokens);
  });

  test('usage goes missing, and an event is no JSON', async () => {
    sandbox.faults.next({ kind: 'missing_usage' }, { kind: 'malformed_json', after: 1 });
    expect(await client.responses.create(GARDEN)).not.toHaveProperty('usage');
    expect(await failureOf(streamed(GARDEN))).toBeInstanceOf(SyntaxError);
    expect(billed()).toHaveLength(2);
  });

  test('the end of a stream can come in two packets', async () => {
    sandbox.faults.next({ kind: 'split_done', ms: 1 });
    const text = await (await ask({ path: '/responses', body: { ...GARDEN, stream: true } })).text();
    expect(text).toMatch(/event: response\.completed\ndata: \{.*\}\n\n$/);
  });
});
