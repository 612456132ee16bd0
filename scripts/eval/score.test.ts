import { expect, test } from 'vitest';
import type { WrittenPosts } from './write-posts.ts';
import { readBriefs } from './briefs.ts';
import { scoreOf } from './score.ts';

const [brief] = readBriefs();
if (brief === undefined) throw new Error('there are no briefs');

const spent = { calls: 2, promptTokens: 2_000, completionTokens: 600, costMicros: 900, models: ['a/b'] };
const post = {
  hook: 'Small teams ship before the meeting ends',
  body: 'Two people at one desk decide in a sentence. Ten people book a room first, and the decision waits for the room.',
  cta: 'Which meeting would you drop first?',
  hashtags: ['#SmallTeams'],
};
const good: WrittenPosts = {
  candidates: [{ brief, platform: 'x', post, others: [] }],
  failures: [],
  spent,
};

test('a variant without an objection is flawless, and one with several is among the worst', () => {
  const bad = { brief, platform: 'x', post: { ...post, cta: '', hashtags: [] }, others: [] } as const;
  const score = scoreOf([good, { ...good, candidates: [bad] }]);
  expect(score.flawless).toBe(0.5);
  expect(score.worst.map(({ objections }) => objections)).toEqual([
    ['one call: there is no call to action', 'hashtags valid: there are no hashtags'],
  ]);
});

test('a request without a post counts as a variant that breaks every rule', () => {
  const failed: WrittenPosts = { candidates: [], failures: ['answer_unusable'], spent };
  const score = scoreOf([good, failed]);
  expect(score).toMatchObject({ overall: 0.5, flawless: 0.5, posts: 2, failures: ['answer_unusable'] });
  expect(score.rules.map(({ all }) => all)).toEqual(score.rules.map(() => 0.5));
});

test('nothing written is no success', () => {
  expect(scoreOf([])).toMatchObject({ overall: 0, flawless: 0, posts: 0 });
});

test('a post costs what all calls of its request cost together, repairs and retries too', () => {
  expect(scoreOf([good, good]).perPost).toEqual({
    promptTokens: 4_000,
    completionTokens: 1_200,
    usd: 0.0018,
  });
});
