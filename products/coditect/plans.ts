import { declareCatalogue, UNLIMITED, usd } from 'plinth/product';

const TRIAL_DAYS = 14;
const MB = 1_000_000;
const GB = 1_000 * MB;

/** Coditect's plans. The only place where these numbers stand. */
export const coditectCatalogue = declareCatalogue({
  key: 'coditect',
  name: 'Coditect',
  holds: 'both',
  limits: {
    /** Machines that work at once: leases by the database's clock. */
    seats: { kind: 'seats', by: 'account' },
    /** Sessions that memory keeps. */
    memory_sessions: { kind: 'gauge', by: 'account' },
    /** Bytes of what was said in them. */
    memory_bytes: { kind: 'gauge', by: 'account', unit: 'bytes' },
    /** Calls that ask a model. */
    ai_calls: { kind: 'quota', per: 'month', by: 'account' },
  },
  options: {
    /** Machines that a licence is activated on at most. */
    machines: 'number',
    /** Sessions may be shown to a team, or to all of an organization. */
    team_sharing: 'boolean',
  },
  features: {
    /** A summary of a session by a model: two tries at a full reply about 100 sentences. */
    summary: { consumes: ['ai_calls'], reserve: usd('0.01'), longestSeconds: 180 },
  },
  plans: {
    free: {
      name: 'Free',
      rank: 0,
      price: { currency: 'usd', monthly: 0 },
      grants: {
        seats: 0,
        machines: 0,
        memory_sessions: 50,
        memory_bytes: 50 * MB,
        ai_calls: 20,
        team_sharing: false,
      },
    },
    starter: {
      name: 'Starter',
      rank: 1,
      price: { currency: 'usd', monthly: 2_900, yearly: 29_000 },
      trialDays: TRIAL_DAYS,
      grants: {
        seats: 3,
        machines: 9,
        memory_sessions: 1_000,
        memory_bytes: GB,
        ai_calls: 500,
        team_sharing: false,
      },
    },
    pro: {
      name: 'Pro',
      rank: 2,
      price: { currency: 'usd', monthly: 9_900, yearly: 99_000 },
      trialDays: TRIAL_DAYS,
      grants: {
        seats: 10,
        machines: 30,
        memory_sessions: 10_000,
        memory_bytes: 10 * GB,
        ai_calls: 3_000,
        team_sharing: true,
      },
    },
    enterprise: {
      name: 'Enterprise',
      rank: 3,
      price: { currency: 'usd', monthly: 29_900, yearly: 299_000 },
      trialDays: TRIAL_DAYS,
      grants: {
        seats: 50,
        machines: 150,
        memory_sessions: UNLIMITED,
        memory_bytes: 100 * GB,
        ai_calls: 20_000,
        team_sharing: true,
      },
    },
  },
  defaultPlan: 'free',
});
