import type { Database } from '#platform/db';
import type { AccountId } from '#platform/kernel';

/** States of work that was asked for. Its table says so in a column `status`. */
export const WORK_STATUSES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type WorkStatus = (typeof WORK_STATUSES)[number];

/** Whether nothing more will come of it. */
export function isEnded(status: WorkStatus): boolean {
  return status !== 'queued' && status !== 'running';
}

/** The row of the work, and its account. */
export interface WorkKey {
  readonly accountId: AccountId;
  readonly id: string;
}

/** Milliseconds between two looks of a waiting reader, behind signals that may be lost. */
const SLOW_LOOK = 1_000;

/** The signals about work of one kind, sent to all processes: call `moved` or `ended` after the commit. */
export interface WorkSignals {
  readonly topics: { readonly moved: string; readonly ended: string };
  /** Signals its followers to read it again. */
  moved(db: Database, id: string): void;
  /** The same of its end, which others wait for. */
  ended(db: Database, id: string): void;
}

/** `workSignals('reel')`: a name of the kind of work, the product first. */
export function workSignals(name: string): WorkSignals {
  const topics = { moved: `${name}.moved`, ended: `${name}.ended` };
  return {
    topics,
    moved: (db, id) => db.signal(topics.moved, id),
    ended(db, id) {
      db.signal(topics.ended, id);
      db.signal(topics.moved, id);
    },
  };
}

/** Looks at work at once, and again whenever it may have changed (or, `on` its end, ended), until `over` ends. */
export type Watch<View> = (
  key: WorkKey,
  how: { readonly on: 'moved' | 'ended'; readonly over: AbortSignal },
) => AsyncGenerator<View, void, undefined>;

/** Work of one kind as its followers look at it. */
export interface FollowedWork<View> {
  readonly signals: WorkSignals;
  /** Reads it as it stands. Throws `not_found`. */
  read(key: WorkKey): Promise<View>;
  statusOf(view: View): WorkStatus;
}

/** How the clients of a process follow work of one kind. */
export interface Following<View> {
  readonly watch: Watch<View>;
  read(key: WorkKey): Promise<View>;
  /** Reads it, waiting up to `seconds` for its end. */
  waitFor(key: WorkKey, wait: { readonly seconds: number; readonly signal: AbortSignal }): Promise<View>;
}

/** Made once per process and kind: all who follow the same work share its looks. */
export function createFollowing<View>(db: Database, work: FollowedWork<View>): Following<View> {
  const watch = createWatch(db, work);
  return {
    watch,
    read: (key) => work.read(key),
    async waitFor(key, { seconds, signal }) {
      const over = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)]);
      for await (const view of watch(key, { on: 'ended', over }))
        if (isEnded(work.statusOf(view))) return view;
      return work.read(key);
    },
  };
}

/** Work that is watched here: by how many, and the newest look with the instant when it began. */
interface Watched<View> {
  watchers: number;
  began: number;
  look: Promise<View> | undefined;
}

/**
 * Watches work of this process. All who watch the same share its looks: a thousand streams, which one account may open,
 * cost the database as much as one.
 */
function createWatch<View>(db: Database, { signals, read }: FollowedWork<View>): Watch<View> {
  const watched = new Map<string, Watched<View>>();

  function lookAt(key: WorkKey, at: Watched<View>, since: number): Promise<View> {
    if (at.look === undefined || at.began < since) {
      at.began = performance.now();
      at.look = read(key);
      // A failed read is not shared with later followers.
      at.look.catch(() => {
        at.look = undefined;
      });
    }
    return at.look;
  }

  return async function* watch(key, { on, over }) {
    const name = `${key.accountId} ${key.id}`;
    const at = watched.get(name) ?? { watchers: 0, began: 0, look: undefined };
    watched.set(name, at);
    at.watchers += 1;
    // A look that began earlier may miss something.
    let since = performance.now();
    let moved = Promise.withResolvers<void>();
    const unsubscribe = db.onSignal(signals.topics[on], (id) => {
      if (id !== key.id) return;
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
      unsubscribe();
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
