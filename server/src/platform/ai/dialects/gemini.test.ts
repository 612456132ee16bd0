import { expect, test } from 'vitest';
import { readUsage } from '../metering/usage.ts';
import { refusalFailure } from '../pipe/outcome.ts';
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
  [
    'figures that are texts',
    { promptTokenCount: '10', candidatesTokenCount: '50', totalTokenCount: '60' },
    { promptTokens: 10, completionTokens: 50 },
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

const details = (one: object) => ({ details: [{ '@type': 'type.googleapis.com/google.rpc.…', ...one }] });
const QUOTA = { code: 429, status: 'RESOURCE_EXHAUSTED', ...details({ retryDelay: '34.07s' }) };
const KEY = { code: 400, status: 'INVALID_ARGUMENT', ...details({ reason: 'API_KEY_INVALID' }) };
const TOO_LONG = 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).';

/** Refusals as Google's servers write them, plain and in a list, and what follows from them. */
test.each<[string, object, object]>([
  ['a quota', QUOTA, { retry: 'same', health: 'throttled', retryAfter: 34_070, code: 'RESOURCE_EXHAUSTED' }],
  ['a key of ours that is wrong', KEY, { retry: 'next', health: 'failed', code: 'API_KEY_INVALID' }],
  [
    'a place that is not served',
    { code: 400, status: 'FAILED_PRECONDITION' },
    { retry: 'next', health: 'failed' },
  ],
  [
    'a request that is wrong',
    { code: 400, status: 'INVALID_ARGUMENT' },
    { retry: 'never', code: 'INVALID_ARGUMENT' },
  ],
  ['a prompt that is too long', { code: 400, message: TOO_LONG }, { code: 'context_length_exceeded' }],
  ['a server that is full', { code: 503, status: 'UNAVAILABLE' }, { retry: 'same', ledger: 'not_served' }],
])('%s', (_, error, expected) => {
  const status = 'code' in error ? Number(error.code) : 0;
  for (const said of [{ error }, [{ error }]]) {
    const answer = { kind: 'answer', status, headers: {}, body: Buffer.from(JSON.stringify(said)) } as const;
    expect(refusalFailure(answer, { now: 0, apiKey: '', isOneKey: false })).toMatchObject(expected);
  }
});
