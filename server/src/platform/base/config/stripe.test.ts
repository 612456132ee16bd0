import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const problemsOf = (settings: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readConfig(settings);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};
const PRODUCTION = {
  NODE_ENV: 'production',
  EMBEDDED_DATABASE: 'true',
  EMBEDDED_MASTER_KEY: 'true',
  SANDBOX_AI: 'true',
  MAIL_TRANSPORT: 'outbox',
};
const stripeOf = (settings: Readonly<Record<string, string>>) => readConfig(settings).stripe;

describe('where purchases are paid', () => {
  test('a sandbox in development, nowhere in tests, unless it is asked for', () => {
    expect(stripeOf({})).toMatchObject({ account: undefined });
    expect(stripeOf({ SANDBOX_STRIPE: 'false' })).toBeUndefined();
    expect(stripeOf({ NODE_ENV: 'test' })).toBeUndefined();
    expect(stripeOf({ NODE_ENV: 'test', SANDBOX_STRIPE: 'true' })).toMatchObject({ account: undefined });
  });

  test.each([
    ['sk_test_a', 'test'],
    ['rk_test_a', 'test'],
    ['sk_live_a', 'live'],
    ['rk_live_a', 'live'],
  ])('%s means the %s mode', (key, mode) => {
    const live = { ...PRODUCTION, PUBLIC_URL: 'https://api.example.com' };
    const settings = {
      ...(mode === 'live' ? live : {}),
      STRIPE_SECRET_KEY: key,
      STRIPE_WEBHOOK_SECRET: 'whsec_a, whsec_b',
      STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_c',
    };
    expect(stripeOf(settings)?.account).toEqual({
      secretKey: key,
      mode,
      webhookSecrets: ['whsec_a', 'whsec_b'],
      connectWebhookSecrets: ['whsec_c'],
    });
  });

  test('a key or secret of another kind is refused, and not quoted', () => {
    const problems = problemsOf({ STRIPE_SECRET_KEY: 'pk_live_secret', STRIPE_WEBHOOK_SECRET: 'secret' });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('secret,');
    expect(problems.join()).not.toContain('pk_live_secret');
  });

  test('settings that contradict each other are refused', () => {
    expect(problemsOf({ STRIPE_SECRET_KEY: 'sk_test_a', SANDBOX_STRIPE: 'true' })).toEqual([
      'SANDBOX_STRIPE=true contradicts STRIPE_SECRET_KEY: set one of them.',
    ]);
    expect(problemsOf({ STRIPE_WEBHOOK_SECRET: 'whsec_a' })).toEqual([
      'STRIPE_SECRET_KEY is missing: STRIPE_WEBHOOK_SECRET is set.',
    ]);
  });

  test('production sells nothing without a key, never in the sandbox, and wants to be reached', () => {
    const production = { NODE_ENV: 'production' };
    expect(problemsOf({ ...production, SANDBOX_STRIPE: 'true' })).toContain(
      'SANDBOX_STRIPE lets anybody get a plan for free: it is refused in production.',
    );
    expect(problemsOf({ ...production, STRIPE_SECRET_KEY: 'sk_live_a' })).toContain(
      'PUBLIC_URL is missing: Stripe sends its messages there.',
    );
    expect(problemsOf(production).join()).not.toMatch(/STRIPE/);
  });
});

const minimums = (value: string) => readConfig({ PAYOUT_MINIMUM: value }).sales.payoutMinimums;
test('the smallest payouts are sums by currency', () => {
  expect(minimums('usd=1000, jpy=1500')).toEqual({ usd: 1000, jpy: 1500 });
  expect(minimums('')).toEqual({});
  for (const wrong of ['usd', 'USD=1', 'usd=0', 'usd=-1', 'usd=1.5', 'usd=1;eur=2', 'usd=1,usd=2'])
    expect(problemsOf({ PAYOUT_MINIMUM: wrong }), wrong).toHaveLength(1);
});
