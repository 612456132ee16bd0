import type { Clock } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import type { BlobHome } from './home.ts';

export interface FolderHomeParts {
  /** Made at the first write. */
  readonly folder: string;
  /** Where this server is reached, without a slash at its end: the signed requests lead here. */
  readonly baseUrl: string;
  readonly secrets: Pick<Secrets, 'derived'>;
  readonly clock: Clock;
}

/** Keeps blobs in a folder; its signed requests are answered by this server. */
export function createFolderHome(_parts: FolderHomeParts): BlobHome {
  throw new Error('not written yet');
}
