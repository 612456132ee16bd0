import { DUE } from '#platform/queue';
import type { JobRunner } from './job-runner.ts';
import { POLLS, type WorkerParts } from './parts.ts';

export interface Worker {
  /** No new jobs; waits for those under way. After `grace` milliseconds their signals end, and they are handed over. */
  stop(grace: number): Promise<void>;
}

/** Takes jobs while there is room: woken by signals, by the exact time of the next due job, and by a slow poll behind both. */
export function startWorker({ db, log, polls = POLLS }: WorkerParts, runner: JobRunner): Worker {
  let stopped = false;
  let taking: Promise<void> | undefined;
  let again = false;
  // At the start too: an earlier worker may have died.
  let recoveryDue = true;
  let timer: NodeJS.Timeout | undefined;

  async function takeAll(): Promise<void> {
    do {
      again = false;
      if (recoveryDue) await runner.recover();
      recoveryDue = false;
      if (stopped) return;
      const { isFull, nextDue } = await runner.fill();
      if (isFull) return;
      schedule(Math.min(polls.slow, Math.max(0, nextDue ?? polls.slow)));
    } while (again);
  }

  function schedule(delay: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(look, Math.ceil(delay));
  }

  function look(): void {
    if (stopped) return;
    again = true;
    taking ??= takeAll()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'no jobs could be taken');
        schedule(polls.slow);
      })
      .finally(() => {
        taking = undefined;
        if (again) look();
      });
  }

  const unsubscribe = db.onSignal(DUE, look);
  const recovering = setInterval(() => {
    recoveryDue = true;
    look();
  }, polls.recovery);
  runner.open(look);
  look();

  return {
    async stop(grace) {
      stopped = true;
      unsubscribe();
      clearTimeout(timer);
      clearInterval(recovering);
      await taking;
      await runner.close(grace);
    },
  };
}
