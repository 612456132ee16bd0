import { Cron } from 'croner';

/** Jobs by the clock: at each instant of the expression one job of this kind is enqueued, however many workers there are. */
export interface Schedule {
  readonly name: string;
  /** A cron expression of five fields, in UTC. */
  readonly cron: string;
  readonly kind: string;
}

/** A schedule whose expression is known to be right; throws with what is wrong with it. */
export function scheduleOf(schedule: Schedule): Schedule {
  if (instantAfter(schedule, new Date(0)) === null)
    throw new Error(`the schedule ${schedule.name} has no next instant`);
  return schedule;
}

/** The first instant after this one, in UTC; null when there is none. */
export function instantAfter({ cron }: Pick<Schedule, 'cron'>, instant: Date): Date | null {
  return new Cron(cron, { utcOffset: 0, mode: '5-part' }).nextRun(instant);
}
