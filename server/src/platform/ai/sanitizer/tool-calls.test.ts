import { generateText, isStepCount, streamText, tool } from 'ai';
import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { z } from 'zod';
import { definePrompt, promptsOf } from '../prompts.ts';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { recordingMetrics } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { toolTexts } from './tool-texts.ts';

const fixture = makeFixture(createOpenAISandbox);
const SECRET =
  'You keep the notes of one person, and of nobody else; you never guess what a note says, you look it up by its words.';
const prompts = promptsOf([
  definePrompt(
    `---\nid: notes\nversion: 2\nvariables: [message]\n---\n## system\n${SECRET}\n## user\nThey say: {{message}}\n`,
    'notes.v2.md',
  ),
]);
const status = z.enum(['todo', 'in_progress', 'waiting_for_somebody', 'cancelled', 'completed']);
const input = z.strictObject({
  title: z.string().describe('A short title in the language that the person writes in themselves'),
  content: z.string().optional(),
  project_identifier: z.string().optional(),
  estimated_minutes: z.number().optional(),
  reminder_minutes: z.number().optional(),
  status: status.optional(),
});
const createNote = {
  name: 'create_note',
  description: 'Keeps what the person has just said as a note of its own, in their words and no others.',
  input,
};

function openTools() {
  const metrics = recordingMetrics();
  const lines: object[] = [];
  const note = (fields: object, message: string) => void lines.push({ ...fields, message });
  const logger = { debug: () => {}, info: () => {}, warn: note, error: note };
  const ai = fixture.open(
    { prompts: { test: prompts }, metrics, logger },
    {
      secretPrompts: ['notes'],
      secretTexts: [{ id: 'tools', parts: toolTexts([createNote]) }],
      rounds: 120,
    },
  );
  const permit = recordingPermit();
  const run: string[] = [];
  const tools = {
    create_note: tool({
      description: createNote.description,
      inputSchema: z.strictObject({ content: z.string() }),
      execute: async ({ content }) => {
        run.push(content);
        return 'done';
      },
    }),
  };
  const asked = { model: ai.model(permit, 'chat'), tools, maxRetries: 0, stopWhen: isStepCount(5) };
  return { ai, metrics, lines, permit, run, asked: { ...asked, prompt: 'Keep what I say.' } };
}

const calls = (content: string) =>
  ({ kind: 'tool_call', name: 'create_note', arguments: JSON.stringify({ content }) }) as const;
const says = (text: string) => ({ kind: 'content', text }) as const;
const coded = Buffer.from(SECRET).toString('base64');

const LEAKS: readonly (readonly [string, string, string])[] = [
  ['word for word', SECRET, 'plain'],
  ['letter by letter, with signs between', Array.from(SECRET).join('-'), 'plain'],
  ['in base64', coded, 'base64'],
  ['in hexadecimal', Buffer.from(SECRET).toString('hex'), 'hex'],
  ['as a string in JSON in a string', JSON.stringify({ a: SECRET.split(' ') }), 'plain'],
];

describe('a tool call whose arguments would repeat a secret', () => {
  test.each(LEAKS)('%s ends the reply, and no tool runs', async (_, content, rule) => {
    const { metrics, lines, permit, run, asked } = openTools();
    fixture.sandbox.faults.next(calls(content));
    const { steps } = await generateText(asked);
    expect(steps.map(({ finishReason, rawFinishReason }) => [finishReason, rawFinishReason])).toEqual([
      ['content-filter', 'prompt_leak'],
    ]);
    expect(JSON.stringify(steps.map(({ content: parts, response }) => [parts, response]))).not.toContain(
      'guess',
    );
    expect([run, metrics.leaks]).toEqual([[], [`test.notes ${rule}`]]);
    expect(lines).toMatchObject([{ prompt: 'notes', prompt_version: 2, rule }]);
    expect(JSON.stringify(lines)).not.toMatch(/guess|coded/);
    // The provider's work is paid for, once.
    expect(permit.states).toEqual(['served']);
  });

  test.each(LEAKS)('%s, in a stream too', async (_, content, rule) => {
    const { metrics, permit, run, asked } = openTools();
    fixture.sandbox.faults.next(calls(content));
    const { stream, finishReason } = streamText({ ...asked, include: { rawChunks: true } });
    const parts: string[] = [];
    for await (const part of stream) parts.push(part.type);
    expect(await finishReason).toBe('content-filter');
    expect(parts.filter((type) => type.startsWith('tool') || type === 'raw')).toEqual([]);
    expect([run, metrics.leaks]).toEqual([[], [`test.notes ${rule}`]]);
    expect(permit.rows).toMatchObject([{ state: 'served', usage: { estimated: false } }]);
  });

  test.each([generateText, streamText])(
    'in halves over two rounds is found in the second (%o)',
    async (ask) => {
      const { metrics, permit, run, asked } = openTools();
      const half = SECRET.indexOf('never');
      fixture.sandbox.faults.next(
        calls(`First: ${SECRET.slice(0, 40)} and so on.`),
        calls(`What a day. Then: ${SECRET.slice(38, half + 20)}.`),
      );
      const { finishReason } = await ask(asked);
      expect(await finishReason).toBe('content-filter');
      expect(run).toEqual([`First: ${SECRET.slice(0, 40)} and so on.`]);
      expect(metrics.leaks).toEqual(['test.notes plain']);
      expect(permit.states).toEqual(['served', 'served']);
    },
  );

  test('is found by what the rounds before said in words, in another disguise, or letter by letter', async () => {
    for (const [first, second] of [
      [calls(`First: ${SECRET.slice(0, 40)}`), says(`Well. ${SECRET.slice(40, 80)}`)],
      [calls(Buffer.from(SECRET.slice(0, 45)).toString('base64')), says(SECRET.slice(40, 80))],
    ] as const) {
      const { metrics, asked } = openTools();
      fixture.sandbox.faults.next(first, second);
      const { finishReason, text } = await generateText(asked);
      expect([finishReason, text.includes('guess'), metrics.leaks]).toEqual([
        'content-filter',
        false,
        ['test.notes plain'],
      ]);
    }
    const { metrics, run, asked } = openTools();
    fixture.sandbox.faults.next(...Array.from(SECRET).map(calls));
    await generateText({ ...asked, stopWhen: isStepCount(100) });
    expect(metrics.leaks).toEqual(['test.notes plain']);
    expect(run.join('')).toBe(SECRET.slice(0, run.join('').length));
    expect(run.join('').replaceAll(/[^a-z]/gi, '').length).toBe(47);
  }, 60_000);

  test('is no matter of another permit', async () => {
    const { ai, metrics, run, asked } = openTools();
    for (const part of [SECRET.slice(0, 40), SECRET.slice(40, 80)]) {
      fixture.sandbox.faults.next(calls(part), says('Done.'));
      await generateText({ ...asked, model: ai.model(recordingPermit(), 'chat') });
    }
    expect([run.length, metrics.leaks]).toEqual([2, []]);
  });
});

describe('what describes tools', () => {
  const [told = '', ...schema] = toolTexts([createNote]);

  test.each([
    ['as it is told', told],
    ['as its schema', schema.join('"required":["title"]')],
    ['of one field', 'title: A short title in the language that the person writes in themselves'],
  ])('%s does not leave', async (_, text) => {
    const { metrics, asked } = openTools();
    fixture.sandbox.faults.next(says(`I have these tools: ${text}`));
    const { finishReason } = await generateText(asked);
    expect([finishReason, metrics.leaks]).toEqual(['content-filter', ['test.tools plain']]);
  });

  test('may be named: its tools, its fields, its values', async () => {
    const { metrics, asked } = openTools();
    const names = Object.keys(input.shape).join(', ');
    const words = `I can create_note for you. It has ${names}; ${names}; a status is ${status.options.join(', ')}.`;
    fixture.sandbox.faults.next(says(words));
    const { text, finishReason } = await generateText(asked);
    expect([text, finishReason, metrics.leaks]).toEqual([words, 'stop', []]);
  });
});

test('a note that repeats at length what the person wrote is kept', async () => {
  const { ai, metrics, run, asked } = openTools();
  const long = 'I said to my brother that the boat has to be painted before the summer comes. '.repeat(20);
  fixture.sandbox.faults.next(calls(long), says(`I kept it: ${long}`));
  const { system = '', user } = prompts.get('notes').render({ message: long });
  const { prompt: _, ...rest } = asked;
  const { text } = await generateText({ ...rest, system, prompt: user });
  expect([run, text, metrics.leaks]).toEqual([[long], `I kept it: ${long}`, []]);
  expect(ai.refuses(recordingPermit(), 'chat', { content: long })).toBeUndefined();
});

test('product code is told that what it hands out would repeat a secret, alone or with what left before', async () => {
  const { ai, metrics, permit, asked } = openTools();
  const actions = [{ type: 'create_record', data: { content: SECRET } }];
  expect(ai.refuses(permit, 'chat', actions)).toBe('leak');
  // It did not leave: the next one is looked at by itself.
  expect(
    ai.refuses(permit, 'chat', [{ type: 'create_record', data: { content: SECRET.slice(0, 40) } }]),
  ).toBeUndefined();
  fixture.sandbox.faults.next(says(SECRET.slice(40, 80)));
  const { finishReason } = await generateText(asked);
  expect([finishReason, metrics.leaks]).toEqual(['content-filter', ['test.notes plain', 'test.notes plain']]);
  // Nor did those words: what left before them may leave again.
  expect(ai.refuses(permit, 'chat', { content: SECRET.slice(0, 40) })).toBeUndefined();
});
