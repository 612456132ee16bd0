import type { Readable } from 'node:stream';
import { type AccountId, AppError } from '#platform/kernel';
import type { Blobs } from './blobs.ts';
import { SEALED } from './data-rules.ts';
import { cleanFilename, servedType } from './filenames.ts';
import { atHome, type BlobStorageParts, LINK_SECONDS, LONGEST_LINK } from './parts.ts';
import { type Differences, reconcile } from './reconcile.ts';
import { receive } from './receiving.ts';
import { sendFile } from './sending.ts';
import {
  type BlobKey,
  type BlobRow,
  filesOf,
  forgetHere,
  oneBlob,
  type StoredFile,
  totals,
} from './store.ts';
import { forgetBytesOf, sweep } from './sweep.ts';
import { createTransfers, type Transfers } from './transfers.ts';
import {
  blobOf,
  gaugeRefusalOf,
  prepareCompletion,
  presign,
  preparePut,
  store,
  storingRefusal,
} from './uploads.ts';

/** The files of all products of this process. */
export interface BlobStorage {
  /** Those of one product. */
  of(product: string): Blobs;
  readonly transfers: Transfers;
  /** Gives up what is over, and deletes the bytes of what is forgotten. */
  sweep(): Promise<{ readonly forgotten: number; readonly deleted: number }>;
  /** Deletes bytes that are no file's, and says which files have lost theirs. */
  reconcile(): Promise<Differences>;
  /** Deletes the bytes of an account that is about to be erased. */
  forgetBytesOf(accountId: AccountId): Promise<void>;
  /** All stored files of an account, with links to read them by, for its archive. */
  linksOf(accountId: AccountId): AsyncGenerator<FileLink>;
}

/** A file as the archive of an account lists it. */
export interface FileLink extends Omit<StoredFile, 'key'> {
  readonly created_at: string;
  readonly url: string;
  readonly url_expires_at: string;
}

const BATCH = 500;

export function createBlobStorage(parts: BlobStorageParts): BlobStorage {
  parts.metrics.observeBlobs(totalsOf(parts));
  return {
    of: (product) => blobsOf(parts, product),
    transfers: createTransfers(parts),
    sweep: () => sweep(parts),
    reconcile: () => reconcile(parts),
    forgetBytesOf: (accountId) => forgetBytesOf(parts, accountId),
    linksOf: (accountId) => linksOf(parts, accountId),
  };
}

/** All rows are read for them: no more often than so many milliseconds, however often they are asked for. */
const TOTALS_FOR = 300_000;

function totalsOf({ db, clock }: BlobStorageParts) {
  let last: { readonly at: number; readonly rows: readonly { product: string; bytes: number }[] } | undefined;
  return async () => {
    const now = clock.monotonic();
    if (last === undefined || now - last.at >= TOTALS_FOR)
      last = { at: now, rows: (await db.system('blobs.totals', [totals]))[0] };
    return last.rows;
  };
}

function blobsOf(parts: BlobStorageParts, product: string): Blobs {
  const keyOf = (accountId: AccountId, id: string): BlobKey => ({ accountId, product, id });
  async function findStored(accountId: AccountId, id: string): Promise<BlobRow> {
    const [[row]] = await parts.db.tenant(accountId, [oneBlob(keyOf(accountId, id))]);
    if (row?.status !== 'stored' || row.over) throw new AppError('blob_not_found');
    return row;
  }
  return {
    presign: (upload) => presign(parts, product, upload),
    completing: (accountId, id) => prepareCompletion(parts, keyOf(accountId, id)),
    complete: async (accountId, id) =>
      store(parts, accountId, await prepareCompletion(parts, keyOf(accountId, id))),
    putting: (blob) => preparePut(parts, product, blob),
    put: async (blob) => store(parts, blob.accountId, await preparePut(parts, product, blob)),
    receiving: (blob) => receive(parts, product, blob),
    refusal: (error, bytes) => gaugeRefusalOf(parts, product, { error: storingRefusal(error), bytes }),
    send: async (accountId, id, sent) => sendFile(parts, await findStored(accountId, id), sent),
    head: async (accountId, id) => blobOf(await findStored(accountId, id)),
    async open(accountId, id, range): Promise<Readable> {
      const { key } = await findStored(accountId, id);
      return atHome(parts, 'read', (home) => home.read(key, range));
    },
    async download(accountId, id, { filename, expiresIn = LINK_SECONDS } = {}) {
      return linkTo(parts, await findStored(accountId, id), { filename, expiresIn });
    },
    forgetting: (_accountId, id) => [forgetHere(id)],
  };
}

async function linkTo(
  parts: BlobStorageParts,
  { key, type, ...row }: BlobRow,
  options: { readonly filename?: string | undefined; readonly expiresIn: number },
): Promise<{ readonly url: string; readonly expires_at: string }> {
  const expiresIn = Math.max(1, Math.min(LONGEST_LINK, Math.floor(options.expiresIn)));
  const filename = cleanFilename(options.filename ?? row.filename);
  const get = { key, filename, type: servedType(type), expiresIn };
  const { url } = await atHome(parts, 'sign', (home) => home.presignGet(get));
  return { url, expires_at: new Date(parts.clock.now() + expiresIn * 1_000).toISOString() };
}

async function* linksOf(parts: BlobStorageParts, accountId: AccountId): AsyncGenerator<FileLink> {
  let after: string | undefined;
  for (;;) {
    const [rows] = await parts.db.system('blobs.export', [filesOf(accountId, after, BATCH)]);
    for (const row of rows) {
      if (row.status !== 'stored' || row.purpose === SEALED) continue;
      const { id, product, purpose, filename, type, bytes, sha256, created_at } = row;
      const { url, expires_at } = await linkTo(parts, row, { expiresIn: LONGEST_LINK });
      const facts = { id, product, purpose, filename, type, bytes, sha256 };
      yield { ...facts, created_at: created_at.toISOString(), url, url_expires_at: expires_at };
    }
    after = rows.at(-1)?.id;
    if (rows.length < BATCH) return;
  }
}
