import { declareCatalogue, UNLIMITED, usd } from 'plinth/product';

/** Limits that each use takes from: one of the month and the hour, a place among those at once, and its share of the day's model cost. */
const EACH = ['generations', 'hourly', 'concurrent', 'daily_cost'] as const;
/** Cost of a cheap model for three tries at a full reply (1,500 tokens), rounded up. */
const RESERVE = usd('0.02');
/** Two minutes with the provider, the waits between tries, and the rest for a provider that has no room for it yet. */
const LONGEST_SECONDS = 480;

/** Reel's plans. The only place where these numbers stand. */
export const reelCatalogue = declareCatalogue({
  key: 'reel',
  name: 'Reel',
  holds: 'both',
  limits: {
    generations: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    concurrent: { kind: 'concurrency', by: 'account' },
    daily_cost: { kind: 'budget', per: 'day', by: 'account' },
    /** Seconds between two regenerations of one draft. */
    regenerate_cooldown: { kind: 'cooldown', by: 'subject' },
    full_regenerations: { kind: 'quota', per: 'month', by: 'account' },
  },
  options: {
    /** The most variants that one request may ask for. */
    variants: 'number',
    full_regeneration: 'boolean',
  },
  features: {
    generation: { consumes: EACH, reserve: RESERVE, longestSeconds: LONGEST_SECONDS },
    regeneration_targeted: {
      consumes: [...EACH, 'regenerate_cooldown'],
      reserve: RESERVE,
      longestSeconds: LONGEST_SECONDS,
    },
    regeneration_full: {
      consumes: [...EACH, 'regenerate_cooldown', 'full_regenerations'],
      requires: ['full_regeneration'],
      reserve: RESERVE,
      longestSeconds: LONGEST_SECONDS,
    },
  },
  plans: {
    basic: {
      name: 'Basic',
      rank: 1,
      price: { currency: 'usd', monthly: 595 },
      grants: {
        generations: 60,
        hourly: 10,
        concurrent: 1,
        daily_cost: usd('0.50'),
        regenerate_cooldown: 20,
        full_regenerations: 0,
        variants: 1,
        full_regeneration: false,
      },
    },
    standard: {
      name: 'Standard',
      rank: 2,
      price: { currency: 'usd', monthly: 1_995 },
      grants: {
        generations: 300,
        hourly: 40,
        concurrent: 2,
        daily_cost: usd('2'),
        regenerate_cooldown: 20,
        full_regenerations: 20,
        variants: 3,
        full_regeneration: true,
      },
    },
    pro: {
      name: 'Pro',
      rank: 3,
      price: { currency: 'usd', monthly: 3_995 },
      grants: {
        generations: 900,
        hourly: 120,
        concurrent: 5,
        daily_cost: usd('5'),
        regenerate_cooldown: 20,
        full_regenerations: UNLIMITED,
        variants: 5,
        full_regeneration: true,
      },
    },
  },
  addOns: {
    pro_boost: { name: 'Pro Boost', price: { currency: 'usd', once: 1_995 }, days: 30, lifts: 'pro' },
  },
});
