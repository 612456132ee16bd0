import type { Database } from './port.ts';
import { type Clock, type ClockReading, elapsed, readClocks } from '#platform/kernel';

/** Below 10 s with room for the look-up: how long a value counts when the signal of its change is lost. */
const KEPT_MS = 8_000;
const CAPACITY = 10_000;

/** Values that are read from the database and kept for seconds, because each call asks for one. */
export interface ReadCache<Value> {
  /** The value of a name, which belongs to the id that signals name. */
  get(id: string, name: string, read: () => Promise<Value>): Promise<Value>;
  close(): void;
}

interface CachedValue<Value> {
  readonly id: string;
  readonly value: Value;
  /** Before it was read. */
  readonly readAt: ClockReading;
}

/** Keeps values until a signal of the topic names their id, and for 8 s at most. About 10,000 of them. */
export function createReadCache<Value>(parts: {
  readonly db: Pick<Database, 'onSignal'>;
  readonly clock: Clock;
  readonly topic: string;
}): ReadCache<Value> {
  const { db, clock, topic } = parts;
  const known = new Map<string, CachedValue<Value>>();
  let changes = 0;

  const unsubscribe = db.onSignal(topic, (changed) => {
    changes += 1;
    for (const [name, { id }] of known) if (id === changed) known.delete(name);
  });

  return {
    async get(id, name, read) {
      const entry = known.get(name);
      if (entry !== undefined && elapsed(entry.readAt, readClocks(clock)) < KEPT_MS) return entry.value;
      known.delete(name);
      const [before, readAt] = [changes, readClocks(clock)] as const;
      const value = await read();
      // A value that was read during a change may be from before it.
      if (before === changes) {
        const [oldest] = known.keys();
        if (known.size >= CAPACITY && oldest !== undefined) known.delete(oldest);
        known.set(name, { id, value, readAt });
      }
      return value;
    },
    close: unsubscribe,
  };
}
