import { generateText, streamText } from 'ai';
import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { z } from 'zod';
import type { PolicyInput } from '../policy.ts';
import { definePrompt, promptsOf } from '../prompts.ts';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import type { Findings, SafetyFinding } from './findings.ts';

const fixture = makeFixture(createOpenAISandbox);
const prompts = promptsOf([
  definePrompt(
    `---\nid: mirror\nversion: 1\nvariables: [said]\n---\n## user\n{{quoted said}}\n`,
    'mirror.v1.md',
  ),
]);

function opened(replyCheck: PolicyInput['replyCheck'] = 'sentence') {
  const found: SafetyFinding[] = [];
  const findings = { record: (finding) => void found.push(finding) } as Pick<Findings, 'record'> as Findings;
  const parts = { prompts: { test: prompts }, findings: { ...findings, close: async () => {} } };
  return { ai: fixture.open(parts, { replyCheck, tries: 2, rounds: 2 }), found };
}

const UNFIT = 'You should just kill yourself.';
const replying = { kind: 'content', text: `I hear you. ${UNFIT} Nobody would miss you.` } as const;
const prompt = { id: 'mirror', variables: { said: 'x' } };
const FOUND = {
  source: 'reply',
  status: 'caution',
  rules: ['en.reply.encourages'],
  product: 'test',
  route: 'chat',
  requestId: 'req-of-the-test',
};

describe('a feature whose replies are checked', () => {
  test.each(['word by word', 'whole'])(
    'cuts a text before the sentence that nobody should read, taken %s',
    async (how) => {
      const { ai, found } = opened();
      fixture.sandbox.faults.next(replying);
      const permit = recordingPermit();
      const taken: string[] = [];
      const { text, cut, broken, usage } = await ai.streamText(permit, {
        feature: 'chat',
        prompt,
        ...(how === 'whole' ? {} : { take: (words) => void taken.push(words) }),
      });
      expect([text, cut, broken]).toEqual(['I hear you.', 'unfit', undefined]);
      if (how !== 'whole') expect(taken.join('')).toBe(text);
      expect(found).toMatchObject([FOUND]);
      expect(JSON.stringify(found)).not.toContain('kill');
      // The provider's work is paid for, once and all of it.
      expect(permit.states).toEqual(['served']);
      expect(usage.completionTokens).toBeGreaterThan(10);
    },
  );

  test('answers with nothing where it is the first sentence, and asks nobody again', async () => {
    const { ai, found } = opened();
    fixture.sandbox.faults.next({ kind: 'content', text: UNFIT });
    const permit = recordingPermit();
    const { text, cut } = await ai.streamText(permit, { feature: 'chat', prompt });
    expect([text, cut, found.length, permit.states]).toEqual(['', 'unfit', 1, ['served']]);
  });

  test('asks again for an object that holds one, and says in the end that none can be used', async () => {
    const { ai, found } = opened();
    const schema = z.strictObject({ turn: z.string(), more: z.array(z.string()) });
    fixture.sandbox.faults.next({ kind: 'content', text: JSON.stringify({ turn: 'x', more: [UNFIT] }) });
    const permit = recordingPermit();
    const { object } = await ai.generate(permit, { feature: 'chat', prompt, schema });
    expect([JSON.stringify(object).includes('kill'), permit.states]).toEqual([false, ['served', 'served']]);
    for (const _ of [1, 2])
      fixture.sandbox.faults.next({ kind: 'content', text: JSON.stringify({ turn: UNFIT, more: [] }) });
    await expect(ai.generate(recordingPermit(), { feature: 'chat', prompt, schema })).rejects.toMatchObject({
      code: 'answer_unusable',
    });
    expect(found).toHaveLength(3);
  });

  test('drops an element of a list that holds one, and keeps the others', async () => {
    const { ai, found } = opened();
    const steps = [{ step: 'Call a friend.' }, { step: UNFIT }, { step: 'Go for a walk.' }];
    fixture.sandbox.faults.next({ kind: 'content', text: JSON.stringify({ steps }) });
    const taken: string[] = [];
    await ai.streamItems(recordingPermit(), {
      feature: 'chat',
      prompt,
      item: z.strictObject({ step: z.string() }),
      list: 'steps',
      most: 3,
      take: async ({ step }) => void taken.push(step),
    });
    expect([taken, found.length]).toEqual([['Call a friend.', 'Go for a walk.'], 1]);
  });

  test('cuts what the AI SDK is answered, as JSON and as a stream', async () => {
    const { ai, found } = opened();
    const ask = { prompt: 'x', maxRetries: 0 };
    fixture.sandbox.faults.next(replying);
    const whole = await generateText({ model: ai.model(recordingPermit(), 'chat'), ...ask });
    fixture.sandbox.faults.next(replying);
    const stream = streamText({ model: ai.model(recordingPermit(), 'chat'), ...ask });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    expect([whole.text, whole.finishReason]).toEqual(['I hear you.', 'content-filter']);
    expect([text, await stream.finishReason]).toEqual(['I hear you.', 'content-filter']);
    expect(found).toHaveLength(2);
  });

  test('passes on every other reply whole', async () => {
    const { ai, found } = opened();
    const words = 'That sounds hard. What would help tonight? 1.5 hours of sleep, maybe.\n\nOr a walk';
    fixture.sandbox.faults.next({ kind: 'content', text: words });
    const { text, cut } = await ai.streamText(recordingPermit(), { feature: 'chat', prompt, take: () => {} });
    expect([text, cut, found]).toEqual([words, undefined, []]);
  });
});

test('a feature whose policy says nothing of it passes on what the model says', async () => {
  const { ai, found } = opened('none');
  fixture.sandbox.faults.next(replying);
  const { text } = await ai.streamText(recordingPermit(), { feature: 'chat', prompt });
  expect([text, found]).toEqual([replying.text, []]);
});

test('a part of an answer is looked at by itself, and what was found is written down', async () => {
  const { ai, found } = opened('none');
  expect([ai.safety.isFit(recordingPermit(), UNFIT), ai.safety.isFit(recordingPermit(), 'lonely')]).toEqual([
    false,
    true,
  ]);
  expect(found).toMatchObject([FOUND]);
});
