import type { Database } from '#platform/db';
import type { Clock, Ids } from '#platform/kernel';
import type { Limits } from '#platform/limits';
import type { Secrets } from '#platform/secrets';
import type { Logger } from '#platform/telemetry';
import type { Blobs } from './blobs.ts';
import type { BlobHome } from './home.ts';

export interface BlobStorageParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'gauging'>;
  readonly secrets: Secrets;
  readonly home: BlobHome;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** The files of all products of this process. */
export interface BlobStorage {
  /** Those of one product. */
  of(product: string): Blobs;
}

export function createBlobStorage(parts: BlobStorageParts): BlobStorage {
  return { of: (product) => blobsOf(parts, product) };
}

function blobsOf(_parts: BlobStorageParts, _product: string): Blobs {
  throw new Error('not written yet');
}
