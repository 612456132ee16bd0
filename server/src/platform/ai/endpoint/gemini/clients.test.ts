import { createGoogle } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { generateText, isStepCount, Output, streamText, tool } from 'ai';
import { generateKeyPairSync } from 'node:crypto';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { decodeJwt } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createOpenAISandbox } from '#sandbox/openai';
import { scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { testApp } from '@plinth/testkit/services/app';

const sandbox = await createOpenAISandbox();
afterAll(() => sandbox.close());

const GARDEN = 'Explain crop rotation in small gardens.';
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A server whose only provider speaks chat completions, or Google's protocol and nothing else. */
async function serverOf(upstream: object) {
  const one = {
    name: 'elsewhere',
    base_url: sandbox.url,
    api_key: 'secret',
    models: ['sandbox-small'],
    ...upstream,
  };
  const AI_CONFIG = JSON.stringify({
    version: '2026-11-28',
    prices: {
      'elsewhere/sandbox-small': {
        input: 1,
        output: 2,
        context: 100_000,
        image_tokens: 9_000,
        source: 'test',
      },
    },
  });
  const app = await testApp({ settings: { AI_UPSTREAMS: JSON.stringify([one]), AI_CONFIG } });
  const { key } = await app.customer('gateway.scale');
  const before = sandbox.bill().length;
  return {
    url: app.url,
    key,
    billed: () => sandbox.bill().slice(before),
    rows: async () => (await app.call(key, 'GET /v1/usage')).body['events'],
    google: createGoogle({ baseURL: `${app.url}/v1/ai/google/v1beta`, apiKey: key }),
  };
}

const weather = tool({
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `sunny in ${city}`,
});
const Title = z.object({ title: z.string() });

describe.each<[string, object, string]>([
  ['asked in chat completions', {}, '/v1/chat/completions'],
  ['asked in Google’s own protocol', { speaks: ['gemini'] }, '/v1/models:generateContent'],
])('the AI SDK’s package for Google, and a model %s', (_, upstream, endpoint) => {
  it('gets texts, tools, objects and pictures, plain and streamed', async () => {
    const { google, billed, rows } = await serverOf(upstream);
    const model = google('sandbox-small');
    const plain = await generateText({ model, prompt: GARDEN });
    expect(await streamText({ model, prompt: GARDEN }).text).toBe(plain.text);
    expect(plain.text).toContain('rotation');
    const prompt = 'What is the weather in Rome? Use the tool.';
    const agent = { model, prompt, tools: { weather }, stopWhen: isStepCount(4) };
    for (const answer of [generateText, streamText])
      expect(await (await answer(agent)).text).toContain('sunny in Rome');
    const { output } = await generateText({
      model,
      prompt: GARDEN,
      output: Output.object({ schema: Title }),
    });
    expect(output).toEqual({ title: expect.any(String) });
    const file = { type: 'file' as const, mediaType: 'image/png', data: PIXEL };
    await generateText({
      model,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'What?' }, file] }],
    });
    const lines = billed();
    expect(new Set(lines.map((line) => line.endpoint))).toEqual(new Set([endpoint]));
    const figures = lines.map(({ prompt_tokens, completion_tokens }) => ({
      prompt_tokens,
      completion_tokens,
    }));
    expect(((await rows()) as object[]).toReversed()).toMatchObject(figures);
  });
});

it('a model that is asked in chat completions is not asked for what would be lost', async () => {
  const { url, key } = await serverOf({});
  const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${url}/v1/ai/google` } });
  for (const config of [
    { topK: 3 },
    { thinkingConfig: { includeThoughts: true } },
    { responseLogprobs: true },
    { responseMimeType: 'text/x.enum' },
    { safetySettings: [{ threshold: 'BLOCK_LOW_AND_ABOVE' as never }] },
  ])
    await expect(models.generateContent({ model: 'sandbox-small', contents: 'Hi', config })).rejects.toThrow(
      /"reason":"field_refused".*"reason":"lost"/,
    );
});

describe('a provider of Google’s protocol alone', () => {
  it('is reached by the doors of OpenAI and Anthropic too', async () => {
    const { url, key, billed, rows } = await serverOf({ speaks: ['gemini'] });
    const openai = new OpenAI({ baseURL: `${url}/v1/ai`, apiKey: key, maxRetries: 0 });
    const model = 'sandbox-small';
    const messages = [{ role: 'user' as const, content: GARDEN }];
    const chat = await openai.chat.completions.create({ model, messages });
    expect(chat.choices[0]?.message.content).toContain('rotation');
    const stream = openai.chat.completions.stream({ model, messages });
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe(
      chat.choices[0]?.message.content,
    );
    const anthropic = new Anthropic({ baseURL: `${url}/v1/ai`, apiKey: key, maxRetries: 0 });
    const message = await anthropic.messages.stream({ model, max_tokens: 500, messages }).finalMessage();
    expect(JSON.stringify(message.content)).toContain('rotation');
    const response = await openai.responses.create({ model, input: GARDEN });
    expect(response.output_text).toContain('rotation');
    const figures = billed().map(({ completion_tokens }) => ({ completion_tokens, estimated: false }));
    expect(figures).toHaveLength(4);
    expect(((await rows()) as object[]).toReversed()).toMatchObject(figures);
  });

  it('gets the signature of a call’s thought back from an agent of OpenAI’s', async () => {
    const { url, key } = await serverOf({ speaks: ['gemini'] });
    const openai = new OpenAI({ baseURL: `${url}/v1/ai`, apiKey: key, maxRetries: 0 });
    const asked = {
      model: 'sandbox-small',
      reasoning_effort: 'low' as const,
      tools: [
        {
          type: 'function' as const,
          function: {
            name: 'weather',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
          },
        },
      ],
    };
    const question = { role: 'user' as const, content: 'What is the weather in Rome? Use the tool.' };
    const { choices } = await openai.chat.completions.create({ ...asked, messages: [question] });
    const message = choices[0]?.message;
    if (message === undefined) throw new Error('no message');
    const [call] = message.tool_calls ?? [];
    expect(call).toMatchObject({
      extra_content: { google: { thought_signature: expect.stringMatching(/^.{44}$/) } },
    });
    const done = await openai.chat.completions.create({
      ...asked,
      messages: [question, message, { role: 'tool', tool_call_id: call?.id ?? '', content: 'sunny' }],
    });
    expect(done.choices[0]?.message.content).toContain('sunny');
  });

  it('is told what it would lose before anything is spent', async () => {
    const { url, key, billed } = await serverOf({ speaks: ['gemini'] });
    const openai = new OpenAI({ baseURL: `${url}/v1/ai`, apiKey: key, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const lost: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>[] = [
      { logit_bias: { 1: 2 } },
      { logprobs: true },
      { parallel_tool_calls: false },
      { messages: [...messages, { role: 'system', content: 'Be brief.' }] },
      { messages: [{ role: 'user', name: 'ann', content: 'Hi' }] },
    ];
    for (const more of lost)
      await expect(
        openai.chat.completions.create({ model: 'sandbox-small', messages, ...more }),
      ).rejects.toMatchObject({ status: 400, code: 'field_refused', error: { details: { reason: 'lost' } } });
    expect(billed()).toEqual([]);
  });
});

describe('an upstream of Google’s own', () => {
  const SIGNED = '{"text":"H\\u006d.","thought":true, "thoughtSignature":"Eq+/=="}';
  const USAGE =
    '"usageMetadata":{"promptTokenCount":3,"toolUsePromptTokenCount":2,"cachedContentTokenCount":1,"candidatesTokenCount":5,"thoughtsTokenCount":4,"totalTokenCount":14}';
  const PLAIN = `{ "candidates":[{"content":{"parts":[ ${SIGNED} ],"role":"model"},"finishReason":"STOP"}], ${USAGE},"responseId":"r1" }`;

  it('is asked as it wants to be, by a key or a token, and what it answers passes on byte for byte', async () => {
    const paths: string[] = [];
    const google = await scriptedUpstream((response, { request: { url = '' } }) => {
      paths.push(url);
      response.end(url.includes('alt=sse') ? `data: ${PLAIN}\r\n\r\n` : PLAIN);
    });
    afterAll(() => google.close());
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const account = {
      client_email: 'a@p.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    };
    const base = '/projects/p/locations/global/publishers/google';
    for (const credentials of [{}, { google: account, base_url: google.url + base }]) {
      const { url, key, rows } = await serverOf({ base_url: google.url, speaks: ['gemini'], ...credentials });
      const said = `"contents":[{"role":"user", "parts":[${SIGNED}]}],"generationConfig":{"topK":40, "seed":9007199254740993`;
      for (const [verb, answer] of [
        ['generateContent', PLAIN],
        ['streamGenerateContent?alt=sse', `data: ${PLAIN}\r\n\r\n`],
      ] as const) {
        const response = await fetch(`${url}/v1/ai/google/v1beta/models/sandbox-small:${verb}`, {
          method: 'POST',
          headers: { 'x-goog-api-key': key, 'content-type': 'application/json' },
          body: `{${said}, "maxOutputTokens":50},"labels":{"team":"a"}}`,
        });
        expect(await response.text()).toBe(answer);
        const { headers = {}, body = '' } = google.requests.at(-1) ?? {};
        expect(paths.at(-1)).toBe(`/v1${'google' in credentials ? base : ''}/models/sandbox-small:${verb}`);
        expect(body).toBe(
          `{"contents":[{"role":"user", "parts":[${SIGNED}]}],"generationConfig":{"maxOutputTokens":50,"topK":40, "seed":9007199254740993}}`,
        );
        const { authorization, 'x-goog-api-key': apiKey } = headers as Record<string, string>;
        if ('google' in credentials) {
          expect(decodeJwt(String(authorization).slice('Bearer '.length))).toMatchObject({
            iss: account.client_email,
            scope: 'https://www.googleapis.com/auth/cloud-platform',
          });
          expect(apiKey).toBeUndefined();
        } else expect([authorization, apiKey]).toEqual([undefined, 'secret']);
      }
      const figures = {
        prompt_tokens: 5,
        cached_tokens: 1,
        completion_tokens: 9,
        reasoning_tokens: 4,
        estimated: false,
      };
      expect(await rows()).toMatchObject([figures, figures]);
    }
  });
});
