import { join } from 'node:path';
import { type BlobHome, createFolderHome, createS3Home } from '#platform/blobs';
import type { Config } from '#platform/config';
import type { Clock, Random } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';

/** Where the settings have files kept: a bucket, else a folder in the data folder. */
export function openBlobHome(
  { dataDir, baseUrl, s3 }: Config,
  parts: { readonly secrets: Secrets; readonly clock: Clock; readonly random: Random },
): BlobHome {
  if (s3 !== undefined) return createS3Home({ settings: s3, clock: parts.clock });
  return createFolderHome({ ...parts, folder: join(dataDir, 'blobs'), baseUrl });
}
