import { expect, test } from 'vitest';
import { describeContext } from './material.ts';
import { chatContext } from '../request.ts';

const describe = (context: object) => JSON.parse(describeContext(chatContext.parse(context)));

test('a list that was not sent is not in this request, and an empty one was sent', () => {
  expect(describe({ recent_tasks: [], notes: [{ id: 'n' }] })).toEqual({
    user_profile: {},
    relevant_documents: [],
    conversation_history: [],
    recent_tasks: '0 sent',
    notes: '1 sent',
    projects: 'not in this request',
    checkpoints: 'not in this request',
    comments: 'not in this request',
  });
});

test('two megabytes of context are 90,000 characters of a prompt: the last words, the first documents', () => {
  const said = Array.from({ length: 400 }, (_, n) => ({
    role: 'user',
    content: `${n} ${'x'.repeat(1_000)}`,
  }));
  const shown = describe({
    user_profile: { about: 'y'.repeat(500_000) },
    relevant_documents: Array.from({ length: 50 }, () => 'z'.repeat(20_000)),
    conversation_history: said,
    recent_tasks: Array.from({ length: 2_000 }, () => ({ title: 't'.repeat(200) })),
  });
  expect(JSON.stringify(shown).length).toBeLessThan(90_000);
  expect(shown.conversation_history.at(-1).content).toMatch(/^399 /);
  expect(shown.relevant_documents).toHaveLength(2);
});

test('a document that is too long alone is shown in part', () => {
  const [shown] = describe({ relevant_documents: ['z'.repeat(100_000)] }).relevant_documents;
  expect(shown).toMatch(/^"z+$/);
});
