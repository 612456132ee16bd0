import { describe, expect, test } from 'vitest';
import { chat, plain, read } from '@plinth/testkit/fixtures/ai/open';
import { createOpenAISandbox } from '#sandbox/openai';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { type ScriptedUpstream, scriptedUpstream, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';
import { createPrices } from '../metering/prices.ts';

const fixture = makeFixture(createOpenAISandbox);
const prices = createPrices({ allowUnpriced: ['mistral/*'] });
const feature = 'chat';

function openMistral({ url }: Pick<ScriptedUpstream, 'url'>) {
  const upstreams = [{ name: 'mistral', baseUrl: url, apiKey: 'k', models: ['magistral-medium-2509'] }];
  return fixture.open({ upstreams, prices }, { models: ['magistral-medium-2509'], tries: 1 });
}

const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] });
const USAGE = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 };

/** As Mistral streams it: github.com/BerriAI/litellm/issues/16272. */
const STREAM = [
  { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null },
  { index: 0, delta: { content: [thinking('Okay, ')] }, finish_reason: null },
  { index: 0, delta: { content: [thinking('tea.')] }, finish_reason: null },
  { index: 0, delta: { content: [{ type: 'text', text: 'Green ' }] }, finish_reason: null },
  { index: 0, delta: { content: 'tea.' }, finish_reason: 'stop' },
].map((choice, at) => streamEvent({ id: 'm1', choices: [choice], ...(at === 4 ? { usage: USAGE } : {}) }));

describe('a thought of Mistral’s', () => {
  test('is a thought of a chat, plain and in a stream, and costs what Mistral says', async () => {
    const upstream = await scriptedUpstream((response, { body }) => {
      if ((JSON.parse(body) as { stream?: boolean }).stream === true) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        return void response.end(`${STREAM.join('')}data: [DONE]\n\n`);
      }
      const message = {
        role: 'assistant',
        content: [thinking('Okay, tea.'), { type: 'text', text: 'Green tea.' }],
      };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      return void response.end(JSON.stringify({ id: 'm2', choices, usage: USAGE }));
    });
    const ai = openMistral(upstream);
    const permits = [recordingPermit(), recordingPermit()] as const;
    const whole = plain(await ai.call(permits[0], { feature, wire: chat() }));
    expect(JSON.parse(whole.body.toString('utf8'))).toMatchObject({
      choices: [{ message: { reasoning_content: 'Okay, tea.', content: 'Green tea.' } }],
    });
    const { text, end } = await read(await ai.call(permits[1], { feature, wire: chat({ stream: true }) }));
    const joined = (name: string) =>
      [...text.matchAll(new RegExp(`"${name}":"([^"]*)"`, 'g'))].map(([, said]) => said).join('');
    expect([end, joined('reasoning_content'), joined('content')]).toEqual([
      'complete',
      'Okay, tea.',
      'Green tea.',
    ]);
    for (const { rows } of permits)
      expect(rows).toMatchObject([
        { state: 'served', usage: { promptTokens: 10, completionTokens: 7, estimated: false } },
      ]);
    await upstream.close();
  });

  test('goes back as it came, and a seed under its name', async () => {
    const bodies: string[] = [];
    const upstream = await scriptedUpstream((response, { body }) => {
      bodies.push(body);
      response.end(
        JSON.stringify({ choices: [{ message: { content: 'Yes.' }, finish_reason: 'stop' }], usage: USAGE }),
      );
    });
    const said = { role: 'assistant', reasoning_content: 'Okay.', content: 'Tea.' };
    const messages = [{ role: 'user', content: 'Tea?' }, said, { role: 'user', content: 'Why?' }];
    await openMistral(upstream).call(recordingPermit(), { feature, wire: chat({ messages, seed: 7 }) });
    const [body = ''] = bodies;
    expect(JSON.parse(body)).toMatchObject({
      random_seed: 7,
      messages: [
        messages[0],
        {
          role: 'assistant',
          content: [
            { ...thinking('Okay.'), closed: true },
            { type: 'text', text: 'Tea.' },
          ],
        },
        messages[2],
      ],
    });
    expect(body).not.toMatch(/"seed"|reasoning_content|stream_options|max_completion_tokens/);
    await upstream.close();
  });
});

const ISSUE = { type: 'extra_forbidden', loc: ['body', 'logit_bias'], msg: 'Extra inputs are not permitted' };

describe('an error of Mistral’s names its field', () => {
  test.each<[string, object]>([
    [
      'github.com/editor-code-assistant/eca/issues/315',
      { object: 'error', message: { detail: [ISSUE] }, code: null },
    ],
    [
      'github.com/partITech/php-mistral/issues/76',
      { object: 'Error', detail: [ISSUE], message: [ISSUE], code: 3_001 },
    ],
    [
      'github.com/mistralai/platform-docs-public/issues/7',
      { object: 'error', message: JSON.stringify({ detail: [ISSUE] }), code: '1000' },
    ],
    ['docs.mistral.ai/api', { detail: [ISSUE] }],
  ])('as in %s', async (_, error) => {
    const upstream = await scriptedUpstream((response) => {
      response.writeHead(422).end(JSON.stringify(error));
    });
    const refused = openMistral(upstream).call(recordingPermit(), {
      feature,
      wire: chat({ logit_bias: {} }),
    });
    await expect(refused).rejects.toMatchObject({
      code: 'provider_rejected',
      details: { field: 'logit_bias' },
      upstream: { status: 422, param: 'logit_bias', code: 'extra_forbidden' },
    });
    await upstream.close();
  });

  test('or says it in words', async () => {
    const upstream = await scriptedUpstream((response) => {
      response
        .writeHead(400)
        .end(JSON.stringify({ object: 'error', message: 'No such model.', code: '1500' }));
    });
    const refused = openMistral(upstream).call(recordingPermit(), { feature, wire: chat() });
    await expect(refused).rejects.toMatchObject({ upstream: { message: 'No such model.', code: '1500' } });
    await upstream.close();
  });
});
