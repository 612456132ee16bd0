import { APP_STORE } from './app-store.ts';
import { ACCOUNTS } from './accounts.ts';
import { AI } from './ai.ts';
import { CODITECT_DAYS } from './coditect-days.ts';
import { BLOBS } from './blobs.ts';
import { CODITECT_DESK } from './coditect-desk.ts';
import { CODITECT_PAID } from './coditect-paid.ts';
import { COMMITS } from './commits.ts';
import { DATABASE } from './database.ts';
import { ENDS_UNDER_WAY } from './ends.ts';
import { ERASURE } from './erasure.ts';
import { FAULTS } from './faults.ts';
import { FILES_IN_S3 } from './s3.ts';
import { FEDERATION } from './federation.ts';
import { PROJECTION } from './projection.ts';
import { GOOGLE_PLAY } from './google-play.ts';
import { GUARDS } from './guards.ts';
import { GUESSING } from './guessing.ts';
import { SCENARIOS } from './scenarios.ts';
import { IDENTITY } from './identity.ts';
import { IMPORT } from './import.ts';
import { INBOX_OF_STORES } from './inbox.ts';
import { JOBS } from './jobs.ts';
import { KINDS } from './kinds.ts';
import { SEATS } from './seats.ts';
import { FAILED_CALLS } from './failures.ts';
import { KNOWN_ACCOUNTS } from './known-accounts.ts';
import { LEASES_OF_RATES } from './leases.ts';
import { LICENSES } from './licenses.ts';
import { LIMITS } from './limits.ts';
import { LOCK_ORDER } from './lock-order.ts';
import { OPERATING } from './operating.ts';
import { ORBIT_COLLABORATION } from './orbit-collaboration.ts';
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
import { REFERENCE } from './reference.ts';
import { REEL_LIBRARY } from './reel-library.ts';
import { SANDBOXES } from './sandboxes.ts';
import { SDK } from './sdk.ts';
import { SECRETS } from './secrets.ts';
import { REPORTS } from './reports.ts';
import { SAFETY } from './safety.ts';
import { RESERVED } from './reserves.ts';
import { DEBITED } from './debits.ts';
import { SELLING } from './selling.ts';
import { SERVER } from './server.ts';
import { CODITECT } from './coditect.ts';
import { ORBIT } from './orbit.ts';
import { ORBIT_READING } from './orbit-reading.ts';
import { ORBIT_EXTRACTION } from './orbit-extraction.ts';
import { ORBIT_LIMITS } from './orbit-limits.ts';
import { ORBIT_EXPORTS } from './orbit-exports.ts';
import { PRISM } from './prism.ts';
import { PROVIDER_GRANTS } from './provider-grants.ts';
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
  ...LOCK_ORDER,
  ...KNOWN_ACCOUNTS,
  ...ENDS_UNDER_WAY,
  ...LEASES_OF_RATES,
  ...FAILED_CALLS,
  ...CODITECT_DAYS,
  ...CODITECT_DESK,
  ...CODITECT_PAID,
  ...COMMITS,
  ...PERMITS,
  ...GUARDS,
  ...KINDS,
  ...SEATS,
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
  ...BLOBS,
  ...SSO,
  ...STARTING,
  ...DEBITED,
  ...SELLING,
  ...PROVIDER_GRANTS,
  ...STRIPE_WIRE,
  ...STRIPE_WORLD,
  ...PROJECTION,
  ...GOOGLE_PLAY,
  ...APP_STORE,
  ...SCENARIOS,
  ...REPORTS,
  ...SERVER,
  ...REFERENCE,
  ...TENANCY,
  ...SANDBOXES,
  ...LICENSES,
  ...SDK,
  ...REDIS,
  ...REEL,
  ...REEL_LIBRARY,
  ...CODITECT,
  ...ORBIT_EXPORTS,
  ...PRISM,
  ...SAFETY,
  ...ORBIT_READING,
  ...ORBIT,
  ...ORBIT_EXTRACTION,
  ...WEBHOOKS,
  ...QUALITY,
  ...FAULTS,
  ...FILES_IN_S3,
  ...OPERATING,
  ...ORBIT_COLLABORATION,
  ...ORBIT_LIMITS,
  ...SUITE,
];
