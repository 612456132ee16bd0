import type { Clock } from '#platform/kernel';
import type { BlobHome } from './home.ts';
import { contentDisposition } from './filenames.ts';
import { storeFailure, type S3Access } from './s3-access.ts';

type Presigning = Pick<BlobHome, 'presignPut' | 'presignGet' | 'presignPart'>;

/** Requests that clients send to the bucket themselves. Nothing is asked of the store to make one. */
export function createPresigning(access: S3Access, clock: Clock): Presigning {
  const { settings, at } = access;
  /** All of `headers` is signed as it is, and the client has to send it. */
  const options = (expiresIn: number, headers: Readonly<Record<string, string>> = {}) => ({
    expiresIn,
    signingDate: new Date(clock.now()),
    signableHeaders: new Set(['content-length', ...Object.keys(headers)]),
    // In the query it would be no header, and the client could leave it out of what the store compares.
    unhoistableHeaders: new Set(Object.keys(headers)),
  });
  return {
    async presignPut({ key, bytes, type, sha256, expiresIn }) {
      const headers = {
        'content-type': type,
        ...encryptionHeaders(access),
        ...checksumHeaders(access, sha256),
      };
      const { s3, sdk, getSignedUrl } = await access.openOnce();
      const command = new sdk.PutObjectCommand({
        ...at(key),
        ContentType: type,
        ContentLength: bytes,
        ServerSideEncryption: settings.encryption,
        ChecksumSHA256: headers[SHA256],
      });
      const url = await getSignedUrl(s3, command, options(expiresIn, headers)).catch(throwUnsigned);
      return { method: 'PUT', url, headers };
    },
    async presignGet({ key, filename, type, expiresIn }) {
      const { s3, sdk, getSignedUrl } = await access.openOnce();
      const command = new sdk.GetObjectCommand({
        ...at(key),
        ResponseContentDisposition: contentDisposition(filename),
        ResponseContentType: type,
        ResponseCacheControl: 'private, no-store',
      });
      const url = await getSignedUrl(s3, command, options(expiresIn)).catch(throwUnsigned);
      return { method: 'GET', url, headers: {} };
    },
    async presignPart({ key, uploadId, part, bytes, expiresIn }) {
      const { s3, sdk, getSignedUrl } = await access.openOnce();
      const command = new sdk.UploadPartCommand({
        ...at(key),
        UploadId: uploadId,
        PartNumber: part,
        ContentLength: bytes,
      });
      const url = await getSignedUrl(s3, command, options(expiresIn)).catch(throwUnsigned);
      return { method: 'PUT', url, headers: {} };
    },
  };
}

const SHA256 = 'x-amz-checksum-sha256';

function checksumHeaders({ settings }: S3Access, sha256: string): { readonly [SHA256]?: string } {
  if (settings.checksums === 'when_required') return {};
  return { [SHA256]: Buffer.from(sha256, 'hex').toString('base64') };
}

function encryptionHeaders({ settings: { encryption } }: S3Access): Record<string, string> {
  return encryption === undefined ? {} : { 'x-amz-server-side-encryption': encryption };
}

/** Keys that the machine should have, and has not. */
function throwUnsigned(error: unknown): never {
  throw storeFailure('presign', error);
}
