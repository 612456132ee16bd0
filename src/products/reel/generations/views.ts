import { type AccountId, AppError } from '#platform/kernel';
import type { Database } from '#platform/db';
import { type GenerationRow, readGeneration, readVariants, type VariantRow } from './store.ts';

/** The topics of the signals about a generation, whose id they carry: one for whoever waits for its end alone. */
export const MOVED = 'reel.moved';
export const ENDED = 'reel.ended';

/** Milliseconds between two looks of a waiting reader, behind signals that may be lost. */
const SLOW_LOOK = 1_000;

/** A generation as it stands, with the variants that are stored. */
export interface GenerationView {
  readonly generation: GenerationRow;
  readonly variants: readonly VariantRow[];
}

/** Which generation, and of whose account. */
export interface GenerationKey {
  readonly accountId: AccountId;
  readonly generationId: string;
}

/** Whether nothing more will come of it. */
export function isFinal({ generation: { status } }: GenerationView): boolean {
  return status !== 'queued' && status !== 'running';
}

/** Reads a generation. One that is final shows all of its variants. Throws `not_found`. */
export async function readView(
  db: Database,
  { accountId, generationId }: GenerationKey,
): Promise<GenerationView> {
  // In this order: what is stored before the end is seen by the second statement.
  const [[generation], variants] = await db.tenant(accountId, [
    readGeneration(accountId, generationId),
    readVariants(accountId, generationId),
  ]);
  if (generation === undefined) throw new AppError('not_found', { message: 'There is no such generation.' });
  return { generation, variants };
}

/** Tells whoever follows a generation, at any process, that there is something to look at. */
export function signalMoved(db: Database, generationId: string): void {
  db.signal(MOVED, generationId);
}

/** The same of its end, which others wait for. */
export function signalEnded(db: Database, generationId: string): void {
  db.signal(ENDED, generationId);
  signalMoved(db, generationId);
}

/** Looks at a generation at once, and again whenever it may have changed (or, `on` its end, ended), until `over` ends. */
export type Watch = (
  key: GenerationKey,
  how: { readonly on: typeof MOVED | typeof ENDED; readonly over: AbortSignal },
) => AsyncGenerator<GenerationView, void, undefined>;

/** A generation that somebody watches here: how many they are, and the newest look with the instant when it began. */
interface Watched {
  watchers: number;
  began: number;
  look: Promise<GenerationView> | undefined;
}

/**
 * Watches generations of this process. All who watch the same one share its looks: a thousand streams, which one account
 * may open, cost the database as much as one.
 */
export function createWatch(db: Database): Watch {
  const watched = new Map<string, Watched>();

  function lookAt(key: GenerationKey, at: Watched, since: number): Promise<GenerationView> {
    if (at.look === undefined || at.began < since) {
      at.began = performance.now();
      at.look = readView(db, key);
      // One that failed is shared with nobody who comes later.
      at.look.catch(() => {
        at.look = undefined;
      });
    }
    return at.look;
  }

  return async function* watch(key, { on, over }) {
    const name = `${key.accountId} ${key.generationId}`;
    const at = watched.get(name) ?? { watchers: 0, began: 0, look: undefined };
    watched.set(name, at);
    at.watchers += 1;
    // A look that began earlier may miss something.
    let since = performance.now();
    let moved = Promise.withResolvers<void>();
    const deaf = db.onSignal(on, (id) => {
      if (id !== key.generationId) return;
      since = performance.now();
      moved.resolve();
    });
    try {
      while (!over.aborted) {
        // Before the look: what changes while it is taken, or while the reader is busy, is looked at next.
        moved = Promise.withResolvers<void>();
        yield await lookAt(key, at, since);
        await firstOf(moved.promise, over);
        since = Math.max(since, performance.now() - SLOW_LOOK);
      }
    } finally {
      deaf();
      at.watchers -= 1;
      if (at.watchers === 0) watched.delete(name);
    }
  };
}

/** Waits for a signal, the slow look, or the end of the wait, whichever comes first. */
function firstOf(moved: Promise<void>, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, SLOW_LOOK);
    over.addEventListener('abort', done);
    if (over.aborted) done();
    void moved.then(done);
  });
}
