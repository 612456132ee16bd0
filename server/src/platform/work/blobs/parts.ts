import { assertOutsideTransaction, type Database } from '#platform/db';
import type { UpgradeFor } from '#platform/entitlements';
import { AppError, type Clock, type Ids } from '#platform/kernel';
import type { Limits } from '#platform/limits';
import type { Secrets } from '#platform/secrets';
import type { Logger, Metrics } from '#platform/telemetry';
import type { BlobHome } from './home.ts';

/** Parts that files need. */
export interface BlobStorageParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'gauging'>;
  readonly secrets: Pick<Secrets, 'derived'>;
  readonly home: BlobHome;
  /** The plan that would have room. */
  readonly upgradeFor: UpgradeFor;
  readonly metrics: Pick<Metrics, 'blobUpload' | 'blobHomeFailure' | 'blobProblems' | 'observeBlobs'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Default lifetime of a download link, in seconds. */
export const LINK_SECONDS = 900;
/** No link is good for longer: S3 signs none for more than a week. */
export const LONGEST_LINK = 7 * 86_400;

/** Reaches out to the home, never within a transaction; what fails there is counted. */
export async function atHome<T>(
  { home, metrics }: Pick<BlobStorageParts, 'home' | 'metrics'>,
  doing: 'sign' | 'write' | 'read' | 'delete' | 'list',
  work: (home: BlobHome) => Promise<T>,
): Promise<T> {
  assertOutsideTransaction('the home of files was asked');
  try {
    return await work(home);
  } catch (error) {
    const isCallers = error instanceof AppError && error.status < 500;
    if (!isCallers) metrics.blobHomeFailure(home.name, doing);
    throw error;
  }
}
