import './errors.ts';
import { declareLongUses, migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { blobsDataRules } from './data-rules.ts';
import { blobsRoutes } from './routes.ts';
import { createBlobStorage } from './service.ts';

export type {
  Blob,
  Blobs,
  IncomingCall,
  NewBlob,
  SentBlob,
  NewUpload,
  Storing,
  Upload,
  UploadPart,
} from './blobs.ts';
export { createFolderHome, type FolderHomeParts } from './folder-home.ts';
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
export { checkS3Cors } from './s3-check.ts';
export { createS3Home, type S3HomeParts } from './s3-home.ts';
export { createVercelHome, type VercelHomeParts } from './vercel-home.ts';
export { type BlobStorage, createBlobStorage, type FileLink } from './service.ts';
export { attachmentHeaders, movingIn } from './sending.ts';
export { mediaType } from './filenames.ts';
export { octetsOf, readOctets } from './receiving.ts';
export { signedLink, signedParts, signedUpload } from './signed-requests.ts';
export { SEALED } from './data-rules.ts';
export { storingRefusal } from './uploads.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'blobs.signed': 'a signed request names a file, and no account',
  'blobs.sweep': 'files of all accounts whose time is over are found, and their bytes deleted',
  'blobs.erasure': 'the bytes of an account that is erased are deleted, and it has no members any more',
  'blobs.totals': 'what all accounts store is a figure for the operator',
  'blobs.export': 'an archive lists the files of the account that it is of, and a job of nobody’s makes it',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('blobs.totals');

/** This module, for the list of all of them. */
export const blobsModule = defineModule({
  name: 'blobs',
  purpose: 'files of accounts: uploads, downloads, the storage that they take; a folder, S3 or Vercel Blob',
  migrations: () => migrationsIn('blobs', import.meta.url),
  dataRules: blobsDataRules,
  systemUses,
  routes: blobsRoutes,
  schedules: {
    'old-files': { cron: '*/5 * * * *', run: (blobs) => blobs.sweep() },
    'stray-files': { cron: '23 4 * * *', run: (blobs) => blobs.reconcile() },
  },
  create: createBlobStorage,
});
