import { join } from 'node:path';
import { type BlobHome, createFolderHome, type FolderHomeParts } from '#platform/blobs';
import type { Config } from '#platform/config';

/** Where the settings have files kept: a folder in the data folder. */
export function openBlobHome({ dataDir }: Config, parts: Omit<FolderHomeParts, 'folder'>): BlobHome {
  return createFolderHome({ ...parts, folder: join(dataDir, 'blobs') });
}
