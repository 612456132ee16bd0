import { type DoneAgain, knownEvents, type PastEvent, recordPast } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import type { Erasure } from '#platform/erasure';
import { endAllSignIns } from '#platform/identity';
import type { ListEntry } from './list.ts';

const RESTORED = commitPoint(
  'backup.restored',
  'the end of all sign-ins of a restored database, and what it did not know of with its events in the audit',
);

/** Entries in one commit. */
const BATCH = 200;

export interface ApplyingParts {
  readonly db: Database;
  readonly doneAgain: DoneAgain;
  readonly erasure: Pick<Erasure, 'eraser'>;
}

export interface Applied {
  /** Entries that the database did not know of. */
  readonly applied: number;
  /** How many of those are erasures; and how many were left to the next hourly run, as calls of theirs are under way. */
  readonly erasures: number;
  readonly left: number;
}

/**
 * Ends all that lets in without a password, and does again what the database does not know of. Its audit tells what it knows: of two runs the second
 * finds nothing to do.
 */
export async function applyRevocations(
  parts: ApplyingParts,
  list: AsyncIterable<ListEntry>,
): Promise<Applied> {
  const { db } = parts;
  await db.system('backup.restore', RESTORED, async (tx) => void (await tx.runAll(endAllSignIns)));
  let [applied, erasures] = [0, 0];
  const apply = async (batch: readonly PastEvent[]) => {
    const done = await applyBatch(parts, batch);
    applied += done.length;
    erasures += done.filter(({ action }) => action.endsWith('.erased')).length;
  };
  let batch: PastEvent[] = [];
  for await (const entry of list) {
    if (!Object.hasOwn(parts.doneAgain, entry.action)) continue;
    batch.push(entry);
    if (batch.length < BATCH) continue;
    await apply(batch);
    batch = [];
  }
  await apply(batch);
  const erased = erasures === 0 ? 0 : await parts.erasure.eraser.run();
  return { applied, erasures, left: Math.max(0, erasures - erased) };
}

function applyBatch({ db, doneAgain }: ApplyingParts, batch: readonly PastEvent[]): Promise<PastEvent[]> {
  return db.system('backup.restore', RESTORED, async (tx) => {
    const known = new Set(
      (await tx.run(knownEvents(batch.map(({ event }) => event)))).map(({ event }) => event),
    );
    const unknown = batch.filter(({ event }) => !known.has(event));
    for (const event of unknown) {
      const again = doneAgain[event.action];
      if (again !== undefined) await tx.runAll([again(event), recordPast(event)]);
    }
    return unknown;
  });
}
