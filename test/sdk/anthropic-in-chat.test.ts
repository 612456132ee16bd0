import Anthropic from '@anthropic-ai/sdk';
import { afterAll, describe, expect, it } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { testApp } from '@plinth/testkit/services/app';

const sandbox = await createOpenAISandbox();
afterAll(() => sandbox.close());

const ASKED = {
  model: 'sandbox-small',
  max_tokens: 2_000,
  messages: [{ role: 'user', content: 'Explain crop rotation in small gardens.' }],
} satisfies Anthropic.MessageCreateParams;
const TOOL = {
  name: 'weather',
  input_schema: { type: 'object' as const, properties: { place: { type: 'string' } }, required: ['place'] },
};
const elsewhere = async () => {
  const chat = {
    name: 'elsewhere',
    base_url: sandbox.url,
    api_key: sandbox.apiKey,
    models: ['sandbox-small'],
  };
  const AI_CONFIG = JSON.stringify({ version: '2026-11-28', allow_unpriced: ['elsewhere/*'] });
  const other = await testApp({ settings: { AI_UPSTREAMS: JSON.stringify([chat]), AI_CONFIG } });
  return new Anthropic({
    baseURL: `${other.url}/v1/ai`,
    apiKey: (await other.customer('gateway.scale')).key,
    maxRetries: 0,
    logLevel: 'off',
  });
};

describe('a model that is asked in chat completions', () => {
  it('answers, streams and calls tools as any other', async () => {
    const client = await elsewhere();
    const plain = await client.messages.create(ASKED);
    const streamed = await client.messages.stream(ASKED).finalMessage();
    expect(streamed.content).toEqual(plain.content);
    expect(streamed.usage).toMatchObject({ output_tokens: plain.usage.output_tokens });
    const messages = [{ role: 'user' as const, content: 'What is the weather in Rome? Use the tool.' }];
    const called = await client.messages.stream({ ...ASKED, messages, tools: [TOOL] }).finalMessage();
    expect(called.stop_reason).toBe('tool_use');
    const [use] = called.content.filter((block) => block.type === 'tool_use');
    expect(use?.input).toEqual({ place: 'Rome' });
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'sunny' };
    const done = await client.messages.create({
      ...ASKED,
      tools: [TOOL],
      messages: [
        ...messages,
        { role: 'assistant', content: called.content },
        { role: 'user', content: [result] },
      ],
    });
    expect(JSON.stringify(done.content)).toContain('sunny');
  });

  it('is not asked for what would be lost', async () => {
    const refused = (await elsewhere()).messages.create({
      ...ASKED,
      model: 'sandbox-small',
      thinking: { type: 'enabled', budget_tokens: 1_024 },
    });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      error: { error: { code: 'field_refused', details: { field: 'thinking', reason: 'lost' } } },
    });
  });
});
