import { declareCatalogue } from '#platform/product';

const TRIAL_DAYS = 14;

/** What Coditect sells. The only place where these numbers stand. */
export const coditectCatalogue = declareCatalogue({
  key: 'coditect',
  name: 'Coditect',
  holds: 'both',
  limits: {
    /** Machines that work at once: leases by the database's clock. */
    seats: { kind: 'seats', by: 'account' },
  },
  options: {
    /** Machines that a licence is activated on at most. */
    machines: 'number',
  },
  features: {},
  plans: {
    free: {
      name: 'Free',
      rank: 0,
      price: { currency: 'usd', monthly: 0 },
      grants: { seats: 0, machines: 0 },
    },
    starter: {
      name: 'Starter',
      rank: 1,
      price: { currency: 'usd', monthly: 2_900, yearly: 29_000 },
      trialDays: TRIAL_DAYS,
      grants: { seats: 3, machines: 9 },
    },
    pro: {
      name: 'Pro',
      rank: 2,
      price: { currency: 'usd', monthly: 9_900, yearly: 99_000 },
      trialDays: TRIAL_DAYS,
      grants: { seats: 10, machines: 30 },
    },
    enterprise: {
      name: 'Enterprise',
      rank: 3,
      price: { currency: 'usd', monthly: 29_900, yearly: 299_000 },
      trialDays: TRIAL_DAYS,
      grants: { seats: 50, machines: 150 },
    },
  },
  defaultPlan: 'free',
});
