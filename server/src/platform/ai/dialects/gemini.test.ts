import { expect, test } from 'vitest';
import { readUsage } from '../metering/usage.ts';
import { GEMINI } from './gemini.ts';

/** Usage as Google's servers write it, and what is billed of it. */
test.each<[string, object, object | undefined]>([
  [
    'thoughts beside candidates, and the results of tools beside the prompt',
    {
      promptTokenCount: 100,
      toolUsePromptTokenCount: 20,
      candidatesTokenCount: 30,
      thoughtsTokenCount: 40,
      totalTokenCount: 190,
    },
    { promptTokens: 120, completionTokens: 70, reasoningTokens: 40 },
  ],
  [
    'thoughts within candidates, which the total tells',
    { promptTokenCount: 100, candidatesTokenCount: 70, thoughtsTokenCount: 40, totalTokenCount: 170 },
    { promptTokens: 100, completionTokens: 70, reasoningTokens: 40 },
  ],
  [
    'a cache, with the modalities of what is in it',
    {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 3,
      totalTokenCount: 103,
      promptTokensDetails: [{ modality: 'IMAGE', tokenCount: 58 }],
      cacheTokensDetails: [{ modality: 'TEXT', tokenCount: 60 }],
    },
    { promptTokens: 100, cachedTokens: 60, completionTokens: 3 },
  ],
  [
    'an answer that was all thought',
    { promptTokenCount: 8, thoughtsTokenCount: 50, totalTokenCount: 58 },
    { promptTokens: 8, completionTokens: 50, reasoningTokens: 50 },
  ],
  [
    'a prompt that was blocked',
    { promptTokenCount: 8, totalTokenCount: 8 },
    { promptTokens: 8, completionTokens: 0 },
  ],
  ['nothing', {}, undefined],
])('%s', (_, usageMetadata, figures) => {
  const { usage } = GEMINI.readAnswer({ candidates: [{ finishReason: 'STOP' }], usageMetadata });
  if (figures === undefined) expect(usage).toBeUndefined();
  else expect(usage).toMatchObject(figures);
  expect(readUsage(GEMINI.readEvent({ usageMetadata }).figures)).toEqual(usage);
});

test('a cut answer without a word was spent on thoughts, a blocked prompt was not', () => {
  const parts = [{ text: 'Hm.', thought: true }];
  const cut = { candidates: [{ content: { parts }, finishReason: 'MAX_TOKENS' }] };
  expect(GEMINI.readAnswer(cut)).toMatchObject({ usable: true, isSpent: true });
  expect(GEMINI.readAnswer({ promptFeedback: { blockReason: 'SAFETY' } })).toMatchObject({
    usable: true,
    isSpent: false,
  });
  expect(GEMINI.readAnswer({ promptFeedback: {} })).toMatchObject({ usable: false });
});
