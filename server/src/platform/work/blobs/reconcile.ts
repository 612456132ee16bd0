import { isUuid } from '#platform/kernel';
import { keyOf } from './home.ts';
import { claim } from './marker.ts';
import { atHome, type BlobStorageParts } from './parts.ts';
import { knownKeys, storedBetween } from './store.ts';
import { UNFINISHED } from './sweep.ts';

const BATCH = 1_000;
/** Keys that one line of the log names. */
const NAMED = 20;

/** Differences between the home and the database. */
export interface Differences {
  /** Bytes that are no file's; they are deleted. */
  readonly orphans: number;
  /** Stored files whose bytes are gone. */
  readonly missing: number;
}

/**
 * Compares the home with the database, both in the order of keys: deletes bytes that no file has, and says which files have lost
 * theirs. Bytes whose id is of the last day are let be: their upload may be under way.
 */
export async function reconcile(parts: BlobStorageParts): Promise<Differences> {
  const { clock, log, metrics } = parts;
  // In a home of another installation nothing is deleted: `claim` throws.
  await claim(parts);
  const before = clock.now() - UNFINISHED;
  await atHome(parts, 'delete', (home) => home.sweepUnfinished(new Date(before)));
  let [orphans, missing] = [0, 0];
  let after = '';
  for (;;) {
    const page = await atHome(parts, 'list', (home) => home.list('', after));
    orphans += await deleteOrphans(parts, page.keys, before);
    const lost = await lostBetween(parts, { after, to: page.next, keys: new Set(page.keys) });
    missing += lost.length;
    if (lost.length > 0)
      log.error({ blobs: lost.slice(0, NAMED), count: lost.length }, 'the bytes of files are gone');
    if (page.next === undefined) break;
    after = page.next;
  }
  if (orphans > 0) log.warn({ count: orphans }, 'bytes that were no file’s were deleted');
  metrics.blobProblems(orphans, missing);
  return { orphans, missing };
}

async function deleteOrphans(
  parts: BlobStorageParts,
  keys: readonly string[],
  before: number,
): Promise<number> {
  const old = keys.filter((key) => isOurs(key) && madeAt(key) < before);
  if (old.length === 0) return 0;
  const [rows] = await parts.db.system('blobs.sweep', [knownKeys(old)]);
  const known = new Set(rows.map(({ key }) => key));
  const orphans = old.filter((key) => !known.has(key));
  if (orphans.length > 0) await atHome(parts, 'delete', (home) => home.delete(orphans));
  return orphans.length;
}

const idIn = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

/** Whether a key is one that this program makes: others are the operator's to look at. */
function isOurs(key: string): boolean {
  const id = idIn(key);
  return isUuid(id) && key === keyOf(id);
}

/** When a file was reserved: its id begins with the milliseconds (UUIDv7). */
function madeAt(key: string): number {
  return Number.parseInt(idIn(key).replaceAll('-', '').slice(0, 12), 16);
}

interface Span {
  readonly after: string;
  /** undefined: to the end. */
  readonly to: string | undefined;
  readonly keys: ReadonlySet<string>;
}

/** Ids of stored files whose keys the home did not list, and does not have when it is asked for each. */
async function lostBetween(parts: BlobStorageParts, { after, to, keys }: Span): Promise<string[]> {
  const lost: string[] = [];
  let last = after;
  for (;;) {
    const [rows] = await parts.db.system('blobs.sweep', [storedBetween(last, to, BATCH)]);
    for (const { key, id } of rows) {
      if (keys.has(key)) continue;
      // Stored after the page was read.
      if ((await atHome(parts, 'read', (home) => home.head(key))) === undefined) lost.push(id);
    }
    last = rows.at(-1)?.key ?? last;
    if (rows.length < BATCH) return lost;
  }
}
