import type { CompletedPart } from '@aws-sdk/client-s3';
import { AppError } from '#platform/kernel';
import type { BlobHome } from './home.ts';
import { isMissing, type S3Access } from './s3-access.ts';

type Parts = Pick<BlobHome, 'parts' | 'startParts' | 'completeParts' | 'abortParts' | 'sweepUnfinished'>;

/** The end of a key of ours: in a bucket that is shared, others' uploads are left alone. */
const OURS = /^[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f-]{36}$/;

/** Uploads in parts. `isThere`: whether an object lies under the key already. */
export function createS3Parts(access: S3Access, isThere: (key: string) => Promise<boolean>): Parts {
  const { settings, at, call } = access;
  const abort = (place: { readonly Bucket: string; readonly Key: string }, UploadId: string) =>
    call('AbortMultipartUpload', (s3) => s3.abortMultipartUpload({ ...place, UploadId })).then(
      () => true,
      (error: unknown) => {
        if (isMissing(error)) return false;
        throw error;
      },
    );
  return {
    parts: { leastBytes: 5 * 1_048_576, most: 10_000 },
    async startParts({ key, type }) {
      const { UploadId } = await call('CreateMultipartUpload', (s3) =>
        s3.createMultipartUpload({
          ...at(key),
          ContentType: type,
          ServerSideEncryption: settings.encryption,
        }),
      );
      if (UploadId === undefined) throw new AppError('storage_unavailable');
      return UploadId;
    },
    async completeParts({ key, uploadId, parts }) {
      try {
        const Parts = await partsOf(access, { key, uploadId });
        if (Parts.length !== parts || Parts.some(({ PartNumber }, place) => PartNumber !== place + 1))
          throw new AppError('upload_missing');
        await call('CompleteMultipartUpload', (s3) =>
          s3.completeMultipartUpload({ ...at(key), UploadId: uploadId, MultipartUpload: { Parts } }),
        );
      } catch (error) {
        if (!isMissing(error)) throw error;
        // It was completed before: by another call, or by one whose answer was lost.
        if (!(await isThere(key))) throw new AppError('upload_missing', { cause: error });
      }
    },
    abortParts: ({ key, uploadId }) => abort(at(key), uploadId).then(() => {}),
    async sweepUnfinished(before) {
      const { bucket: Bucket, prefix: Prefix } = settings;
      let aborted = 0;
      let marker: { readonly KeyMarker?: string | undefined; readonly UploadIdMarker?: string | undefined } =
        {};
      for (;;) {
        const page = await call('ListMultipartUploads', (s3) =>
          s3.listMultipartUploads({ Bucket, Prefix, ...marker }),
        );
        for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? []) {
          if (Initiated === undefined || Initiated >= before || !OURS.test(Key.slice(Prefix.length)))
            continue;
          if (await abort({ Bucket, Key }, UploadId)) aborted += 1;
        }
        if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return aborted;
        marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      }
    },
  };
}

/** All parts that are there, in order, as completing names them. */
async function partsOf(
  { at, call }: S3Access,
  { key, uploadId }: { readonly key: string; readonly uploadId: string },
): Promise<CompletedPart[]> {
  const found: CompletedPart[] = [];
  let PartNumberMarker: string | undefined;
  for (;;) {
    const page = await call('ListParts', (s3) =>
      s3.listParts({ ...at(key), UploadId: uploadId, PartNumberMarker }),
    );
    found.push(...(page.Parts ?? []).map(({ PartNumber, ETag }) => ({ PartNumber, ETag })));
    if (page.IsTruncated !== true || page.NextPartNumberMarker === undefined) return found;
    PartNumberMarker = page.NextPartNumberMarker;
  }
}
