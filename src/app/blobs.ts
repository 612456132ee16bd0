import { join } from 'node:path';
import { type BlobHome, createFolderHome } from '#platform/blobs';
import type { Config } from '#platform/config';
import type { Clock, Random } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';

/** Where the settings have files kept: a folder in the data folder. */
export function openBlobHome(
  { dataDir, baseUrl }: Config,
  parts: { readonly secrets: Secrets; readonly clock: Clock; readonly random: Random },
): BlobHome {
  return createFolderHome({ ...parts, folder: join(dataDir, 'blobs'), baseUrl });
}
