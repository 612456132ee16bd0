import { expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { z } from 'zod';
import { definePrompt, promptsOf } from '../prompts.ts';
import { answerSchema, structuredBody } from './structured.ts';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';

const prompts = promptsOf([
  definePrompt(
    '---\nid: post\nversion: 2\nvariables: [topic]\n---\n## system\nYou write posts.\n## user\nTopic: {{topic}}\n',
    'post.v2.md',
  ),
]);
const schema = z.strictObject({ hook: z.string(), hashtags: z.array(z.string()) });
const secret = 'marmalade-on-a-monday';
const request = { feature: 'chat', prompt: { id: 'post', variables: { topic: secret } }, schema } as const;

const fixture = makeFixture(createOpenAISandbox, { prompts: { test: prompts } });

test('an object fits its schema, and costs what the bill says', async () => {
  const permit = recordingPermit();
  const { object, usage, prompt } = await fixture.open().generate(permit, request);
  expect(schema.parse(object)).toEqual(object);
  expect(usage.completionTokens).toBe(fixture.sandbox.bill().at(-1)?.completion_tokens);
  expect(prompt).toEqual({ id: 'post', version: 2 });
});

test('an answer that does not fit is asked for again, within the tries, and each is paid for', async () => {
  const permit = recordingPermit();
  fixture.sandbox.faults.next({ kind: 'bad_content' });
  await fixture.open().generate(permit, request);
  expect(permit.states).toEqual(['served', 'served']);
  const hopeless = recordingPermit();
  fixture.sandbox.faults.always({ kind: 'bad_content' });
  await expect(fixture.open({}, { tries: 2 }).generate(hopeless, request)).rejects.toMatchObject({
    code: 'answer_unusable',
    retryable: false,
  });
  expect(hopeless.states).toEqual(['served', 'served']);
});

test('an answer that is cut is refused at once where its caller can ask for less, else asked for again', async () => {
  const cut = { kind: 'content', text: `{"hook":"${'word '.repeat(2_000)}"` } as const;
  const patient = recordingPermit();
  fixture.sandbox.faults.next(cut);
  await fixture.open().generate(patient, request);
  expect(patient.states).toEqual(['served', 'served']);
  const modest = recordingPermit();
  fixture.sandbox.faults.next(cut);
  const asked = fixture.open().generate(modest, { ...request, whenCut: 'refuse' });
  await expect(asked).rejects.toMatchObject({ code: 'answer_too_large', retryable: false, caused: false });
  expect(modest.states).toEqual(['served']);
  // An answer that does not fit and is whole is asked for again all the same.
  const unlucky = recordingPermit();
  fixture.sandbox.faults.next({ kind: 'bad_content' });
  await fixture.open().generate(unlucky, { ...request, whenCut: 'refuse' });
  expect(unlucky.states).toEqual(['served', 'served']);
});

test('logs name the prompt, its version, the request and the model, and never a text', async () => {
  const lines: unknown[] = [];
  const log = (fields: object, message: string): void => void lines.push({ ...fields, message });
  const logger = { debug: log, info: log, warn: log, error: log };
  fixture.sandbox.faults.next({ kind: 'bad_content' }, { kind: 'status', status: 400 });
  const here = fixture.open({ logger });
  await here.generate(recordingPermit(), request).catch(() => {});
  await here.generate(recordingPermit(), request);
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'generated',
      prompt: 'post',
      prompt_version: 2,
      request_id: 'req-of-the-test',
      model: 'sandbox-small',
    }),
  );
  const text = JSON.stringify(lines);
  expect(text).not.toContain(secret);
  expect(text).not.toContain('You write posts');
  expect(text).not.toContain(fixture.sandbox.apiKey);
});

test('a model may wrap its JSON in a code block', async () => {
  fixture.sandbox.faults.next({ kind: 'content', text: '```json\n{"hook":"a","hashtags":[]}\n```' });
  expect((await fixture.open().generate(recordingPermit(), request)).object).toEqual({
    hook: 'a',
    hashtags: [],
  });
});

test('an answer that is a fence and blanks is read in time by its length', async () => {
  const permit = recordingPermit();
  // An expression that looks for the end of the block at each blank, from each blank, would take years.
  fixture.sandbox.faults.next({ kind: 'content', text: `\`\`\`${'\n'.repeat(100_000)}x` });
  await expect(fixture.open({}, { tries: 1 }).generate(permit, request)).rejects.toMatchObject({
    code: 'answer_unusable',
  });
});

test('a schema is enforced strictly only where a provider can: all fields required, all objects closed', () => {
  expect(answerSchema(schema).strict).toBe(true);
  expect(answerSchema(z.strictObject({ a: z.string().optional() })).strict).toBe(false);
  expect(answerSchema(z.object({ a: z.array(z.object({ b: z.string() })) })).strict).toBe(true);
  expect(answerSchema(z.looseObject({ a: z.string() })).strict).toBe(false);
});

test('a provider that takes no schema is told it in words', () => {
  const body = structuredBody(
    { id: 'p', version: 1, system: 'Be kind.', user: 'Go.' },
    answerSchema(schema),
    'json_object',
  );
  expect(JSON.parse(body)).toMatchObject({
    messages: [
      {
        role: 'system',
        content: expect.stringMatching(/^Be kind\.\nAnswer with JSON alone.*hashtags/) as string,
      },
      { role: 'user' },
    ],
    response_format: { type: 'json_object' },
  });
});
