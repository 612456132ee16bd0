import type { AccountId, JobId } from '#platform/kernel';
import type { Taken } from './attempt.ts';
import { LANES, type Lane } from './job.ts';
import type { Outcome, WorkerParts } from './parts.ts';
import { type FreeSlots, recoverJobs, takeJob, takeJobs } from './queue.ts';
import { runJob } from './run.ts';

/** Milliseconds until a job whose end could not be written is looked for. */
const LOOK_FOR_LOST = 2_000;

/** Result of a delivered job; `absent`: final, unknown, not due or running elsewhere; `busy`: no slot is free for it. */
export type Delivered = 'done' | 'retry' | 'failed' | 'stale' | 'absent' | 'busy';

/** Takes up the jobs that this process runs: from the queue, or as they are delivered. */
export interface JobRunner {
  /** Takes up what there is room for. `isFull`: the end of one of them is what to wait for. */
  fill(): Promise<{ readonly isFull: boolean; readonly nextDue: number | undefined }>;
  deliver(accountId: AccountId, id: JobId): Promise<Delivered>;
  /** Makes abandoned jobs due again. */
  recover(): Promise<void>;
  /** Takes up jobs again after a `close`, and hears when a slot is free that jobs may be waiting for. */
  open(hearFree: () => void): void;
  /** Takes up nothing more; waits, and after `grace` milliseconds ends the signals of what is under way. */
  close(grace: number): Promise<void>;
}

export function createJobRunner(parts: WorkerParts): JobRunner {
  const slots = createJobSlots(parts);
  const alone = oneAtATime();
  /** Jobs that were begun here, and whose end could not be written. */
  const unended = new Set<JobId>();
  let isClosed = false;
  let afterBatch = false;
  /** The newest look may have left jobs for which there was no slot. Of one that had slots left others are told by signals. */
  let leftSome = true;
  let onFree: (() => void) | undefined;

  // Never beside a take-up: what is taken in the meantime would look lost.
  const recover = () =>
    alone(async () => {
      const lost = [...unended];
      await recoverJobs(parts, { known: [...slots.running()], lost });
      for (const id of lost) unended.delete(id);
    });
  function lookForLost(): void {
    const look = () => {
      // One that stops gives up its lease, and others find what it has lost.
      if (!isClosed) recover().catch(lookForLost);
    };
    setTimeout(look, LOOK_FOR_LOST).unref();
  }

  function start(taken: Taken): { readonly end: Promise<Outcome> } {
    const run = slots.start(taken);
    void run.end.then((outcome) => {
      if (outcome === 'lost' || outcome === 'stale') unended.add(taken.job.id);
      if (outcome === 'lost') lookForLost();
      // A job that was tried in vain is due again, at a time that no look knew of.
      if (leftSome || !FINAL.has(outcome)) onFree?.();
    });
    return run;
  }

  return {
    recover,
    fill: () =>
      alone(async () => {
        // While it looks, too: what ends meanwhile makes room that it did not know of.
        leftSome = true;
        const free = slots.free();
        if (free.all <= 0 || isClosed) return { isFull: true, nextDue: undefined };
        const { taken, nextDue } = await takeJobs(parts, { ...free, afterBatch });
        const batch = taken.filter(({ job }) => job.lane === 'batch').length;
        leftSome = taken.length === free.all || batch >= free.batch;
        for (const one of taken) start(one);
        leftSome ||= hasFull(slots.free());
        const last = taken.at(-1);
        if (last !== undefined) afterBatch = last.job.lane === 'batch';
        return { isFull: taken.length === free.all, nextDue };
      }),
    async deliver(accountId, id) {
      const run = await alone(async () => {
        const free = slots.free();
        if (free.all <= 0 || isClosed) return 'busy';
        const lanes = free.batch > 0 ? LANES : LANES.filter((lane) => lane !== 'batch');
        const taken = await takeJob(parts, { accountId, id, lanes, roomOf: free.roomOf });
        if (taken === undefined) return free.batch > 0 && !hasFull(free) ? 'absent' : 'busy';
        return start(taken);
      });
      return typeof run === 'string' ? run : DELIVERED[await run.end];
    },
    open(hearFree) {
      isClosed = false;
      onFree = hearFree;
    },
    async close(grace) {
      isClosed = true;
      // A job that is being taken up counts as under way.
      await alone(() => Promise.resolve());
      await slots.clear(grace);
    },
  };
}

/** Whether as many of a kind run as may at once. */
function hasFull({ roomOf }: Pick<FreeSlots, 'roomOf'>): boolean {
  return Object.values(roomOf).includes(0);
}

const DELIVERED: Readonly<Record<Outcome, Delivered>> = {
  done: 'done',
  retry: 'retry',
  postponed: 'retry',
  handed_over: 'retry',
  failed: 'failed',
  stale: 'stale',
  // It runs again once it was found.
  lost: 'retry',
};

/** After these a job is not due again. */
const FINAL: ReadonlySet<Outcome> = new Set(['done', 'failed']);

/** Makes one piece of work wait for the one before. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
}

/** Topic of a signal that the job which it names was cancelled. */
export const CANCELLED = 'jobs.cancelled';

interface Run {
  readonly lane: Lane;
  readonly kind: string;
  readonly cancel: AbortController;
  readonly end: Promise<Outcome>;
}

/** The slots for jobs in this process, and what runs in them. */
interface JobSlots {
  /** Free slots by lane, and of kinds that run only so many at once. */
  free(): Omit<FreeSlots, 'afterBatch'>;
  running(): Iterable<JobId>;
  /** Runs a job that was taken up; `end` resolves when its slot is free again. */
  start(taken: Taken): { readonly end: Promise<Outcome> };
  /** Waits for what is under way; after `grace` milliseconds its signals end. */
  clear(grace: number): Promise<void>;
}

function createJobSlots(parts: WorkerParts): JobSlots {
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
