import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseResponse,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type ToolConfiguration,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AWS_KEYS, createOpenAISandbox, type OpenAISandbox } from '../index.ts';

/** The official package of AWS against the sandbox: what it sends is of the package's types, signed, and billed as it says. */

let sandbox: OpenAISandbox;
let client: BedrockRuntimeClient;

function clientWith(secretAccessKey: string): BedrockRuntimeClient {
  const credentials = { ...AWS_KEYS, secretAccessKey };
  const endpoint = new URL(sandbox.url).origin;
  const requestHandler = new NodeHttpHandler();
  return new BedrockRuntimeClient({
    endpoint,
    region: 'eu-central-1',
    credentials,
    maxAttempts: 1,
    requestHandler,
  });
}

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
  client = clientWith(AWS_KEYS.secretAccessKey);
});
beforeEach(() => sandbox.faults.clear());
afterAll(async () => {
  client.destroy();
  await sandbox.close();
});

const GARDEN = {
  modelId: 'sandbox-small',
  messages: [
    { role: 'user', content: [{ text: 'Explain the benefits of crop rotation in small gardens.' }] },
  ],
  inferenceConfig: { maxTokens: 20 },
} satisfies ConverseCommandInput;
const TOOLS = {
  tools: [
    {
      toolSpec: {
        name: 'get_weather',
        inputSchema: {
          json: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    },
  ],
} satisfies ToolConfiguration;
const PARIS = {
  ...GARDEN,
  inferenceConfig: { maxTokens: 200 },
  messages: [{ role: 'user', content: [{ text: 'The weather in Paris?' }] }],
  toolConfig: TOOLS,
} satisfies ConverseCommandInput;

async function eventsOf(input: ConverseCommandInput): Promise<ConverseStreamOutput[]> {
  const { stream } = await client.send(new ConverseStreamCommand(input));
  const events: ConverseStreamOutput[] = [];
  for await (const event of stream ?? []) events.push(event);
  return events;
}

describe('the official package of AWS', () => {
  test('gets an answer of its type, with the request id that is billed', async () => {
    const { $metadata, ...answer } = await client.send(new ConverseCommand(GARDEN));
    const whole = {
      output: { message: { role: 'assistant', content: [{ text: expect.any(String) as string }] } },
      stopReason: 'max_tokens',
      usage: {
        inputTokens: 21,
        outputTokens: 20,
        totalTokens: 41,
        cacheReadInputTokens: 0,
        cacheWriteInputTokens: 0,
        cacheDetails: [],
      },
      metrics: { latencyMs: 1 },
      serviceTier: { type: 'default' },
    } satisfies ConverseResponse;
    expect(answer).toEqual(whole);
    expect(sandbox.bill().at(-1)).toMatchObject({
      request_id: $metadata.requestId,
      endpoint: '/model/converse',
      prompt_tokens: 21,
      completion_tokens: 20,
      streamed: false,
    });
  });

  test('gets a stream in frames of AWS, whose pieces are the plain answer', async () => {
    const { output } = await client.send(new ConverseCommand(GARDEN));
    const events = await eventsOf(GARDEN);
    const text = events.map(({ contentBlockDelta: one }) => one?.delta?.text ?? '').join('');
    expect(output?.message?.content).toEqual([{ text }]);
    expect(events[0]).toEqual({ messageStart: { role: 'assistant' } });
    expect(events.slice(-2)).toMatchObject([
      { messageStop: { stopReason: 'max_tokens' } },
      { metadata: { usage: { inputTokens: 21, outputTokens: 20 } } },
    ]);
  });

  test('calls a tool, and reads what it answers', async () => {
    const { output, stopReason } = await client.send(new ConverseCommand(PARIS));
    const call = output?.message?.content?.[0]?.toolUse;
    expect([stopReason, call?.name, call?.input]).toEqual(['tool_use', 'get_weather', { city: 'Paris' }]);
    const pieces = (await eventsOf(PARIS)).map(
      ({ contentBlockDelta: one }) => one?.delta?.toolUse?.input ?? '',
    );
    expect(JSON.parse(pieces.join(''))).toEqual(call?.input);
    const messages = [
      ...PARIS.messages,
      { role: 'assistant' as const, content: [{ toolUse: call }] },
      {
        role: 'user' as const,
        content: [{ toolResult: { toolUseId: call?.toolUseId, content: [{ text: '21 °C' }] } }],
      },
    ] as NonNullable<ConverseCommandInput['messages']>;
    const second = await client.send(new ConverseCommand({ ...PARIS, messages }));
    expect(second.stopReason).toBe('end_turn');
  });

  test('gets a thought with its signature, and may send it back unchanged alone', async () => {
    const input = { ...GARDEN, inferenceConfig: { maxTokens: 200 }, outputConfig: { effort: 'low' } };
    const { output } = await client.send(new ConverseCommand(input));
    const [thought, said] = output?.message?.content ?? [];
    expect(thought?.reasoningContent?.reasoningText?.signature).toEqual(expect.any(String));
    const again = (text: string | undefined) =>
      client.send(
        new ConverseCommand({
          ...input,
          messages: [
            ...GARDEN.messages,
            {
              role: 'assistant',
              content: [
                {
                  reasoningContent: {
                    reasoningText: { text, signature: thought?.reasoningContent?.reasoningText?.signature },
                  },
                },
                { text: said?.text ?? '' },
              ],
            },
            { role: 'user', content: [{ text: 'And in pots?' }] },
          ],
        }),
      );
    expect(await again(thought?.reasoningContent?.reasoningText?.text)).toMatchObject({
      stopReason: 'end_turn',
    });
    await expect(again('another thought')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('is told what the cache read and wrote, by how long it stays', async () => {
    const system = [
      { text: 'You know all about gardens. '.repeat(400) },
      { cachePoint: { type: 'default' as const, ttl: '1h' as const } },
    ];
    const first = await client.send(new ConverseCommand({ ...GARDEN, system }));
    const second = await client.send(new ConverseCommand({ ...GARDEN, system }));
    const { cacheWriteInputTokens: written = 0, cacheDetails } = first.usage ?? {};
    expect(written).toBeGreaterThan(1_000);
    expect(cacheDetails).toEqual([{ ttl: '1h', inputTokens: written }]);
    expect(second.usage).toMatchObject({ cacheReadInputTokens: written, cacheWriteInputTokens: 0 });
  });

  test.each([
    [429, 'ThrottlingException'],
    [500, 'InternalServerException'],
    [503, 'ServiceUnavailableException'],
    [424, 'ModelErrorException'],
  ])('is refused with %i as a %s', async (status, name) => {
    sandbox.faults.next({ kind: 'status', status });
    await expect(client.send(new ConverseCommand(GARDEN))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
  });

  test('is told of an error within a stream, and of a frame that is broken', async () => {
    sandbox.faults.next({ kind: 'stream_error', after: 2, type: 'throttlingException' });
    await expect(eventsOf(GARDEN)).rejects.toMatchObject({ name: 'ThrottlingException' });
    sandbox.faults.next({ kind: 'malformed_json', after: 2 });
    await expect(eventsOf(GARDEN)).rejects.toThrow(/checksum/i);
  });

  test.each([
    ['a blank text', { messages: [{ role: 'user', content: [{ text: ' ' }] }] }, /blank/],
    [
      'turns that do not alternate',
      { messages: [...GARDEN.messages, ...GARDEN.messages] },
      /alternate between user and assistant/,
    ],
    ['a model that it does not know', { modelId: 'nothing' }, /model identifier is invalid/],
  ] as const)('is refused %s', async (_, change, words) => {
    const input = { ...GARDEN, ...change } as ConverseCommandInput;
    await expect(client.send(new ConverseCommand(input))).rejects.toThrow(words);
  });

  test('is refused with a wrong secret', async () => {
    const stranger = clientWith('wrong');
    await expect(stranger.send(new ConverseCommand(GARDEN))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    stranger.destroy();
  });
});
