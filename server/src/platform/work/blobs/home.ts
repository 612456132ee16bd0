import type { Readable } from 'node:stream';

/** Bytes from `start` to `end`, both included, counted from 0: within what there is. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A signed request: its bearer may send it, unchanged, until it expires. */
export interface SignedRequest {
  readonly method: 'PUT' | 'GET';
  readonly url: string;
  /** The client sends these, and its request is refused without them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The expected upload: the home signs it, and takes nothing else. */
export interface PutRequest {
  readonly key: string;
  readonly bytes: number;
  readonly type: string;
  /** In hex. */
  readonly sha256: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface GetRequest {
  readonly key: string;
  /** As it is saved; any text. `contentDisposition` writes it as a header. */
  readonly filename: string;
  /** One that no browser runs: `servedType` has made it so. */
  readonly type: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** One part of an upload in parts, counted from 1. All are as large but the last. */
export interface PartRequest {
  readonly key: string;
  /** The answer of `startParts`. */
  readonly uploadId: string;
  readonly part: number;
  readonly bytes: number;
  readonly expiresIn: number;
}

/** A home's facts of what it keeps. */
export interface HomeEntry {
  readonly bytes: number;
  /** In hex, of all bytes; undefined where the home does not know it: then it is read and hashed. */
  readonly sha256: string | undefined;
}

export interface HomePage {
  /** In the order of their bytes. Of what was not named by this program too. */
  readonly keys: readonly string[];
  /** undefined: that was all. */
  readonly next: string | undefined;
}

/**
 * Where bytes lie: a folder, S3 or Vercel Blob. It knows keys and bytes; whose they are stands in the database. A key is made by `keyOf`:
 * ASCII letters, digits, `-` and `/`. Every call that is made twice has one effect. A home that is away or full throws `storage_unavailable`.
 */
export interface BlobHome {
  readonly name: 'folder' | 's3' | 'vercel';
  /** The smallest part but the last of an upload in parts, and how many there may be. */
  readonly parts: { readonly leastBytes: number; readonly most: number };

  presignPut(put: PutRequest): Promise<SignedRequest>;
  presignGet(get: GetRequest): Promise<SignedRequest>;

  /** Begins an upload in parts; answers its name at the home. */
  startParts(upload: { readonly key: string; readonly type: string }): Promise<string>;
  presignPart(part: PartRequest): Promise<SignedRequest>;
  /** Where this server answers the home's signed requests itself: takes a part, or nothing of it. Throws `upload_mismatch`. */
  writePart?(part: Omit<PartRequest, 'expiresIn'>, body: Readable): Promise<void>;
  /** Makes one object of all parts that are there. Done already: nothing. Throws `upload_missing` where some lack. */
  completeParts(upload: {
    readonly key: string;
    readonly uploadId: string;
    readonly parts: number;
  }): Promise<void>;
  /** Deletes the parts. Of an upload that is over or was never begun: nothing. */
  abortParts(upload: { readonly key: string; readonly uploadId: string }): Promise<void>;

  /** undefined: it is not there. */
  head(key: string): Promise<HomeEntry | undefined>;
  /** Throws `blob_gone` where it is not there. */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** All of it or nothing, in place of what was there. Throws `upload_mismatch` where it is not what `facts` say. */
  write(
    key: string,
    body: Uint8Array | Readable,
    facts: { readonly type: string; readonly bytes: number; readonly sha256: string },
  ): Promise<void>;
  /**
   * For a home that takes signed requests after their file was completed, and may not know what it has then: copies an object to a key
   * that no signed request names, in place of what was there.
   */
  copy?(from: string, to: string): Promise<void>;
  /** For a folder: does work on it while nothing is deleted there; deletions wait. */
  keep?<T>(work: (folder: string) => Promise<T>): Promise<T>;
  /** Deletes for good. A key that is not there is no failure. */
  delete(keys: readonly string[]): Promise<void>;

  /** A page of the keys that begin with `prefix` and come after `after`. */
  list(prefix: string, after?: string): Promise<HomePage>;
  /** Deletes what uploads that began before `before` have left: parts, temporary files. Answers how many. */
  sweepUnfinished(before: Date): Promise<number>;
  /** Writes, reads and deletes something of its own, for `plinth doctor`. Answers what is right; throws with what is wrong. */
  check(): Promise<string>;
}

/**
 * Where a blob lies, in every home: two levels of folders by the end of its id, which is random, so that no folder grows large
 * and copying a folder into a bucket moves all blobs.
 */
export function keyOf(id: string): string {
  return `${id.slice(-2)}/${id.slice(-4, -2)}/${id}`;
}
