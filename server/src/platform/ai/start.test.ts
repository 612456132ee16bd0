import { expect, onTestFinished, test } from 'vitest';
import { crashPoints } from '#platform/db';
import { createOpenAISandbox } from '#sandbox/openai';
import type { Ai } from './ai.ts';
import { chat, openAi, prepareChat } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';

const sandbox = { name: 'sandbox', baseUrl: 'http://127.0.0.1:1/v1' };
const local = { name: 'scripted', baseUrl: 'http://127.0.0.1:1/v1', models: ['llama'] };
const openai = { name: 'openai', baseUrl: 'http://127.0.0.1:1/v1' };

function open(...[parts, policy]: Parameters<typeof openAi>): Ai {
  const ai = openAi(parts, policy);
  onTestFinished(() => ai.close());
  return ai;
}

const first = (ai: Ai): string => {
  const { provider, model } = ai.estimate({ policy: 'test.chat', inputBytes: 10 });
  return `${provider}/${model}`;
};

test('the sandbox answers when it is alone, and never stands in for a real provider', () => {
  expect(first(open({ upstreams: [sandbox] }))).toBe('sandbox/sandbox-small');
  const both = open({ upstreams: [sandbox, openai] });
  expect(first(both)).toBe('openai/gpt-4.1-mini');
  expect(
    prepareChat(both, JSON.stringify({ model: 'small', messages: [{}] }), 'test.chat').chain,
  ).toHaveLength(1);
});

test('a local server with models of its own serves the usual sizes', () => {
  expect(first(open({ upstreams: [local] }))).toBe('scripted/llama');
});

test('an alias is a chain over providers', () => {
  const ai = open(
    { upstreams: [local, openai], aliases: { house: ['scripted/llama', 'openai/gpt-4o'] } },
    { models: ['house'] },
  );
  const { chain } = prepareChat(ai, JSON.stringify({ model: 'house', messages: [{}] }), 'test.chat');
  expect(chain.map(({ provider, model }) => `${provider}/${model}`)).toEqual([
    'scripted/llama',
    'openai/gpt-4o',
  ]);
});

test.each([
  [
    'a model without a price',
    { upstreams: [{ ...local, name: 'other' }] },
    {},
    'models.other: other/llama has no price',
  ],
  [
    'keys of accounts at an upstream that is not there',
    { upstreams: [local], ownKeys: { openai: { fee: 5 } } },
    {},
    'own_keys.openai: there is no such upstream',
  ],
  [
    'keys of accounts at one that a service account signs for',
    { upstreams: [{ ...local, google: 'default' as const }], ownKeys: { scripted: { fee: 5 } } },
    {},
    'own_keys.scripted: its URL is of one project',
  ],
  [
    'slots of a model that nobody has',
    { upstreams: [local], slots: [{ provider: 'scripted', model: 'lama', lane: undefined, limit: 4 }] },
    {},
    'slots are set for scripted/lama, which no configured provider has',
  ],
  [
    'an alias of a model that nobody has',
    { upstreams: [local], aliases: { x: ['openai/gpt-4o'] } },
    {},
    'aliases.x: no configured upstream has',
  ],
  [
    'a policy with a model that nobody has',
    { upstreams: [local] },
    { models: ['gpt-4o'] },
    'the policy test.chat names a model',
  ],
  ['a policy without sense', { upstreams: [local] }, { tries: 0 }, 'tries'],
  [
    'an override of a policy that nobody declares',
    { upstreams: [local], policyOverrides: { 'x.y': {} } },
    {},
    'policies.x.y: no product declares this policy',
  ],
])('%s stops the start', (...[, parts, policy, message]) => {
  expect(() => openAi(parts, policy)).toThrow(message);
});

test('configuration overrides a part of a policy and leaves the rest', async () => {
  const policyOverrides = { 'test.chat': { maxOutputTokens: 7, caps: { inputBytes: 60 } } };
  const ai = open({ upstreams: [sandbox], policyOverrides }, { maxOutputTokens: 100, caps: { runTime: 5 } });
  const small = JSON.stringify({ model: 'small', messages: [{}] });
  expect(prepareChat(ai, small, 'test.chat')).toMatchObject({
    maxTokens: 7,
    policy: { caps: { inputBytes: 60, runTime: 5 } },
  });
});

test('the process can be killed between a dispatch, its answer and the record of it: the points are registered', async () => {
  const upstream = await createOpenAISandbox();
  onTestFinished(() => upstream.close());
  const passed: string[] = [];
  const permit = recordingPermit();
  const ai = open({
    upstreams: [{ ...sandbox, baseUrl: upstream.url, apiKey: 'k' }],
    crashHook: (point, phase) => passed.push(`${phase} ${point}: ${permit.states.join()}`),
  });
  await ai.call(permit, { feature: 'chat', wire: chat() });
  expect(passed).toEqual([
    'before ai.dispatch: sent',
    'after ai.dispatch: sent',
    'before ai.answer: sent',
    'after ai.answer: served',
  ]);
  expect([...crashPoints().keys()]).toEqual(expect.arrayContaining(['ai.dispatch', 'ai.answer']));
});

test('the AI SDK and the packages of vendors are not loaded before they are used', async () => {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const script = `import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
    await import('#platform/ai');
    console.log(JSON.stringify(seen.filter((url) => /@ai-sdk|@smithy|\\/node_modules\\/ai\\/|converse|mistral/.test(url))));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
  });
  expect(JSON.parse(stdout)).toEqual([]);
});
