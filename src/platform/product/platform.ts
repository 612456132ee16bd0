import type { Ai } from '#platform/ai';
import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { Jobs } from '#platform/jobs';
import type { Clock, Ids } from '#platform/kernel';
import type { Limits } from '#platform/limits';

/** The faces of the platform that a product's service is made from. */
export interface Platform {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly entitlements: Entitlements;
  readonly limits: Limits;
  readonly jobs: Jobs;
  readonly ai: Ai;
}
