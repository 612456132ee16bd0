import { embedMany, generateText, isStepCount, Output, streamText, tool } from 'ai';
import { describe, expect, test } from 'vitest';
import { DatabaseAway } from '#platform/db';
import { createOpenAISandbox } from '#sandbox/openai';
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { recordingMetrics } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';

const fixture = makeFixture(createOpenAISandbox);
const prompt = 'Say something about tea.';

describe('the AI SDK over the pipe', () => {
  test('generates text, under the permit', async () => {
    const permit = recordingPermit();
    const { text, usage } = await generateText({ model: fixture.open().model(permit, 'chat'), prompt });
    expect(text).toMatch(/\w/);
    expect(permit.rows[0]).toMatchObject({ state: 'served', usage: { promptTokens: usage.inputTokens } });
  });

  test('streams text', async () => {
    const permit = recordingPermit();
    const { textStream, usage } = streamText({ model: fixture.open().model(permit, 'chat'), prompt });
    let text = '';
    for await (const part of textStream) text += part;
    expect(text).toMatch(/\w/);
    expect(permit.rows[0]).toMatchObject({
      usage: { completionTokens: (await usage).outputTokens, estimated: false },
    });
  });

  test('makes objects by a schema', async () => {
    const schema = z.strictObject({ title: z.string(), points: z.array(z.string()) });
    const { output } = await generateText({
      model: fixture.open().model(recordingPermit(), 'chat'),
      prompt,
      output: Output.object({ schema }),
    });
    expect(schema.parse(output)).toEqual(output);
  });

  test('uses tools, each round a call in the ledger', async () => {
    const permit = recordingPermit();
    const look = tool({
      description: 'Looks it up',
      inputSchema: z.object({ word: z.string() }),
      execute: () => 'tea is a drink',
    });
    await generateText({
      model: fixture.open({}, { rounds: 3 }).model(permit, 'chat'),
      prompt,
      tools: { look },
      prepareStep: ({ stepNumber }) => ({
        toolChoice: stepNumber === 0 ? ('required' as const) : ('none' as const),
      }),
      stopWhen: isStepCount(3),
    });
    expect(permit.states).toEqual(['served', 'served']);
  });

  test('embeds', async () => {
    const permit = recordingPermit();
    const model = fixture.open({}, { models: ['embedding'] }).embed(permit, 'chat');
    const { embeddings } = await embedMany({ model, values: ['tea', 'coffee'] });
    expect(embeddings).toHaveLength(2);
    expect(permit.rows[0]).toMatchObject({
      usage: { model: 'sandbox-embed', completionTokens: 0, estimated: false },
    });
  });
});

describe('the AI SDK makes no more calls than the policy has tries, whatever it is told', () => {
  test.each([
    { kind: 'status', status: 500 } as const,
    { kind: 'status', status: 409 } as const,
    { kind: 'reset' } as const,
    { kind: 'reset', billed: true } as const,
    { kind: 'malformed_json' } as const,
    { kind: 'empty_choices' } as const,
  ])('generateText, maxRetries 10, %o', async (fault) => {
    const metrics = recordingMetrics();
    const permit = recordingPermit();
    const billed = fixture.sandbox.bill().length;
    fixture.sandbox.faults.always(fault);
    const model = fixture.open({ metrics }, { tries: 2 }).model(permit, 'chat');
    await expect(generateText({ model, prompt, maxRetries: 10 })).rejects.toBeInstanceOf(ProviderError);
    expect(metrics.calls).toHaveLength(2);
    expect(permit.rows).toHaveLength(2);
    expect(fixture.sandbox.bill().length - billed).toBeLessThanOrEqual(2);
  });

  test('generateText, maxRetries 10, while the provider throttles us', async () => {
    const permit = recordingPermit();
    fixture.sandbox.faults.always({ kind: 'status', status: 429, retry_after: 60 });
    const model = fixture.open().model(permit, 'chat');
    const call = generateText({ model, prompt, maxRetries: 10 });
    await expect(call).rejects.toMatchObject({ code: 'provider_unavailable', postponed: true });
    expect(permit.states).toEqual(['throttled']);
  });

  test.each([
    { kind: 'status', status: 500 } as const,
    { kind: 'cut_stream', after: 2, abrupt: true } as const,
  ])('streamText, maxRetries and streamRetries 10, %o', async (fault) => {
    const permit = recordingPermit();
    fixture.sandbox.faults.always(fault);
    const model = fixture.open({}, { tries: 2 }).model(permit, 'chat');
    const errors: unknown[] = [];
    const { fullStream } = streamText({
      model,
      prompt,
      maxRetries: 10,
      streamRetries: 10,
      onError: ({ error }) => void errors.push(error),
    });
    try {
      for await (const part of fullStream) void part;
    } catch (error) {
      errors.push(error);
    }
    expect(permit.rows.length).toBeLessThanOrEqual(2);
    expect(errors.length).toBeGreaterThan(0);
  });
});

test('a database that is away as a call is sent is no lost connection to the provider, and the SDK does not try again', async () => {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const away = new DatabaseAway('The connection was lost.', cause);
  const permit = recordingPermit({ refuse: away });
  const model = fixture.open().model(permit, 'chat');
  await expect(generateText({ model, prompt, maxRetries: 10 })).rejects.toBe(away);
  const embedding = fixture.open({}, { models: ['embedding'] }).embed(permit, 'chat');
  await expect(embedMany({ model: embedding, values: ['tea'], maxRetries: 10 })).rejects.toBe(away);
});

test.each([0, 2, 5])(
  'a stream that breaks after %i pieces is the provider’s failure, and not the SDK’s',
  async (after) => {
    fixture.sandbox.faults.always({ kind: 'cut_stream', after, abrupt: true });
    const permit = recordingPermit();
    const model = fixture.open({}, { tries: 1 }).model(permit, 'chat');
    const read = async () => {
      const content = [{ type: 'text', text: prompt }] as const;
      const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [...content] }] });
      for await (const part of stream) if (part.type === 'error') throw part.error;
    };
    await expect(read()).rejects.toThrow(ProviderError);
    // Its reader may make the next call at once.
    expect(permit.states).not.toContain('sent');
    fixture.sandbox.faults.clear();
  },
);

test('a stream of the SDK that nobody reads is ended', async () => {
  const time = drivenTime();
  const permit = recordingPermit();
  const slow = await createOpenAISandbox({ perTokenMs: 1 });
  const upstreams = [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }];
  const model = fixture
    .open({ ...time, upstreams }, { timeouts: { idle: 5_000, total: 60_000 } })
    .model(permit, 'chat');
  const { stream } = await model.doStream({
    prompt: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
  });
  expect(stream.locked).toBe(false);
  time.advance(61_000);
  await expect.poll(() => permit.states).not.toEqual(['sent']);
  await slow.close();
});

test('a stream of the SDK that its reader leaves is read on to learn what it used', async () => {
  const slow = await createOpenAISandbox({ perTokenMs: 5 });
  const permit = recordingPermit();
  const model = fixture
    .open({ upstreams: [{ name: 'sandbox', baseUrl: slow.url, apiKey: 'k' }] })
    .model(permit, 'chat');
  const { stream } = await model.doStream({
    prompt: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
  });
  for await (const part of stream) {
    if (part.type === 'text-delta') break;
  }
  await expect.poll(() => permit.rows[0]).toMatchObject({ state: 'unknown', usage: { estimated: true } });
  await expect.poll(() => permit.amended).toMatchObject([{ estimated: false }]);
  await slow.close();
});

test('an abort of the caller is an abort, and makes no further call', async () => {
  const hanging = await createOpenAISandbox();
  hanging.faults.always({ kind: 'hang' });
  const permit = recordingPermit();
  const abort = new AbortController();
  const model = fixture
    .open({ upstreams: [{ name: 'sandbox', baseUrl: hanging.url, apiKey: 'k' }] })
    .model(permit, 'chat');
  const generating = generateText({ model, prompt, abortSignal: abort.signal, maxRetries: 5 });
  const aborted = expect(generating).rejects.toMatchObject({ name: 'AbortError' });
  await expect.poll(() => permit.states).toEqual(['sent']);
  abort.abort();
  await aborted;
  expect(permit.rows).toHaveLength(1);
  await hanging.close();
});
