import type { JobId } from '#platform/kernel';
import type { Taken } from './attempt.ts';
import type { Lane } from './job.ts';
import type { Outcome, WorkerParts } from './parts.ts';
import type { FreeSlots } from './queue.ts';
import { runJob } from './run.ts';

/** Topic of a signal that the job which it names was cancelled. */
export const CANCELLED = 'jobs.cancelled';

interface Run {
  readonly lane: Lane;
  readonly kind: string;
  readonly cancel: AbortController;
  readonly end: Promise<Outcome>;
}

/** The slots for jobs in this process, and what runs in them. */
export interface JobSlots {
  /** Free slots by lane, and of kinds that run only so many at once. */
  free(): Omit<FreeSlots, 'afterBatch'>;
  running(): Iterable<JobId>;
  /** Runs a job that was taken up; `end` resolves when its slot is free again. */
  start(taken: Taken): { readonly end: Promise<Outcome> };
  /** Waits for what is under way; after `grace` milliseconds its signals end. */
  clear(grace: number): Promise<void>;
}

export function createJobSlots(parts: WorkerParts): JobSlots {
  const runs = new Map<JobId, Run>();
  let stop = new AbortController();
  let unsubscribe: (() => void) | undefined;

  function start(taken: Taken): Run {
    const { id, lane, kind } = taken.job;
    unsubscribe ??= parts.db.onSignal(CANCELLED, (job) => runs.get(job as JobId)?.cancel.abort());
    const cancel = new AbortController();
    const end = runJob(parts, taken, { stop: stop.signal, cancel: cancel.signal }).finally(() =>
      runs.delete(id),
    );
    const run = { lane, kind, cancel, end };
    runs.set(id, run);
    return run;
  }

  function roomOf(): Record<string, number> {
    const running = [...runs.values()];
    const capped = [...parts.handlers.values()].flatMap(({ kind, atOnce }) =>
      atOnce === undefined
        ? []
        : [[kind, atOnce - running.filter((run) => run.kind === kind).length] as const],
    );
    return Object.fromEntries(capped);
  }

  return {
    free() {
      const batch = [...runs.values()].filter(({ lane }) => lane === 'batch').length;
      const all = parts.concurrency - runs.size;
      return { all, batch: Math.min(all, parts.batchConcurrency - batch), roomOf: roomOf() };
    },
    running: () => runs.keys(),
    start,
    async clear(grace) {
      const force = setTimeout(() => stop.abort(), grace);
      await Promise.all([...runs.values()].map(({ end }) => end));
      clearTimeout(force);
      unsubscribe?.();
      unsubscribe = undefined;
      stop = new AbortController();
    },
  };
}
