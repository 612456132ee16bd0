import { join } from 'node:path';
import { type BlobHome, createFolderHome, createS3Home, type FolderHomeParts } from '#platform/blobs';
import type { Config } from '#platform/config';

/** Where the settings have files kept: a bucket, else a folder in the data folder. */
export function openBlobHome({ dataDir, s3 }: Config, parts: Omit<FolderHomeParts, 'folder'>): BlobHome {
  if (s3 !== undefined) return createS3Home({ settings: s3, clock: parts.clock });
  return createFolderHome({ ...parts, folder: join(dataDir, 'blobs') });
}
