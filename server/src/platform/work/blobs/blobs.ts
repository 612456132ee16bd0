import type { Readable } from 'node:stream';
import type { Statement } from '#platform/db';
import type { Origin, Wire } from '#platform/http';
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

/** A file that a client wants to send. */
export interface NewUpload {
  readonly accountId: AccountId;
  /** The gauge of the product that its bytes count in: `storage`. None: they count nowhere. */
  readonly gauge?: string | undefined;
  readonly filename: string;
  readonly type: string;
  readonly bytes: number;
  /** The SHA-256 of all bytes, in hex (64 small letters and digits). */
  readonly sha256: string;
  /** Its purpose to the product, in a word: `document`. */
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

/** A file that comes as the body of a call, or that came in one. */
export interface IncomingBlob extends Omit<NewBlob, 'bytes' | 'expiresAt'> {
  /** The SHA-256 of all bytes, in hex (64 small letters and digits). */
  readonly sha256: string;
  /** The bytes; or the call whose body they are (`streamedBody`). */
  readonly body: Uint8Array | IncomingCall;
  /** Stored files of the same gauge whose place it takes: only what it has more is charged before it is stored. */
  readonly replaces?: readonly string[] | undefined;
}

/** A call as its handler has it. */
export interface IncomingCall {
  readonly wire: Pick<Wire, 'request' | 'bytes'>;
  readonly origin: Pick<Origin, 'signal'>;
}

/** A file that came and is right. */
export interface Received extends Storing {
  /**
   * In place of `storing`: stores it, forgets the files whose place it takes as the transaction finds them, and moves the gauge by
   * the difference. Growth beyond the plan undoes the transaction, where they are others than were told: `blobs.refusal`.
   */
  replacing(former: readonly string[]): readonly Statement[];
  /** Gives its storage back, after a transaction that failed: in vain where it was stored all the same. */
  drop(): Promise<void>;
}

/** How a stored file is answered to a call. */
export interface SentBlob {
  readonly wire: Pick<Wire, 'request' | 'take' | 'hold'>;
  readonly origin: Pick<Origin, 'signal'>;
  readonly etag: string;
  readonly modifiedAt?: Date | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
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
  /**
   * Takes a file as it comes, a chunk in memory at a time. Its length is what the call says, and is charged before a byte is read.
   * Any failure gives that back, and nothing is kept. Throws the gauge's refusal, `length_required`, `upload_mismatch`, `client_gone`.
   */
  receiving(blob: IncomingBlob): Promise<Received>;
  /** The error of a failed transaction with `storing` or `replacing`, for its caller. */
  refusal(error: unknown, bytes: number): unknown;
  /** Answers a call with a stored file: ranges, `If-None-Match`, `If-Modified-Since`. */
  send(accountId: AccountId, blobId: string, sent: SentBlob): Promise<void>;
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
