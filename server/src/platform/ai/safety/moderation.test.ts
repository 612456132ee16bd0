import { afterAll, expect, test } from 'vitest';
import { systemClock } from '#platform/kernel';
import { createOpenAISandbox } from '#sandbox/openai';
import { Pool } from 'undici';
import { createModeration } from './moderation.ts';
import { protocolsOf, takesOfUpstream } from '../takes.ts';

const sandbox = await createOpenAISandbox();
const { origin, pathname } = new URL(sandbox.url);
const dispatcher = new Pool(origin);
const counted: string[] = [];
afterAll(async () => {
  await dispatcher.destroy();
  await sandbox.close();
});

function moderation() {
  return createModeration({
    upstream: {
      name: 'sandbox',
      dispatcher,
      origin,
      path: pathname,
      query: '',
      headers: ['content-type', 'application/json'],
      authorization: ['authorization', `Bearer ${sandbox.apiKey}`],
      apiKey: sandbox.apiKey,
      keys: [],
      takes: takesOfUpstream('sandbox', ''),
      translation: undefined,
      aws: undefined,
      google: undefined,
      authorize: () => [],
      speaks: new Set(protocolsOf('sandbox', new URL(sandbox.url))),
    },
    clock: systemClock,
    logger: undefined,
    metrics: { moderation: (outcome) => void counted.push(outcome) },
  });
}

test('says what the provider flags, in the words of the safety part, and costs nothing', async () => {
  const moderate = moderation();
  expect(await moderate('tea')).toEqual({ outcome: 'passed' });
  expect(await moderate('[flag violence] a story')).toEqual({ outcome: 'passed' });
  expect(await moderate('[flag self-harm] [flag self-harm/intent]')).toEqual({
    outcome: 'flagged',
    status: 'crisis',
    kinds: ['active_thoughts', 'self_injury'],
    rules: ['moderation.self_harm_intent', 'moderation.self_harm'],
  });
  expect(await moderate('[flag self-harm]')).toMatchObject({ outcome: 'flagged', status: 'caution' });
  expect(sandbox.bill()).toEqual([]);
});

test('fails open, whatever the provider answers, and asks nobody for a while after that', async () => {
  const moderate = moderation();
  const model = 'omni-moderation-latest';
  sandbox.faults.next(
    { kind: 'status', status: 500, model },
    { kind: 'malformed_json', model },
    { kind: 'reset', model },
  );
  for (let at = 0; at < 3; at += 1) expect(await moderate('tea')).toEqual({ outcome: 'failed' });
  expect(await moderate('tea')).toEqual({ outcome: 'skipped' });
  expect(counted.slice(-4)).toEqual(['failed', 'failed', 'failed', 'skipped']);
});
