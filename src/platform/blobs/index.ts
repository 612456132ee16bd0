import './errors.ts';
import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { blobsDataRules } from './data-rules.ts';
import { createBlobStorage } from './service.ts';
import { blobsSystemUses } from './system-uses.ts';

export type { Blob, Blobs, NewBlob, NewUpload, Storing, Upload, UploadPart } from './blobs.ts';
export { createFolderHome } from './folder-home.ts';
export {
  type BlobHome,
  type ByteRange,
  type GetRequest,
  type HomeEntry,
  type HomePage,
  keyOf,
  type PartRequest,
  type PutRequest,
  type SignedRequest,
} from './home.ts';
export { type BlobStorage, createBlobStorage } from './service.ts';

/** This module, for the list of all of them. */
export const blobsModule = defineModule({
  name: 'blobs',
  purpose: 'files of accounts: uploads, downloads, their storage; a folder or S3',
  migrations: () => migrationsIn('blobs', import.meta.url),
  dataRules: blobsDataRules,
  systemUses: blobsSystemUses,
  create: createBlobStorage,
});
