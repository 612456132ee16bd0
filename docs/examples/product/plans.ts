import { declareCatalogue, usd } from 'plinth/product';

/** What Sample sells. The only place where these numbers stand. */
export const sampleCatalogue = declareCatalogue({
  key: 'sample',
  name: 'Sample',
  holds: 'both',
  limits: {
    answers: { kind: 'quota', per: 'month', by: 'account' },
    concurrent: { kind: 'concurrency', by: 'account' },
    daily_cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  features: {
    answer: {
      consumes: ['answers', 'concurrent', 'daily_cost'],
      // What the cheapest model charges for three tries at a full answer, rounded up.
      reserve: usd('0.01'),
      // Two minutes with the provider, the waits between tries, and the wait for a provider that has no room yet.
      longestSeconds: 480,
    },
  },
  plans: {
    starter: {
      name: 'Starter',
      rank: 1,
      price: { currency: 'usd', monthly: 900 },
      grants: { answers: 50, concurrent: 1, daily_cost: usd('0.50') },
    },
    pro: {
      name: 'Pro',
      rank: 2,
      price: { currency: 'usd', monthly: 2_900 },
      grants: { answers: 500, concurrent: 5, daily_cost: usd('5') },
    },
  },
});
