import { generateText, tool } from 'ai';
import { describe, expect, test } from 'vitest';
import { createOpenAISandbox, PROFILE_NAMES } from '#sandbox/openai';
import { z } from 'zod';
import { chat, plain, read, prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { type RecordingPermit, recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import type { Ai } from '../ai.ts';
import { createPrices } from '../metering/prices.ts';
import type { PolicyInput } from '../policy.ts';
import { definePrompt, promptsOf } from '../prompts.ts';

const text = '---\nid: post\nversion: 1\nvariables: [topic]\n---\n## user\nWrite about {{topic}}.\n';
const prompts = promptsOf([definePrompt(text, 'post.v1.md')]);
const fixture = makeFixture(createOpenAISandbox, { prompts: { test: prompts } });
const feature = 'chat';
const asked = { feature, prompt: { id: 'post', variables: { topic: 'tea' } } } as const;
const ROW = { input: 100_000, output: 100_000, source: 'a test' };
const prices = createPrices({ allowUnpriced: ['stranger/*', 'scripted/*'] });
const POLICY: Partial<PolicyInput> = { temperature: 0.7, maxOutputTokens: 400, tries: 2, rounds: 3 };

/** A gateway over a model of a family, under a name that says nothing of it. */
function openStranger(profile: string, policy: Partial<PolicyInput> = {}): Ai {
  const baseUrl = fixture.sandbox.url.replace('/v1', `/as/${profile}/v1`);
  const upstreams = [{ name: 'stranger', baseUrl, apiKey: 'k', models: ['sandbox-small'] }];
  return fixture.open({ upstreams, prices }, { ...POLICY, models: ['stranger/sandbox-small'], ...policy });
}

/** Every way in which product code asks a model. */
const WAYS: Readonly<Record<string, (ai: Ai, permit: RecordingPermit) => Promise<unknown>>> = {
  'a plain call': async (ai, permit) => plain(await ai.call(permit, { feature, wire: chat() })),
  'a stream': async (ai, permit) => {
    const answer = await ai.call(permit, { feature, wire: chat({ stream: true }) });
    expect((await read(answer)).end).toBe('complete');
  },
  'an object': (ai, permit) =>
    ai.generate(permit, { ...asked, schema: z.strictObject({ hook: z.string() }) }),
  'a list': (ai, permit) =>
    ai.streamItems(permit, {
      ...asked,
      item: z.strictObject({ hook: z.string() }),
      list: 'posts',
      most: 10,
      take: async () => {},
    }),
  'a text': (ai, permit) => ai.streamText(permit, asked),
  'an agent with tools': (ai, permit) => {
    const look = tool({
      description: 'Looks it up',
      inputSchema: z.object({ word: z.string() }),
      execute: () => 'tea',
    });
    return generateText({
      model: ai.model(permit, feature),
      prompt: 'Tea?',
      tools: { look },
      maxOutputTokens: 60,
    });
  },
};

describe.each(PROFILE_NAMES)('a model that takes what %s does', (profile) => {
  test.each(Object.entries(WAYS))(
    'answers %s, is asked once from then on, and is paid for by its figures',
    async (_, ask) => {
      const ai = openStranger(profile);
      await ask(ai, recordingPermit());
      const [requests, permit] = [fixture.sandbox.requests(), recordingPermit()];
      await ask(ai, permit);
      expect(fixture.sandbox.requests() - requests).toBe(1);
      expect(permit.rows).toMatchObject([{ state: 'served', usage: { estimated: false } }]);
    },
  );
});

test('a field that no caller wrote is left out at once: that is no try, and costs nothing', async () => {
  const permit = recordingPermit();
  await openStranger('mistral-ai', { tries: 1 }).call(permit, { feature, wire: chat() });
  expect(permit.states).toEqual(['served']);
  const lines: unknown[] = [];
  const strict = recordingPermit();
  const takes = { cap: 'max_completion_tokens', store: true } as const;
  const baseUrl = fixture.sandbox.url.replace('/v1', '/as/mistral-ai/v1');
  const upstreams = [{ name: 'stranger', baseUrl, apiKey: 'k', models: ['sandbox-small'] }];
  const told = createPrices({ overrides: { 'stranger/sandbox-small': { ...ROW, takes } } });
  const log = (fields: object): void => void lines.push(fields);
  const logger = { debug: log, info: log, warn: log, error: log };
  const policy = { ...POLICY, models: ['stranger/sandbox-small'], tries: 1 };
  await fixture.open({ upstreams, prices: told, logger }, policy).call(strict, { feature, wire: chat() });
  expect(strict.states).toEqual(['throttled', 'throttled', 'served']);
  expect(strict.calls).toBe(1);
  expect(lines).toContainEqual(expect.objectContaining({ fields: ['cap', 'store'] }));
});

test('a reply that went into thoughts is asked for again with room for them, and is not the account’s to pay', async () => {
  const permit = recordingPermit();
  await openStranger('openai-reasoning').call(permit, { feature, wire: chat() });
  expect(permit.rows).toMatchObject([
    { state: 'throttled' },
    { usage: { charged: 0, reasoningTokens: 400 } },
    { state: 'served', usage: { reasoningTokens: 1_500 } },
  ]);
});

test.each([
  ['plain', false],
  ['streamed', true],
])('a model that thinks to the end of its room is not asked the same again: %s', async (_, stream) => {
  const silent = await scriptedUpstream((response) => {
    const choices = [{ index: 0, message: { content: '' }, delta: {}, finish_reason: 'length' }];
    const usage = { prompt_tokens: 10, completion_tokens: 5 };
    const body = JSON.stringify({ choices, usage });
    response.end(stream ? `data: ${body}\n\ndata: [DONE]\n\n` : body);
  });
  const upstreams = [{ name: 'scripted', baseUrl: silent.url, apiKey: 'k', models: ['m'] }];
  const permit = recordingPermit();
  const ai = fixture.open({ upstreams, prices }, { models: ['scripted/m'], tries: 5 });
  const call = ai.call(permit, { feature, wire: chat({ stream }) });
  await expect(call).rejects.toMatchObject({ code: 'answer_unusable', retryable: false });
  expect(permit.rows).toMatchObject([{ usage: { charged: 0 } }, { usage: { charged: 0 } }]);
  await silent.close();
});

test('a text of thoughts alone is asked for once more, with room', async () => {
  const thought = { choices: [{ index: 0, delta: { reasoning_content: 'hm' }, finish_reason: null }] };
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'length' }] };
  const pondering = await scriptedUpstream((response) => {
    response.end(
      `${[thought, end].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
    );
  });
  const upstreams = [{ name: 'scripted', baseUrl: pondering.url, apiKey: 'k', models: ['m'] }];
  const ai = fixture.open({ upstreams, prices }, { models: ['scripted/m'], tries: 5 });
  await expect(ai.streamText(recordingPermit(), asked)).rejects.toMatchObject({ code: 'answer_unusable' });
  const caps = pondering.requests.map(({ body }) => (JSON.parse(body) as { max_tokens: number }).max_tokens);
  expect(caps).toEqual([1_024, 17_408]);
  await pondering.close();
});

describe('a refused field of the caller’s own', () => {
  const body = JSON.stringify({
    model: 'both',
    messages: [{ role: 'user', content: 'Tea?' }],
    logprobs: true,
    temperature: null,
  });

  test('does not end the chain', async () => {
    const other = await scriptedUpstream((response) => void response.end(plainAnswer('tea')));
    const strict = fixture.sandbox.url.replace('/v1', '/as/groq-cloud/v1');
    const upstreams = [
      { name: 'stranger', baseUrl: strict, apiKey: 'k', models: ['sandbox-small'] },
      { name: 'scripted', baseUrl: other.url, apiKey: 'k', models: ['m'] },
    ];
    const permit = recordingPermit();
    const policy = { models: ['stranger/sandbox-small', 'scripted/m'], tries: 1 };
    await fixture
      .open({ upstreams, prices }, policy)
      .call(permit, { feature, wire: chat({ logprobs: true }) });
    expect(permit.states).toEqual(['throttled', 'served']);
    await other.close();
  });

  test('is answered by its name, and is not asked for again without it', async () => {
    const baseUrl = fixture.sandbox.url.replace('/v1', '/as/groq-cloud/v1');
    const upstreams = [{ name: 'stranger', baseUrl, apiKey: 'k', models: ['sandbox-small'] }];
    const here = fixture.open({
      upstreams,
      prices,
      aliases: { both: ['stranger/sandbox-small'] },
    });
    const permit = recordingPermit();
    const relayed = here.endpoint.relay(permit, prepareChat(here, body, 'test.chat'), {
      response: () => {
        throw new Error('nothing is said on the wire');
      },
    });
    await expect(relayed).rejects.toMatchObject({ status: 400, details: { field: 'logprobs' } });
    expect(permit.states).toEqual(['throttled']);
  });
});

test('a refusal that stays without the field is not remembered', async () => {
  const bodies: string[] = [];
  const moody = await scriptedUpstream((response, { body }) => {
    bodies.push(body);
    const message = 'temperature and max_tokens and all else is wrong today';
    if (bodies.length <= 2) response.writeHead(400).end(JSON.stringify({ error: { message } }));
    else response.end(plainAnswer('tea'));
  });
  const upstreams = [{ name: 'scripted', baseUrl: moody.url, apiKey: 'k', models: ['m'] }];
  const told = createPrices({ overrides: { 'scripted/m': { ...ROW, takes: { temperature: true } } } });
  const ai = fixture.open({ upstreams, prices: told }, { models: ['scripted/m'], temperature: 0.5 });
  await expect(ai.call(recordingPermit(), { feature, wire: chat() })).rejects.toMatchObject({
    code: 'provider_rejected',
  });
  await ai.call(recordingPermit(), { feature, wire: chat() });
  expect(bodies.at(-1)).toContain('"max_tokens":');
  expect(bodies.at(-1)).toContain('"temperature":0.5');
  await moody.close();
});
