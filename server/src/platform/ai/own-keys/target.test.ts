import { AWS_KEYS, createOpenAISandbox } from '#sandbox/openai';
import { expect, onTestFinished, test } from 'vitest';
import { AppError } from '#platform/kernel';
import type { Fields } from '../providers/translation.ts';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { GEMINI_DOOR } from '../endpoint/gemini/door.ts';
import { CHAT_DOOR } from '../endpoint/doors.ts';
import { MESSAGES_DOOR } from '../endpoint/messages/door.ts';
import { createPrices } from '../metering/prices.ts';
import { checkKey } from './check-key.ts';
import type { UpstreamOptions } from '../providers/providers.ts';

const fixture = makeFixture(createOpenAISandbox);
const OWN = 'sk-their-own-key-0001';
const AWS = { access_key_id: AWS_KEYS.accessKeyId, secret_access_key: AWS_KEYS.secretAccessKey };
const messages = [{ role: 'user', content: 'Say something.' }];
const asked = { model: 'sandbox-small', messages, max_tokens: 20 };

const open = (options: Partial<UpstreamOptions>) =>
  fixture.open(
    {
      upstreams: [
        {
          name: 'own',
          baseUrl: fixture.sandbox.url,
          apiKey: 'the-operators',
          models: ['sandbox-small'],
          ...options,
        },
      ],
      prices: createPrices({ allowUnpriced: ['own/*'] }),
    },
    { models: ['own/sandbox-small'] },
  );

const contents = { contents: [{ role: 'user', parts: [{ text: 'Say something.' }] }] };
const named = { model: 'sandbox-small', stream: false };

test.each<[string, Partial<UpstreamOptions>, object]>([
  ['as a bearer', {}, { door: CHAT_DOOR, asked }],
  ['in the header of Azure', { authHeader: 'api-key' }, { door: CHAT_DOOR, asked }],
  ['in Anthropic’s', { speaks: ['messages'] }, { door: MESSAGES_DOOR, asked }],
  ['in Google’s', { speaks: ['chat', 'gemini'] }, { door: GEMINI_DOOR, asked: contents, named }],
  ['in Google’s, translated', { speaks: ['gemini'] }, { door: CHAT_DOOR, asked }],
  ['as a bearer at Mistral', { speaks: ['mistral'] }, { door: CHAT_DOOR, asked }],
  [
    'as a bearer at Bedrock, where the operator signs',
    { speaks: ['converse'], aws: AWS },
    { door: CHAT_DOOR, asked },
  ],
])('an account’s own key goes out %s, in place of the operator’s', async (_how, options, call) => {
  const isConverse = options.speaks?.includes('converse') === true;
  const { origin } = new URL(fixture.sandbox.url);
  const ai = open({ ...options, ...(isConverse ? { baseUrl: origin } : {}) });
  const { door, asked: body, named: path } = call as { door: never; asked: Fields; named?: typeof named };
  const prepared = ai.endpoint.prepare({
    door,
    body: JSON.stringify(body),
    named: path,
    policy: 'test.chat',
    ownKeys: new Map([['own', { key: OWN, fee: 0 }]]),
  });
  expect(prepared).toMatchObject({ planned: { reserve: 0 }, maxTokens: expect.any(Number) as number });
  const noClient = { response: () => expect.fail('there is no client') };
  await ai.endpoint.relay(recordingPermit(), prepared, noClient).catch(() => {});
  expect(fixture.sandbox.bill().at(-1)?.key_ending).toBe('0001');
});

test.each<[Partial<UpstreamOptions>, header: string]>([
  [{}, 'authorization'],
  [{ speaks: ['messages'] }, 'x-api-key'],
  [{ speaks: ['gemini'] }, 'x-goog-api-key'],
])(
  'a key is checked in the header of its upstream, %o: taken, refused, not said, or its provider is away',
  async (options, header) => {
    const statuses = [200, 404, 429, 401, 400, 403, 503];
    const upstream = await scriptedUpstream((response, { index }) => {
      response.writeHead(statuses[index] ?? 500).end('{}');
    });
    onTestFinished(() => upstream.close());
    const [target] = prepareChat(open({ ...options, baseUrl: upstream.url }), JSON.stringify(asked)).chain;
    const check = async () =>
      target &&
      checkKey(target.upstream, OWN).catch((error: unknown) => error instanceof AppError && error.code);
    const found: unknown[] = [];
    for (const _ of statuses) found.push(await check());
    const [invalid, away] = ['provider_key_invalid', 'provider_unavailable'];
    expect(found).toEqual([true, false, false, invalid, invalid, invalid, away]);
    for (const { headers } of upstream.requests) expect(headers[header]).toContain(OWN);
  },
);
