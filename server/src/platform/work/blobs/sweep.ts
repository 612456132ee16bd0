import { commitPoint } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { atHome, type BlobStorageParts } from './parts.ts';
import { type BlobRow, deletable, deleteRows, filesOf, giveUpHere, overdue } from './store.ts';

const GIVEN_UP = commitPoint(
  'blobs.given-up',
  'a file whose time is over, forgotten, and its storage given back',
);
const SWEPT = commitPoint(
  'blobs.swept',
  'the note that the bytes of forgotten files are deleted, or their rows gone',
);

const BATCH = 500;
/** Milliseconds after which nothing of an upload can still be under way: no signed request is good for more than a day. */
export const UNFINISHED = 25 * 3_600_000;

/**
 * Forgets files whose time is over, each in its account's scope, and deletes the bytes of all that are forgotten. What a process that
 * dies leaves undone the next run does. Answers how many files it forgot, and of how many it deleted the bytes.
 */
export async function sweep(
  parts: BlobStorageParts,
): Promise<{ readonly forgotten: number; readonly deleted: number }> {
  return { forgotten: await forgetOverdue(parts), deleted: await deleteForgotten(parts) };
}

async function forgetOverdue({ db, metrics }: BlobStorageParts): Promise<number> {
  let count = 0;
  for (;;) {
    const [rows] = await db.system('blobs.sweep', [overdue(BATCH)]);
    for (const { account_id: accountId, id, product, status } of rows) {
      const [[given]] = await db.tenant(accountId, GIVEN_UP, [giveUpHere(id, status)]);
      if (given?.forgotten !== true) continue;
      count += 1;
      if (status === 'reserved') metrics.blobUpload(product, 'given_up');
    }
    if (rows.length < BATCH) return count;
  }
}

async function deleteForgotten(parts: BlobStorageParts): Promise<number> {
  let count = 0;
  for (;;) {
    const [rows] = await parts.db.system('blobs.sweep', [deletable(BATCH)]);
    if (rows.length === 0) return count;
    await deleteBytes(parts, rows);
    await parts.db.system('blobs.sweep', SWEPT, deleteRows(rows.map(({ id }) => id)));
    count += rows.length;
    if (rows.length < BATCH) return count;
  }
}

async function deleteBytes(
  parts: BlobStorageParts,
  rows: readonly Pick<BlobRow, 'key' | 'upload_id'>[],
): Promise<void> {
  await atHome(parts, 'delete', async (home) => {
    for (const { key, upload_id: uploadId } of rows) {
      if (uploadId !== null) await home.abortParts({ key, uploadId });
    }
    await home.delete(rows.map(({ key }) => key));
  });
}

/** Deletes the bytes of all files of an account that is about to be erased. Done again, it finds nothing. */
export async function forgetBytesOf(parts: BlobStorageParts, accountId: AccountId): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const [rows] = await parts.db.system('blobs.erasure', [filesOf(accountId, after, BATCH)]);
    if (rows.length > 0) await deleteBytes(parts, rows);
    after = rows.at(-1)?.id;
    if (rows.length < BATCH) return;
  }
}
