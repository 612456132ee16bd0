import { runForEverybody } from '#platform/kernel';
import type { Database } from './port.ts';

/** Keeps what a process has read of the database in step with it. */
export interface Follower {
  /** Does work alone, after all that was begun before it: rows that were read before others are never put after them. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Looks now, in turn. */
  look(): Promise<void>;
  /** Looks from then on: when a process signals the topic, and every so many milliseconds, for a signal can be lost. */
  start(): void;
  close(): void;
}

/** `look` reads the rows and puts them into effect; a look of its own tells `failed` of an error, and the next one tries again. */
export function createFollower(parts: {
  readonly db: Pick<Database, 'onSignal'>;
  readonly topic: string;
  /** Milliseconds. */
  readonly every: number;
  readonly look: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}): Follower {
  let working: Promise<unknown> = Promise.resolve();
  let stop: (() => void) | undefined;
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = working.catch(() => {}).then(() => runForEverybody(work));
    working = done;
    return done;
  }
  const look = () => inTurn(parts.look);
  const lookQuietly = () => void look().catch(parts.failed);
  return {
    inTurn,
    look,
    start() {
      const unsubscribe = parts.db.onSignal(parts.topic, lookQuietly);
      const timer = setInterval(lookQuietly, parts.every).unref();
      stop = () => {
        unsubscribe();
        clearInterval(timer);
      };
    },
    close: () => stop?.(),
  };
}
