import { expect, test } from 'vitest';
import { retryAfter } from './retry-after.ts';

const NOW = Date.UTC(2026, 10, 28);

test.each<[number | undefined, Record<string, string>, string]>([
  [7_000, { 'retry-after': '7', 'x-ratelimit-reset-tokens': '9s' }, 'Retry-After goes first'],
  [250, { 'retry-after': '1', 'retry-after-ms': '250' }, 'and its finer form before it'],
  [30_000, { 'retry-after': 'Sat, 28 Nov 2026 00:00:30 GMT' }, 'a date'],
  [360_000, { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 'OpenAI'],
  [7_660, { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '7.66s' }, 'Groq'],
  [
    9,
    {
      'x-ratelimit-remaining-requests': '4999',
      'x-ratelimit-reset-requests': '12ms',
      'x-ratelimit-remaining-tokens': '20',
      'x-ratelimit-reset-tokens': '9ms',
    },
    'no limit has nothing left: the first to be whole',
  ],
  [
    90_000,
    {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-11-28T00:01:00Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-28T00:01:30Z',
      'anthropic-ratelimit-output-tokens-remaining': '8000',
      'anthropic-ratelimit-output-tokens-reset': '2026-11-28T00:02:00Z',
    },
    'Anthropic: the last of those that have nothing left',
  ],
  [5_000, { 'x-ratelimit-reset': String(NOW + 5_000) }, 'OpenRouter: an instant in milliseconds'],
  [5_000, { 'x-ratelimit-reset': String(NOW / 1_000 + 5) }, 'an instant in seconds'],
  [5_000, { 'x-ratelimit-reset': '5' }, 'seconds'],
  [
    undefined,
    { 'x-ratelimit-reset-requests': 'soon', 'anthropic-ratelimit-tokens-reset': '2026-11-27T00:00:00Z' },
    'no time to come',
  ],
])('%s: %j (%s)', (wait, headers) => {
  expect(retryAfter({ status: 429, headers }, NOW)).toBe(wait);
});

test('limits that any answer tells of are no reason to wait after another failure', () => {
  expect(retryAfter({ status: 500, headers: { 'x-ratelimit-reset-tokens': '6m0s' } }, NOW)).toBeUndefined();
});
