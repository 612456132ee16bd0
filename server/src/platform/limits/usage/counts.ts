import { commitPoint, type Database } from '#platform/db';
import type { Clock } from '#platform/kernel';

/** Commits of the counts of denials and of failed calls. */
export const COUNTED = commitPoint('limits.counted', 'counts of some seconds, added to those of their hours');
export const COUNTS_PRUNED = commitPoint('limits.counts-pruned', 'counts that are old, deleted');

const HOUR = 3_600_000;
/** How often counts are written, in milliseconds: so many seconds of them are lost with a process that is killed. */
const WRITTEN_EVERY = 10_000;
/** Counts that a process holds, about 4 MB; further ones wait until these are written, uncounted. */
const MOST_HELD = 10_000;
/** Days for which counts are kept. */
const COUNTS_KEPT = 100;
/** As the indexes of tables of such counts have it. */
export const HOUR_OF_ROW = `(hour at time zone 'UTC')`;

/** The hour of an instant (in milliseconds), by its first one. */
export const hourOf = (now: number): string => new Date(now - (now % HOUR)).toISOString();

/** The condition of counts that are old. */
export const OLD_COUNTS = `${HOUR_OF_ROW} < (app.now() - interval '${COUNTS_KEPT} days') at time zone 'UTC'`;

/** Parts of what is counted by the hour. */
export interface HourlyParts {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly onFailure: (error: unknown) => void;
}

/** Counts of what happens too often to be a row each: held in memory, and written together. None costs a commit. */
export interface Counts<Row> {
  /** Takes no time, and never throws. */
  add(key: string, one: Row): void;
  /** Writes what is counted; what cannot be written is counted on. */
  write(): Promise<void>;
  /** Writes what is counted, and stops. */
  close(): Promise<void>;
}

export interface CountsParts<Row> {
  readonly write: (rows: readonly Row[]) => Promise<unknown>;
  /** The newer of two, with how often both were. */
  readonly sum: (newer: Row, older: Row) => Row;
  readonly onFailure: (error: unknown) => void;
}

export function createCounts<Row>({ write: writeRows, sum, onFailure }: CountsParts<Row>): Counts<Row> {
  let held = new Map<string, Row>();
  let writing = Promise.resolve();

  function hold(key: string, newer: Row | undefined, older: Row | undefined): void {
    const one = newer !== undefined && older !== undefined ? sum(newer, older) : (newer ?? older);
    if (one !== undefined && (held.has(key) || held.size < MOST_HELD)) held.set(key, one);
  }

  async function flush(): Promise<void> {
    if (held.size === 0) return;
    const counts = held;
    held = new Map();
    try {
      await writeRows([...counts.values()]);
    } catch (error) {
      // Counts that came meanwhile are newer.
      for (const [key, one] of counts) hold(key, held.get(key), one);
      onFailure(error);
    }
  }

  const write = async (): Promise<void> => {
    // One after the other: the next one takes what is counted while one is under way.
    writing = writing.then(flush);
    await writing;
  };
  const timer = setInterval(() => void write(), WRITTEN_EVERY).unref();
  return {
    write,
    add: (key, one) => hold(key, one, held.get(key)),
    async close() {
      clearInterval(timer);
      await write();
    },
  };
}
