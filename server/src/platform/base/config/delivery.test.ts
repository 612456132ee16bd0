import { expect, test } from 'vitest';
import { readConfig } from './index.ts';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';

const PRODUCTION = {
  NODE_ENV: 'production',
  EMBEDDED_DATABASE: 'true',
  EMBEDDED_MASTER_KEY: 'true',
  SANDBOX_AI: 'true',
  MAIL_TRANSPORT: 'outbox',
};
const REAL = {
  ...PRODUCTION,
  JOBS_DELIVERY: 'qstash',
  QSTASH_TOKEN: 'marker',
  QSTASH_CURRENT_SIGNING_KEY: 'marker',
  QSTASH_NEXT_SIGNING_KEY: 'marker',
  PUBLIC_URL: 'https://api.example.com/',
};
const namesIn = (problems: readonly string[]) => problems.map((problem) => problem.split(' ')[0]);

test('jobs are run by workers, and nothing is taken from QStash, unless it is said', () => {
  expect(readConfig({}).delivery).toBeUndefined();
});

test('with a token and both keys jobs go through QStash to PUBLIC_URL', () => {
  expect(readConfig({ ...REAL, WORKER_CONCURRENCY: '3' }).delivery).toEqual({
    publishes: true,
    qstash: {
      url: 'https://qstash.upstash.io',
      token: 'marker',
      keys: { current: 'marker', next: 'marker' },
    },
    target: 'https://api.example.com',
    parallelism: 3,
  });
  expect(readConfig({ ...REAL, QSTASH_PARALLELISM: '40' }).delivery?.parallelism).toBe(40);
});

test('each setting of QStash that is missing has one line, which quotes no value', () => {
  const { QSTASH_TOKEN } = REAL;
  const problems = problemsOf({ ...PRODUCTION, JOBS_DELIVERY: 'qstash', QSTASH_TOKEN });
  expect(namesIn(problems)).toEqual(['QSTASH_CURRENT_SIGNING_KEY', 'QSTASH_NEXT_SIGNING_KEY', 'PUBLIC_URL']);
  expect(problems.join()).not.toContain('marker');
  expect(namesIn(problemsOf({ ...REAL, QSTASH_TOKEN: '' }))).toEqual(['QSTASH_TOKEN']);
  expect(namesIn(problemsOf({ ...REAL, QSTASH_NEXT_SIGNING_KEY: '' }))).toEqual(['QSTASH_NEXT_SIGNING_KEY']);
});

test('a process that only takes deliveries needs the keys, and no token', () => {
  const { QSTASH_TOKEN: _token, JOBS_DELIVERY: _delivery, ...serving } = REAL;
  expect(readConfig(serving).delivery).toMatchObject({ publishes: false, qstash: { token: undefined } });
});

test('without a token the sandbox stands in, and delivers to this process; in production it is refused', () => {
  expect(readConfig({ JOBS_DELIVERY: 'qstash', HOST: '127.0.0.1', PORT: '3001' }).delivery).toMatchObject({
    publishes: true,
    qstash: undefined,
    target: 'http://127.0.0.1:3001',
  });
  expect(namesIn(problemsOf({ JOBS_DELIVERY: 'qstash', PORT: '0' }))).toEqual(['PUBLIC_URL']);
  expect(problemsOf({ ...PRODUCTION, JOBS_DELIVERY: 'qstash' })).toEqual([
    'QSTASH_TOKEN is missing: JOBS_DELIVERY=qstash has no sandbox in production.',
  ]);
});
