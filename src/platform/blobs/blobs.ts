import type { Readable } from 'node:stream';
import type { Statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { ByteRange, SignedRequest } from './home.ts';

/** A file of an account: what the database knows of it. */
export interface Blob {
  readonly id: string;
  readonly filename: string;
  readonly type: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  readonly purpose: string;
  readonly createdAt: Date;
  /** When it is deleted by itself; null: when the product forgets it. */
  readonly expiresAt: Date | null;
}

/** A file that somebody wants to send. */
export interface NewUpload {
  readonly accountId: AccountId;
  /** The gauge of the product that its bytes count in: `storage`. */
  readonly gauge: string;
  readonly filename: string;
  readonly type: string;
  readonly bytes: number;
  /** Of all bytes, in hex (64 small letters and digits). */
  readonly sha256: string;
  /** What it is to the product, in a word: `document`. */
  readonly purpose: string;
  readonly createdBy?: UserId | undefined;
  /** For large files: the bytes of a part. One request when not said. */
  readonly multipart?: { readonly partBytes: number } | undefined;
}

/** How a file is sent. */
export type Upload = (SignedRequest | { readonly parts: readonly UploadPart[] }) & {
  readonly expires_at: string;
};

export interface UploadPart extends SignedRequest {
  /** From 1. */
  readonly part: number;
  readonly bytes: number;
}

/** A file that the server makes itself. */
export interface NewBlob {
  readonly accountId: AccountId;
  /** None: it counts nowhere. */
  readonly gauge?: string | undefined;
  readonly filename: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly purpose: string;
  readonly createdBy?: UserId | undefined;
  /** When it is deleted by itself. */
  readonly expiresAt?: Date | undefined;
}

/** A file whose bytes are at their home and right, and the statements that make it the account's. */
export interface Storing {
  readonly blob: Blob;
  /**
   * For the transaction, in the account's scope, that writes down what the file is for: both are there or neither. Without it the
   * file is swept as an upload that was never completed. It undoes the transaction where it was swept meanwhile (`storingRefusal`).
   */
  readonly storing: readonly Statement[];
}

/** The files of one product (docs/blobs.md). Of another account's or product's file all throw `blob_not_found`. */
export interface Blobs {
  /**
   * Reserves the declared bytes in the gauge and answers how they are sent. Throws the gauge's refusal. What is not completed in
   * time is deleted, and its storage given back.
   */
  presign(upload: NewUpload): Promise<{ readonly blobId: string; readonly upload: Upload }>;
  /**
   * Looks at what was sent and stores it. Done again, it answers the same. Throws `upload_missing` while it is not there,
   * `upload_mismatch` where it is not what was declared (it is deleted then), `upload_expired` after its time.
   */
  complete(accountId: AccountId, blobId: string): Promise<Blob>;
  /** The same, stored by a transaction of the caller's. */
  completing(accountId: AccountId, blobId: string): Promise<Storing>;
  /** Stores a file. Throws the gauge's refusal. */
  put(blob: NewBlob): Promise<Blob>;
  /** The same, stored by a transaction of the caller's. */
  putting(blob: NewBlob): Promise<Storing>;
  /** A stored file. */
  head(accountId: AccountId, blobId: string): Promise<Blob>;
  /** Its bytes, or some of them. Throws `blob_gone` where they are not there any more. */
  open(accountId: AccountId, blobId: string, range?: ByteRange): Promise<Readable>;
  /** A link that anybody may read it by for some time: always a download, never a page. */
  download(
    accountId: AccountId,
    blobId: string,
    options?: { readonly filename?: string | undefined; readonly expiresIn?: number | undefined },
  ): Promise<{ readonly url: string; readonly expires_at: string }>;
  /**
   * For the transaction, in the account's scope, that forgets what the file was for: the storage is given back with it, and the
   * sweep deletes the bytes. Of a file that is forgotten already: nothing.
   */
  forgetting(accountId: AccountId, blobId: string): readonly Statement[];
}
