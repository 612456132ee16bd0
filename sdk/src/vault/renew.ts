import { toHex } from './bytes.ts';
import type { Keys } from './keys.ts';
import { epochAt, openRecord, type RecordContent, sealRecord } from './records.ts';
import type { LockedStore, StoredRecord } from './store.ts';

/** The next version of a record, which is to be sent. */
export async function rewrite(
  keys: Keys,
  known: StoredRecord,
  content: RecordContent,
): Promise<StoredRecord> {
  const revision = Math.max(known.revision, known.seen?.revision ?? 0) + 1;
  const envelope = await sealRecord(keys.ring(), known, { revision, content });
  const isDeleted = content.deleted === true;
  return { ...known, envelope, revision, isDeleted, isPending: true, problem: undefined };
}

interface RenewParts {
  readonly store: LockedStore;
  readonly keys: Keys;
}

/**
 * Seals under the newest key what this device has under older ones: what it is to send, or all. Under keys that have ended, of
 * what came from the server only the device that replaced them does so: another one may have been shown a forgery before it heard
 * of that, and names it as a problem. Answers how many were sealed anew.
 */
export async function renewRecords({ store, keys }: RenewParts, which: 'pending' | 'all'): Promise<number> {
  const ring = keys.ring();
  const replacing = (await store.readState())?.replacing;
  const isReplacing = ring.epochs.some(({ id }) => toHex(id) === replacing);
  const isOld = ({ envelope, problem }: StoredRecord) => {
    if (envelope === undefined || problem !== undefined) return false;
    const epoch = epochAt(ring, envelope);
    return epoch >= 0 && epoch < ring.epochs.length - 1;
  };
  let count = 0;
  for (const one of (await store.list()).filter(isOld))
    await store.change(one, async (known) => {
      const { envelope, isPending, etag } = known;
      if (envelope === undefined || !isOld(known)) return [];
      const isEnded = epochAt(ring, envelope) < ring.ended;
      if (isPending || isReplacing || (which === 'all' && !isEnded)) {
        count += 1;
        return [await rewrite(keys, known, (await openRecord(ring, known, envelope)).content)];
      }
      return isEnded && etag !== undefined ? [{ ...known, problem: 'ended_epoch' }] : [];
    });
  if (isReplacing) await store.changeState({ replacing: undefined });
  return count;
}
