import { join } from 'node:path';
import {
  type BlobHome,
  createFolderHome,
  createS3Home,
  createVercelHome,
  type FolderHomeParts,
} from '#platform/blobs';
import type { Config } from '#platform/config';
import { systemClock, systemRandom } from '#platform/kernel';

/** Where the settings have files kept: a bucket, a store of Vercel Blob, else a folder in the data folder. */
export function openBlobHome(
  { dataDir, s3, vercelBlobToken: token }: Config,
  parts: Omit<FolderHomeParts, 'folder'>,
): BlobHome {
  if (s3 !== undefined) return createS3Home({ settings: s3, clock: parts.clock });
  if (token !== undefined) return createVercelHome({ ...parts, token });
  return createFolderHome({ ...parts, folder: join(dataDir, 'blobs') });
}

/** The same for a task that signs no links. */
export const openBlobHomeAlone = (config: Config): BlobHome =>
  openBlobHome(config, {
    secrets: { derived: () => [''] },
    clock: systemClock,
    random: systemRandom,
    baseUrl: () => config.baseUrl,
  });
