import { declareCatalogue, usd } from 'plinth/product';

const MB = 1_000_000;
const GB = 1_000 * MB;

/** Cost of a cheap model for the first chunks of a document; a longer one extends it. */
const AI_RESERVE = usd('0.05');
/** Extraction of a long document, with the waits between tries. */
const AI_SECONDS = 1_800;
/** Work without a model is over at once. */
const SHORT_SECONDS = 60;
/** A conversion, with the waits between tries. */
const WORK_SECONDS = 1_800;
/** Two hundred pages at some seconds each, behind the scans of others: it holds nothing but its pages of the month. */
const OCR_SECONDS = 21_600;

/** Orbit's plans. The only place where these numbers stand. */
export const orbitCatalogue = declareCatalogue({
  key: 'orbit',
  name: 'Orbit',
  holds: 'organization',
  limits: {
    scopes: { kind: 'quota', per: 'month', by: 'account' },
    ai_calls: { kind: 'quota', per: 'month', by: 'account' },
    exports: { kind: 'quota', per: 'month', by: 'account' },
    ocr_pages: { kind: 'quota', per: 'month', by: 'account' },
    daily_cost: { kind: 'budget', per: 'day', by: 'account' },
    members: { kind: 'gauge', by: 'account', unit: 'members' },
    storage: { kind: 'gauge', by: 'account', unit: 'bytes' },
    /** Calls of a model a minute, over all routes that make them. */
    ai_by_user: { kind: 'rate', by: 'member' },
    ai_by_workspace: { kind: 'rate', by: 'account' },
  },
  options: {
    /** The largest file that may be uploaded. */
    file_bytes: 'number',
    own_logo: 'boolean',
    own_colours: 'boolean',
    /** Exports without Orbit's mark. */
    no_mark: 'boolean',
  },
  features: {
    // No model is asked: it takes its place in the month.
    scope: { consumes: ['scopes'], reserve: usd('0'), longestSeconds: SHORT_SECONDS },
    // One request is one call, however many chunks it has; their cost goes to the budget.
    ai: { consumes: ['ai_calls', 'daily_cost'], reserve: AI_RESERVE, longestSeconds: AI_SECONDS },
    export: { consumes: ['exports'], reserve: usd('0'), longestSeconds: WORK_SECONDS },
    // As many units as there are pages.
    ocr: { consumes: ['ocr_pages'], reserve: usd('0'), longestSeconds: OCR_SECONDS },
  },
  plans: {
    free: {
      name: 'Free',
      rank: 0,
      price: { currency: 'usd', monthly: 0 },
      grants: {
        scopes: 3,
        ai_calls: 20,
        exports: 3,
        ocr_pages: 50,
        daily_cost: usd('0.50'),
        members: 2,
        storage: 200 * MB,
        ai_by_user: 20,
        ai_by_workspace: 60,
        file_bytes: 10 * MB,
        own_logo: false,
        own_colours: false,
        no_mark: false,
      },
    },
    pro: {
      name: 'Pro',
      rank: 1,
      price: { currency: 'usd', monthly: 1_900, yearly: 19_000 },
      grants: {
        scopes: 50,
        ai_calls: 500,
        exports: 100,
        ocr_pages: 1_000,
        daily_cost: usd('5'),
        members: 5,
        storage: 10 * GB,
        ai_by_user: 20,
        ai_by_workspace: 60,
        file_bytes: 50 * MB,
        own_logo: true,
        own_colours: false,
        no_mark: false,
      },
    },
    team: {
      name: 'Team',
      rank: 2,
      price: { currency: 'usd', monthly: 4_900, yearly: 49_000 },
      grants: {
        scopes: 300,
        ai_calls: 3_000,
        exports: 1_000,
        ocr_pages: 10_000,
        daily_cost: usd('25'),
        members: 25,
        storage: 100 * GB,
        ai_by_user: 20,
        ai_by_workspace: 60,
        file_bytes: 200 * MB,
        own_logo: true,
        own_colours: true,
        no_mark: true,
      },
    },
  },
  defaultPlan: 'free',
});
