import type { Queue } from '#platform/queue';
import type { Module } from './define-module.ts';

/** Tries of one run: what it left undone the next one does. */
const TRIES = 3;

/** Has workers do what a module does by the clock: `expired-keys` is the job and the schedule `platform.expired-keys`. */
export function keepSchedules(
  queue: Pick<Queue, 'handle' | 'schedule'>,
  module: Pick<Module, 'schedules'>,
  service: unknown,
): void {
  const own = service as never;
  for (const [name, { cron, run, when }] of Object.entries(module.schedules)) {
    if (when?.(own) === false) continue;
    const kind = `platform.${name}`;
    queue.handle({
      kind,
      attempts: TRIES,
      run: async () => void (await run(own)),
      giveUp: () => Promise.resolve(),
    });
    queue.schedule({ name: kind, cron, kind });
  }
}
