import { limitsCatalogue } from '@plinth/testkit/fixtures/limits';

/** A product with a limit of each kind, small enough that most who ask are denied. */
export const catalogue = limitsCatalogue({
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    per_minute: { kind: 'burst', per: 'minute', by: 'account' },
    smooth: { kind: 'burst', per: 'minute', by: 'account', sliding: true },
    at_once: { kind: 'concurrency', by: 'account' },
    daily_cost: { kind: 'budget', per: 'day', by: 'account' },
    pause: { kind: 'cooldown', by: 'subject' },
    coins: { kind: 'credits', per: 'month', by: 'account' },
  },
  features: {
    use: ['monthly', 'hourly', 'per_minute', 'at_once', 'daily_cost'],
    slide: ['monthly', 'smooth', 'at_once'],
    pay: ['coins', 'at_once'],
    draft: ['monthly', 'pause', 'at_once'],
  },
  plans: {
    small: {
      monthly: 5_000,
      hourly: 1_000,
      per_minute: 40,
      smooth: 20,
      at_once: 5,
      daily_cost: 200_000,
      pause: 20,
      coins: 100,
    },
    large: {
      monthly: 500_000,
      hourly: 100_000,
      per_minute: 3_000,
      smooth: 1_000,
      at_once: 60,
      daily_cost: 200_000_000,
      pause: 5,
      coins: 5_000,
    },
  },
  // A permit whose holder never comes back expires after this time.
  longestSeconds: 20,
});

export type Feature = 'use' | 'slide' | 'pay' | 'draft';
