import { describe, expect, test } from 'vitest';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';

const PRODUCTION = {
  NODE_ENV: 'production',
  EMBEDDED_DATABASE: 'true',
  EMBEDDED_MASTER_KEY: 'true',
  SANDBOX_AI: 'true',
  MAIL_TRANSPORT: 'outbox',
  PUBLIC_URL: 'https://api.example.com',
};

const SIGNS: readonly (readonly [name: string, value: string])[] = [
  ['STRIPE_SECRET_KEY', 'sk_live_marker'],
  ['STRIPE_SECRET_KEY', 'rk_live_marker'],
  ['PUBLIC_URL', 'https://marker.example.com'],
  ['PUBLIC_URL', 'http://203.0.113.7'],
  ['PUBLIC_URL', 'https://203.0.113.7'],
  ['PUBLIC_URL', 'https://127.0.0.1.marker.example.com'],
  ['HOST', '0.0.0.0'],
  ['HOST', '::'],
  ['HOST', '0:0:0:0:0:0:0:0'],
  ['HOST', '::ffff:0.0.0.0'],
  ['HOST', '0'],
  ['HOST', '10.0.0.7'],
  ['HOST', 'fd00::7'],
  ['HOST', 'marker'],
  ['HOST', '127.marker.example.com'],
  ['TRUSTED_PROXIES', '127.0.0.1'],
];

describe('where others reach a server, or pay on it, without NODE_ENV=production', () => {
  test.each(SIGNS)('%s=%s stops the start with one line that says what to set', (name, value) => {
    for (const environment of [{}, { NODE_ENV: 'development' }]) {
      const problems = problemsOf({ ...environment, [name]: value });
      expect(problems).toEqual([
        expect.stringMatching(new RegExp(`^${name} .*: set NODE_ENV=production, or `)),
      ]);
      expect(problems.join()).not.toContain('marker');
    }
    expect(problemsOf({ ...PRODUCTION, [name]: value })).toEqual([]);
  });

  test('NODE_ENV=test is no way around it', () => {
    for (const [name, value] of SIGNS.filter(([one]) => one === 'HOST' || one === 'STRIPE_SECRET_KEY'))
      expect(problemsOf({ NODE_ENV: 'test', [name]: value })).toHaveLength(1);
  });

  test('each sign has a line of its own', () => {
    expect(problemsOf(Object.fromEntries(SIGNS))).toHaveLength(4);
  });
});

test.each([
  ['HOST', 'localhost'],
  ['HOST', '127.0.0.1'],
  ['HOST', '127.8.0.1'],
  ['HOST', '::1'],
  ['HOST', '::ffff:127.0.0.1'],
  ['PUBLIC_URL', 'http://localhost:8080'],
  ['PUBLIC_URL', 'https://plinth.localhost'],
  ['PUBLIC_URL', 'https://[::1]:8443'],
  ['STRIPE_SECRET_KEY', 'sk_test_a'],
])('%s=%s is this machine alone, or nobody’s money', (name, value) => {
  expect(problemsOf({ [name]: value })).toEqual([]);
});
