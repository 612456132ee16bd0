import { ACCOUNTS } from './accounts.ts';
import { AI } from './ai.ts';
import { COMMITS } from './commits.ts';
import { DATABASE } from './database.ts';
import { ERASURE } from './erasure.ts';
import { FAULTS } from './faults.ts';
import { FEDERATION } from './federation.ts';
import { FOLDED } from './folding.ts';
import { GUARDS } from './guards.ts';
import { GUESSING } from './guessing.ts';
import { HISTORIES } from './histories.ts';
import { IDENTITY } from './identity.ts';
import { IMPORT } from './import.ts';
import { INBOX_OF_STORES } from './inbox.ts';
import { JOBS } from './jobs.ts';
import { KINDS } from './kinds.ts';
import { FAILED_CALLS } from './failures.ts';
import { LIMITS } from './limits.ts';
import { OPERATING } from './operating.ts';
import { ORGANIZATIONS } from './organizations.ts';
import { MAIL } from './mail.ts';
import { MODULES } from './modules.ts';
import { SECOND_FACTORS } from './mfa.ts';
import type { Patch } from './patch.ts';
import { PERMITS } from './permits.ts';
import { REDIS } from './redis.ts';
import { QSTASH } from './qstash.ts';
import { QUALITY } from './quality.ts';
import { REEL } from './reel.ts';
import { REEL_LIBRARY } from './reel-library.ts';
import { SDK } from './sdk.ts';
import { SECRETS } from './secrets.ts';
import { REPORTS } from './reports.ts';
import { RESERVED } from './reserves.ts';
import { SELLING } from './selling.ts';
import { SERVER } from './server.ts';
import { SHELF } from './shelf.ts';
import { SSO } from './sso.ts';
import { STARTING } from './starting.ts';
import { STRIPE_WIRE } from './stripe-wire.ts';
import { STRIPE_WORLD } from './stripe-world.ts';
import { SUITE } from './suite.ts';
import { TENANCY } from './tenancy.ts';
import { WEBHOOKS } from './webhooks.ts';

export type { Patch } from './patch.ts';

/**
 * Ways to break the program, each with the test that notices. `npm run sabotage` applies them to a copy, one at a
 * time: a patch under which its test stays green shows a promise that nobody guards.
 */
export const PATCHES: readonly Patch[] = [
  ...DATABASE,
  ...LIMITS,
  ...FAILED_CALLS,
  ...COMMITS,
  ...PERMITS,
  ...GUARDS,
  ...KINDS,
  ...JOBS,
  ...INBOX_OF_STORES,
  ...QSTASH,
  ...AI,
  ...RESERVED,
  ...IDENTITY,
  ...IMPORT,
  ...GUESSING,
  ...FEDERATION,
  ...SECOND_FACTORS,
  ...MAIL,
  ...MODULES,
  ...SECRETS,
  ...ACCOUNTS,
  ...ORGANIZATIONS,
  ...ERASURE,
  ...SSO,
  ...STARTING,
  ...SELLING,
  ...SHELF,
  ...STRIPE_WIRE,
  ...STRIPE_WORLD,
  ...FOLDED,
  ...HISTORIES,
  ...REPORTS,
  ...SERVER,
  ...TENANCY,
  ...SDK,
  ...REDIS,
  ...REEL,
  ...REEL_LIBRARY,
  ...WEBHOOKS,
  ...QUALITY,
  ...FAULTS,
  ...OPERATING,
  ...SUITE,
];
