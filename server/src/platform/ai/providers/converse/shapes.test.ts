import type { ConverseRequest, ConverseResponse, TokenUsage } from '@aws-sdk/client-bedrock-runtime';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { describe, expect, test } from 'vitest';
import '../../errors.ts';
import { readUsage } from '../../metering/usage.ts';
import type { TranslationContext, VendorUpstream } from '../translation.ts';
import { CONVERSE } from './converse.ts';

const context: TranslationContext = {
  upstream: {} as VendorUpstream,
  model: 'm',
  stream: false,
  now: 1_700_000_000_000,
};
const headers = { 'x-amzn-requestid': 'aws-1' };

function answer(value: unknown, { status = 200, type }: { status?: number; type?: string } = {}) {
  const said = {
    status,
    headers: { ...headers, 'x-amzn-errortype': type },
    body: Buffer.from(JSON.stringify(value)),
  };
  const { status: told, body } = CONVERSE.answer(said, context);
  return {
    status: told,
    ...(JSON.parse(body.toString('utf8')) as { readonly usage?: never; readonly error?: object }),
  };
}

describe('a chat request is written as Converse has it', () => {
  const user = { role: 'user', content: 'Hi' } as const;
  const said = [{ role: 'user', content: [{ text: 'Hi' }] }] satisfies ConverseRequest['messages'];
  const call = { id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };

  test.each<[string, object, Omit<ConverseRequest, 'modelId'>]>([
    ['words', { messages: [user] }, { messages: said }],
    [
      'words of the system, with what is to be kept',
      {
        messages: [
          {
            role: 'developer',
            content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
          },
          user,
        ],
      },
      { system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }], messages: said },
    ],
    [
      'figures',
      {
        messages: [user],
        max_tokens: 9,
        temperature: 0.5,
        top_p: 0.9,
        stop: 'END',
        n: 1,
        user: 'u',
        seed: null,
      },
      {
        messages: said,
        inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
      },
    ],
    [
      'an effort, a tier and a form of the answer',
      {
        messages: [user],
        reasoning_effort: 'high',
        service_tier: 'flex',
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
      },
      {
        messages: said,
        outputConfig: {
          effort: 'high',
          textFormat: {
            type: 'json_schema',
            structure: { jsonSchema: { name: 'a', schema: '{"type":"object"}' } },
          },
        },
        serviceTier: { type: 'flex' },
      },
    ],
    [
      'tools',
      {
        messages: [user],
        tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', strict: true } }],
        tool_choice: { type: 'function', function: { name: 'look' } },
      },
      {
        messages: said,
        toolConfig: {
          tools: [
            {
              toolSpec: {
                name: 'look',
                description: 'Looks.',
                strict: true,
                inputSchema: { json: { type: 'object', properties: {} } },
              },
            },
          ],
          toolChoice: { tool: { name: 'look' } },
        },
      },
    ],
    [
      'a turn with a signed thought and a call, and its results with the next words in one turn',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: null,
            refusal: null,
            reasoning_content: 'Hm.',
            reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0 }],
            tool_calls: [call],
          },
          { role: 'tool', tool_call_id: 't1', content: [{ type: 'text', text: 'seen', cache_control: {} }] },
          { role: 'user', content: 'Go on' },
        ],
      },
      {
        messages: [
          ...said,
          {
            role: 'assistant',
            content: [
              { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'sig' } } },
              { toolUse: { toolUseId: 't1', name: 'look', input: { at: 1 } } },
            ],
          },
          {
            role: 'user',
            content: [
              { toolResult: { toolUseId: 't1', content: [{ text: 'seen' }] } },
              { cachePoint: { type: 'default' } },
              { text: 'Go on' },
            ],
          },
        ],
      },
    ],
  ])('%s', (_, chat, converse) => {
    expect(CONVERSE.body({ model: 'm', stream: true, ...chat })).toEqual(converse);
  });

  test('a picture by its bytes', () => {
    const picture = { type: 'image_url', image_url: { url: 'data:image/jpg;base64,AAAA' } };
    expect(CONVERSE.body({ messages: [{ role: 'user', content: [picture] }] })).toEqual({
      messages: [{ role: 'user', content: [{ image: { format: 'jpeg', source: { bytes: 'AAAA' } } }] }],
    });
  });

  test.each<[string, object]>([
    ['seed', { seed: 1 }],
    ['n', { n: 2 }],
    ['logit_bias', { logit_bias: { 1: 1 } }],
    ['frequency_penalty', { frequency_penalty: 0.5 }],
    ['parallel_tool_calls', { parallel_tool_calls: false }],
    ['reasoning_effort', { reasoning_effort: 'none' }],
    ['response_format', { response_format: { type: 'json_object' } }],
    ['tools.type', { tools: [{ type: 'custom', custom: { name: 'x' } }] }],
    ['tool_choice', { tool_choice: 'none' }],
    ['messages.role', { messages: [user, { role: 'system', content: 'Be brief.' }] }],
    ['messages.name', { messages: [{ ...user, name: 'Ann' }] }],
    ['messages.function_call', { messages: [{ role: 'assistant', function_call: {} }] }],
    [
      'messages.tool_calls',
      { messages: [{ role: 'assistant', tool_calls: [{ ...call, function: { arguments: '{' } }] }] },
    ],
    [
      'messages.content.image_url',
      {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.test/b.png' } }] },
        ],
      },
    ],
  ])('but for %s, which it does not have', (field, fields) => {
    const lost = expect.objectContaining({
      code: 'field_refused',
      details: { field, reason: 'lost' },
    }) as unknown;
    expect(() => CONVERSE.body({ messages: [user], ...fields })).toThrow(lost);
  });
});

/** As AWS documents them, and as its vendors have been seen to write them. */
describe('usage', () => {
  test.each<[string, TokenUsage, object]>([
    [
      'of a plain call',
      { inputTokens: 30, outputTokens: 628, totalTokens: 658 },
      { promptTokens: 30, cachedTokens: 0, completionTokens: 628 },
    ],
    [
      'of a prompt that was read from the cache: it is not part of the input',
      {
        inputTokens: 4,
        outputTokens: 100,
        totalTokens: 1_204,
        cacheReadInputTokens: 1_000,
        cacheWriteInputTokens: 100,
      },
      { promptTokens: 1_104, cachedTokens: 1_000, cacheWriteTokens: 100, completionTokens: 100 },
    ],
    [
      'of one that was written for an hour, in part',
      {
        inputTokens: 4,
        outputTokens: 10,
        totalTokens: 1_214,
        cacheReadInputTokens: 0,
        cacheWriteInputTokens: 1_200,
        cacheDetails: [
          { ttl: '1h', inputTokens: 800 },
          { ttl: '5m', inputTokens: 400 },
        ],
      },
      { promptTokens: 1_204, cacheWriteTokens: 1_200, cacheWriteHourTokens: 800, completionTokens: 10 },
    ],
  ])('%s', (_, usage, figures) => {
    const plain = {
      output: { message: { role: 'assistant', content: [{ text: 'Tea' }] } },
      stopReason: 'end_turn',
      usage,
      metrics: { latencyMs: 1 },
    } satisfies ConverseResponse;
    const chat = answer(plain);
    expect(chat).toMatchObject({
      id: 'aws-1',
      model: 'm',
      created: 1_700_000_000,
      object: 'chat.completion',
    });
    expect(readUsage(chat.usage)).toMatchObject(figures);
  });
});

describe('an error gets the status and the code of its kind', () => {
  test.each<[type: string, status: number, message: string, told: number, code: string]>([
    [
      'ThrottlingException:',
      429,
      'Too many tokens, please wait before trying again.',
      429,
      'ThrottlingException',
    ],
    ['ServiceQuotaExceededException', 400, 'Quota.', 429, 'ServiceQuotaExceededException'],
    ['ModelNotReadyException', 429, 'Not ready.', 429, 'ModelNotReadyException'],
    ['ModelErrorException', 424, 'The model failed.', 500, 'ModelErrorException'],
    ['ModelTimeoutException', 408, 'Too slow.', 408, 'ModelTimeoutException'],
    ['AccessDeniedException', 403, "You don't have access to the model.", 403, 'AccessDeniedException'],
    ['com.amazon.coral.service#ExpiredTokenException', 400, 'Expired.', 403, 'ExpiredTokenException'],
    ['InvalidSignatureException:http://a.test/b', 400, 'No match.', 403, 'InvalidSignatureException'],
    ['ValidationException:http://a.test/b', 400, 'A text is blank.', 400, 'ValidationException'],
    ['ValidationException', 400, 'Input is too long for requested model.', 400, 'context_length_exceeded'],
    [
      'ValidationException',
      400,
      'The model returned the following errors: prompt is too long: 209303 tokens > 200000 maximum',
      400,
      'context_length_exceeded',
    ],
  ])('%s with %i: %s', (...[type, status, message, told, code]) => {
    const [, name] = /(\w+Exception)/.exec(type) ?? [];
    expect(answer({ message }, { status, type })).toEqual({
      status: told,
      error: { message, type: name, param: null, code },
    });
  });
});

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text),
);

const text = (value: string) => ({ type: 'string' as const, value });

function frame(kind: string, payload: object, type = 'event'): Buffer {
  const named = { [`:${type}-type`]: text(kind), ':message-type': text(type) };
  return Buffer.from(codec.encode({ headers: named, body: Buffer.from(JSON.stringify(payload)) }));
}

/** The text that a stream is translated into, cut as it may come. */
function streamed(frames: readonly Buffer[], size = 7): string {
  const bytes = Buffer.concat(frames);
  const stream = CONVERSE.stream(headers, { ...context, stream: true });
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(stream.push(bytes.subarray(at, at + size)));
  return Buffer.concat([...parts, stream.end()]).toString('utf8');
}

describe('a stream', () => {
  const stop = frame('messageStop', { stopReason: 'tool_use' });
  const usage = frame('metadata', { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } });

  test('numbers calls of tools by themselves, and a call without arguments has none', () => {
    const start = (toolUseId: string, contentBlockIndex: number) =>
      frame('contentBlockStart', { start: { toolUse: { toolUseId, name: 'look' } }, contentBlockIndex });
    const said = streamed([
      frame('messageStart', { role: 'assistant' }),
      frame('contentBlockDelta', { delta: { text: 'Now.' }, contentBlockIndex: 0 }),
      start('a', 1),
      frame('contentBlockDelta', { delta: { toolUse: { input: '' } }, contentBlockIndex: 1 }),
      frame('contentBlockStop', { contentBlockIndex: 1 }),
      start('b', 2),
      frame('contentBlockDelta', { delta: { toolUse: { input: '{"at":1}' } }, contentBlockIndex: 2 }),
      frame('contentBlockStop', { contentBlockIndex: 2 }),
      stop,
      usage,
    ]);
    expect(
      [...said.matchAll(/"index":(\d),"function":\{"arguments":("(?:[^"\\]|\\.)*")/g)].map(([, n, json]) => [
        n,
        JSON.parse(json ?? ''),
      ]),
    ).toEqual([
      ['0', '{}'],
      ['1', '{"at":1}'],
    ]);
    expect(said).toMatch(/"finish_reason":"tool_calls".*"usage":\{"prompt_tokens":3.*\ndata: \[DONE\]\n\n$/s);
  });

  test.each([
    ['before its end', [frame('contentBlockDelta', { delta: { text: 'x' }, contentBlockIndex: 0 })], false],
    ['within a frame', [stop.subarray(0, -1)], false],
    ['between its end and its figures', [stop], true],
  ])('that is cut %s says [DONE] in the last case alone', (_, frames, isDone) => {
    expect(streamed(frames).includes('[DONE]')).toBe(isDone);
  });

  test('says nothing more after an exception, nor after bytes that are no frame', () => {
    const exception = frame('throttlingException', { message: 'Slow down.' }, 'exception');
    expect(streamed([exception, stop, usage])).toBe(
      'data: {"error":{"message":"Slow down.","type":"ThrottlingException","code":"ThrottlingException"}}\n\n',
    );
    expect(streamed([Buffer.from('data: {"choices":[]}\n\n'), stop, usage])).toBe('');
  });
});
