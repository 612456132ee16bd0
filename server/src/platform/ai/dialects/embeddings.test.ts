import { expect, test } from 'vitest';
import { EMBEDDINGS } from './embeddings.ts';

test.each([
  ['OpenAI’s', { prompt_tokens: 8, total_tokens: 8 }],
  ['Voyage’s', { total_tokens: 8 }],
  ['a gateway’s', { prompt_tokens: 8 }],
])('usage is read in %s form', (_whose, usage) => {
  const read = EMBEDDINGS.readAnswer({ object: 'list', data: [{ index: 0, embedding: [1] }], usage });
  expect(read).toMatchObject({
    usable: true,
    usage: { promptTokens: 8, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 },
  });
});

test('an answer without vectors is not usable', () => {
  expect(EMBEDDINGS.readAnswer({ object: 'list', data: [], usage: { total_tokens: 8 } }).usable).toBe(false);
});
