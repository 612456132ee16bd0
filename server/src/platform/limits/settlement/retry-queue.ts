import { DatabaseAway } from '#platform/db';
import { AppError, inTime, runForEverybody, within } from '#platform/kernel';

/** Milliseconds before a further try, at first and at most: a broken connection is replaced at once, a failover takes a while. */
const PAUSES: Pauses = { first: 100, longest: 1_000 };

export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** Milliseconds after which a try counts as failed: a connection whose server vanished stays silent for minutes. */
const PATIENCE = 10_000;

/** How often a write is retried that a reachable database refuses; then it is logged, for a person to act on. */
const TRIES = 20;

/** How many writes may wait in memory: at 1 KB each a few megabytes, and more than a process admits in minutes. */
const MOST = 10_000;

/**
 * Called for a write that is given up: `too_many` wait already, the database `refused` it too often, it no longer knows
 * the permit (`unknown`: a failover has lost it), or the process ended (`late`).
 */
export type Forgotten = (
  facts: object,
  why: 'too_many' | 'refused' | 'unknown' | 'late',
  error: unknown,
) => void;

/** Writes that this process retries, because the database was away at the first try. */
export interface RetryQueue {
  /**
   * Retries `work` in the background until the database answers, with any result. Doing the work twice must be
   * harmless. `facts` are logged if it is given up. `over` is called when it is done, or given up.
   */
  add(facts: object, work: () => Promise<unknown>, over?: () => void): void;
  /** Logs a write that the database answered but knows nothing about. */
  unknown(facts: object): void;
  /** How many writes are waiting. */
  readonly size: number;
  /** Waits until the queue is empty, for so many milliseconds at most; the rest is given up and logged. Answers how many those were. */
  finish(milliseconds: number): Promise<number>;
}

interface QueuedRetry {
  readonly facts: object;
  readonly work: () => Promise<unknown>;
  readonly over: () => void;
  failures: number;
  error: unknown;
}

/** Retries writes: one of them probes whether the database is back, and then the others follow at once. */
export function createRetryQueue(onForgotten: Forgotten = () => {}, pauses: Pauses = PAUSES): RetryQueue {
  const waiting = new Set<QueuedRetry>();
  let isRunning = false;
  let idle: (() => void)[] = [];

  function forget(item: QueuedRetry, why: Parameters<Forgotten>[1]): void {
    waiting.delete(item);
    item.over();
    onForgotten(item.facts, why, item.error);
  }

  /** Whether the database answered. */
  async function retry(item: QueuedRetry): Promise<boolean> {
    try {
      await inTime(PATIENCE, item.work, () => new TimeoutError('the database did not answer in time'));
    } catch (error) {
      if (!(error instanceof AppError)) return noteFailure(item, error);
    }
    waiting.delete(item);
    item.over();
    return true;
  }

  function noteFailure(item: QueuedRetry, error: unknown): boolean {
    item.error = error;
    if (error instanceof DatabaseAway || error instanceof TimeoutError) return false;
    item.failures += 1;
    if (item.failures >= TRIES) forget(item, 'refused');
    return true;
  }

  async function retryAll(): Promise<boolean> {
    const [probe] = waiting;
    if (probe === undefined) return true;
    if (!(await retry(probe))) {
      // Another item probes next time: this one may be what breaks.
      if (waiting.delete(probe)) waiting.add(probe);
      return false;
    }
    const answered = await Promise.all([...waiting].map(retry));
    return answered.every(Boolean) && waiting.size === 0;
  }

  async function retryUntilEmpty(): Promise<void> {
    for (let pause = pauses.first; waiting.size > 0; pause = Math.min(pause * 2, pauses.longest)) {
      await delay(pause);
      await retryAll();
    }
  }

  function start(): void {
    if (isRunning) return;
    isRunning = true;
    void runForEverybody(retryUntilEmpty).finally(() => {
      isRunning = false;
      for (const done of idle.splice(0)) done();
      if (waiting.size > 0) start();
    });
  }

  return {
    get size() {
      return waiting.size;
    },
    add(facts, work, over = () => {}) {
      const item: QueuedRetry = { facts, work, over, failures: 0, error: undefined };
      if (waiting.size >= MOST) {
        over();
        return onForgotten(facts, 'too_many', undefined);
      }
      waiting.add(item);
      start();
    },
    unknown: (facts) => onForgotten(facts, 'unknown', undefined),
    async finish(milliseconds) {
      const empty = new Promise<void>((done) => (waiting.size === 0 ? done() : idle.push(done)));
      await within(milliseconds, empty);
      idle = [];
      const left = waiting.size;
      for (const item of waiting) forget(item, 'late');
      return left;
    },
  };
}

class TimeoutError extends Error {}

function delay(milliseconds: number): Promise<void> {
  return new Promise((go) => {
    setTimeout(go, milliseconds).unref();
  });
}
