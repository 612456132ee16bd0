import { declareCatalogue, usd } from 'plinth/product';

/** Cost of a cheap model for two tries at a full reply, and then some; a dearer one extends it. */
const RESERVE = usd('0.003');
/** A minute with the provider, and as long again for the messages before it in its session. */
const REPLY_SECONDS = 180;
/** A minute with the provider for each try of a job, and the waits between them. */
const JOB_SECONDS = 600;

const zoned = { by: 'account', zone: 'account' } as const;

/** Prism's plans. The only place where these numbers stand. */
export const prismCatalogue = declareCatalogue({
  key: 'prism',
  name: 'Prism',
  holds: 'personal',
  limits: {
    turns: { kind: 'quota', per: 'day', ...zoned },
    mirror_sessions: { kind: 'quota', per: 'week', ...zoned },
    suggestions: { kind: 'quota', per: 'day', ...zoned },
    daily_cost: { kind: 'budget', per: 'day', ...zoned },
  },
  options: {
    /** A session never begins anew, so that its messages are counted in it, and not in a window. */
    messages_per_session: 'number',
    spectrum: 'boolean',
    spectrum_export: 'boolean',
  },
  features: {
    turn: { consumes: ['turns', 'daily_cost'], reserve: RESERVE, longestSeconds: REPLY_SECONDS },
    // No model is asked: it takes its place in the week.
    mirror_session: { consumes: ['mirror_sessions'], reserve: RESERVE, longestSeconds: REPLY_SECONDS },
    mirror_message: { consumes: ['daily_cost'], reserve: RESERVE, longestSeconds: REPLY_SECONDS },
    fragments: { consumes: ['daily_cost'], reserve: RESERVE, longestSeconds: JOB_SECONDS },
    closing: { consumes: ['daily_cost'], reserve: RESERVE, longestSeconds: JOB_SECONDS },
    suggestion: { consumes: ['suggestions', 'daily_cost'], reserve: RESERVE, longestSeconds: REPLY_SECONDS },
  },
  plans: {
    free: {
      name: 'Free',
      rank: 0,
      price: { currency: 'usd', monthly: 0 },
      grants: {
        turns: 3,
        mirror_sessions: 2,
        suggestions: 3,
        daily_cost: usd('0.05'),
        messages_per_session: 20,
        spectrum: false,
        spectrum_export: false,
      },
    },
    prism: {
      name: 'Prism',
      rank: 1,
      price: { currency: 'usd', monthly: 799 },
      grants: {
        turns: 25,
        mirror_sessions: 14,
        suggestions: 20,
        daily_cost: usd('0.50'),
        messages_per_session: 100,
        spectrum: true,
        spectrum_export: false,
      },
    },
    prism_plus: {
      name: 'Prism Plus',
      rank: 2,
      price: { currency: 'usd', monthly: 1_499 },
      grants: {
        turns: 100,
        // Sold as unlimited: this is fair use.
        mirror_sessions: 60,
        suggestions: 60,
        daily_cost: usd('2'),
        messages_per_session: 300,
        spectrum: true,
        spectrum_export: true,
      },
    },
  },
  defaultPlan: 'free',
});
