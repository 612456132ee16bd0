import type { Ai } from '#platform/ai';
import type { Audit } from '#platform/audit';
import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { Jobs } from '#platform/jobs';
import type { Clock, Ids } from '#platform/kernel';
import type { Limits } from '#platform/limits';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { type Activity, createActivity } from './activity.ts';

/** What the platform gives every product alike. */
export interface PlatformParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly entitlements: Entitlements;
  readonly limits: Limits;
  readonly jobs: Jobs;
  readonly ai: Ai;
  /** Mails of the templates that there are, stored in the transaction of what they tell of. */
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  /** Who did what, for owners and admins. What members should see of it is `activity`. */
  readonly audit: Audit;
  /** What the operator's endpoints are told, stored in the transaction of what happened. */
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
}

/** What a product's service is made from. */
export interface ProductContext extends PlatformParts {
  readonly activity: Activity;
}

/** The context of one product. */
export function productContext(product: string, parts: PlatformParts): ProductContext {
  const { db, ids, clock, entitlements, limits, jobs, ai, mail, audit, webhooks } = parts;
  const activity = createActivity({ db, audit, product });
  return { db, ids, clock, entitlements, limits, jobs, ai, mail, audit, webhooks, activity };
}
