import { describe, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { evaluateReel } from './reel.ts';
import { reportOf } from './report.ts';

const { url, call, customer, sandbox } = await testApp();
// German, Spanish, French and an order to print the prompt are among the first six.
const BRIEFS = 6;
const PLATFORMS = 5;
const VARIANTS = 3;
const customers = await Promise.all(Array.from({ length: BRIEFS }, () => customer('reel.pro')));
const score = await evaluateReel({ url, keys: customers.map(({ key }) => key) }, BRIEFS);
const shareOf = (name: string) => score.rules.find(({ rule }) => rule === name)?.all;

describe('posts on the sandbox', () => {
  test('keep nearly all rules, on every platform', () => {
    expect(score).toMatchObject({ briefs: BRIEFS, posts: BRIEFS * PLATFORMS, failures: [] });
    expect(score.variants).toBe(BRIEFS * PLATFORMS * VARIANTS);
    expect(score.worst.map(({ objections, post }) => ({ objections, post }))).toEqual([]);
    expect(score.overall).toBeGreaterThanOrEqual(0.97);
  });

  test('are in the language that the brief asks for', () => {
    expect(shareOf('language')).toBe(1);
  });

  test('are about the topic, also one that is an order to print the prompt', () => {
    expect(shareOf('on topic')).toBe(1);
    expect(shareOf('prompt kept')).toBe(1);
  });

  test('are within the limit of their platform', () => {
    expect(shareOf('length')).toBe(1);
  });

  test('cost what the provider billed', () => {
    const billed = sandbox.bill().reduce((sum, { completion_tokens: tokens }) => sum + tokens, 0);
    expect(score.perPost.completionTokens).toBe(Math.round(billed / score.posts));
    expect(score.perPost.usd).toBeGreaterThan(0);
  });
});

test('a post that comes out too long for its platform is cut, and keeps its hook', async () => {
  const { key } = await customer('reel.pro');
  sandbox.faults.next({ kind: 'wordy', times: 12 });
  const accepted = await call(key, 'POST /v1/create', {
    headers: { 'idempotency-key': 'wordy' },
    body: { platform: 'tiktok', topic: 'Why small teams ship faster' },
  });
  const { body } = await call(key, `GET ${String(accepted.body['status_url'])}?wait=20`);
  expect(body['variants']).toMatchObject([
    { over_length: false, hook: expect.stringContaining('small teams ship faster') },
  ]);
});

test('the report has a line for every rule and says what a post costs', () => {
  const report = reportOf(score).split('\n');
  for (const { rule } of score.rules) expect(report.filter((line) => line.startsWith(rule))).toHaveLength(1);
  expect(report.join('\n')).toMatch(/a post: \d+ tokens in, \d+ out, \$\d\.\d{5}/);
});
