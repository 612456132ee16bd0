import { declareCatalogue, micros, usd } from 'plinth/product';

/** Seconds that one chat call may take over all tries: ten minutes of thinking, and as long again to say it. */
export const CHAT_SECONDS = 1_500;

/** Past the end of a route's own limit, so that no call outlives its permit. */
const LONGEST_SECONDS = CHAT_SECONDS + 300;

/** The limits that each call counts against. */
const CONSUMED = ['calls', 'per_minute', 'concurrent', 'daily_cost'] as const;

/** Plans of the AI pipe itself. The only place where these numbers stand. */
export const gatewayCatalogue = declareCatalogue({
  key: 'gateway',
  name: 'AI gateway',
  holds: 'both',
  limits: {
    calls: { kind: 'quota', per: 'month', by: 'account' },
    per_minute: { kind: 'burst', per: 'minute', by: 'account' },
    concurrent: { kind: 'concurrency', by: 'account' },
    daily_cost: { kind: 'budget', per: 'day', by: 'account' },
    /** Calls that create pictures: a pack adds some that last. */
    image_calls: { kind: 'credits', per: 'month', by: 'account' },
  },
  options: {
    /** The largest body of a call, in MiB. Pictures are sent as base64, which is a third larger than they are. */
    body_mb: 'number',
  },
  features: {
    chat: {
      consumes: CONSUMED,
      // Only where the caller's own figures (model, input, max_tokens) give no estimate.
      reserve: usd('0.02'),
      longestSeconds: LONGEST_SECONDS,
    },
    embeddings: {
      consumes: CONSUMED,
      reserve: usd('0.02'),
      longestSeconds: LONGEST_SECONDS,
    },
    images: {
      consumes: [...CONSUMED, 'image_calls'],
      reserve: usd('0.25'),
      longestSeconds: LONGEST_SECONDS,
    },
    speech: {
      consumes: CONSUMED,
      reserve: usd('0.02'),
      longestSeconds: LONGEST_SECONDS,
    },
    transcriptions: {
      consumes: CONSUMED,
      reserve: usd('0.15'),
      longestSeconds: LONGEST_SECONDS,
    },
    // Calls that a backend of the account's own makes, at its own provider, under the same limits: docs/permits.md.
    external: {
      consumes: CONSUMED,
      reserve: usd('0.02'),
      longestSeconds: 4 * 3_600,
      outside: 'account',
    },
  },
  plans: {
    developer: {
      name: 'Developer',
      rank: 1,
      price: { currency: 'usd', monthly: 0 },
      grants: {
        calls: 1_000,
        per_minute: 60,
        concurrent: 2,
        daily_cost: usd('0.50'),
        image_calls: 50,
        body_mb: 8,
      },
    },
    scale: {
      name: 'Scale',
      rank: 2,
      price: {
        currency: 'usd',
        monthly: 4_900,
        yearly: 49_000,
        also: { eur: { monthly: 4_500, yearly: 45_000 } },
      },
      trialDays: 14,
      grants: {
        calls: 100_000,
        per_minute: 1_200,
        concurrent: 20,
        daily_cost: usd('25'),
        image_calls: 2_500,
        body_mb: 32,
      },
      // A fifth more than a call of the quota costs.
      overage: [{ limit: 'calls', micros: usd('0.0006'), also: { eur: micros(550) } }],
    },
    team: {
      name: 'Team',
      rank: 3,
      price: {
        currency: 'usd',
        monthly: 5_900,
        yearly: 59_000,
        also: { eur: { monthly: 5_400, yearly: 54_000 } },
      },
      perSeat: ['calls', 'per_minute', 'concurrent', 'daily_cost', 'image_calls'],
      grants: {
        calls: 150_000,
        per_minute: 1_500,
        concurrent: 25,
        daily_cost: usd('30'),
        image_calls: 3_000,
        body_mb: 32,
      },
      overage: [{ limit: 'calls', micros: usd('0.0006'), also: { eur: micros(550) } }],
    },
  },
  addOns: {
    image_pack: {
      name: '500 image calls',
      price: { currency: 'usd', once: 2_000, also: { eur: { once: 1_900 } } },
      limit: 'image_calls',
      credits: 500,
      months: 12,
    },
  },
  defaultPlan: 'developer',
});
