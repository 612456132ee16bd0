import { commitPoint, statement } from '#platform/db';
import { instantAfter, type Schedule } from '#platform/queue';
import { PLATFORM_ACCOUNT } from './job.ts';
import { POLLS, type WorkerParts } from './parts.ts';

const SYNC = commitPoint('jobs.schedules-begun', 'the next instants of schedules that are new or changed');
const RUN = commitPoint('jobs.scheduled', 'the job of a schedule, and when its next one is due');

interface DueSchedule {
  readonly name: string;
  readonly cron: string;
  readonly next_at: Date;
  readonly now: Date;
}

type ScheduleParts = WorkerParts & { readonly wake: () => void };

/**
 * Keeps schedules from now on; the answer stops. A row belongs to a name and its expression: a changed one begins anew,
 * and processes of two versions side by side each keep their own. A schedule that is no longer declared is left alone.
 */
export function startSchedules(parts: ScheduleParts, schedules: readonly Schedule[]): () => Promise<void> {
  if (schedules.length === 0) return () => Promise.resolve();
  let hasBegun = false;
  let looking: Promise<void> | undefined;

  async function keep(): Promise<void> {
    if (!hasBegun) await begin(parts, schedules);
    hasBegun = true;
    for (const due of await dueOf(parts, schedules)) await run(parts, due);
  }

  const look = () => {
    looking ??= keep()
      .catch((err: unknown) => parts.log.warn({ err }, 'schedules could not be kept'))
      .finally(() => {
        looking = undefined;
      });
  };
  const timer = setInterval(look, (parts.polls ?? POLLS).schedules);
  look();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

async function begin({ db }: ScheduleParts, schedules: readonly Schedule[]): Promise<void> {
  const [[clock]] = await db.system('jobs.queue', [statement<{ now: Date }>('select app.now() as now')]);
  if (clock === undefined) throw new Error('the database did not say what time it is');
  await db.system(
    'jobs.queue',
    SYNC,
    schedules.map((schedule) =>
      statement(
        // A schedule that is due later than next was written while the clock was ahead, and nothing would run until then; or just now,
        // by a worker that saw that instant come.
        `insert into jobs.schedules (name, cron, next_at) values ($1, $2, $3)
         on conflict (name, cron) do update set next_at = excluded.next_at
           where schedules.next_at > excluded.next_at and excluded.next_at > app.now()`,
        [schedule.name, schedule.cron, instantAfter(schedule, clock.now)],
      ),
    ),
  );
}

async function dueOf({ db }: ScheduleParts, schedules: readonly Schedule[]) {
  const [rows] = await db.system('jobs.queue', [
    statement<DueSchedule>(
      'select name, cron, next_at, app.now() as now from jobs.schedules where next_at <= app.now() order by name',
    ),
  ]);
  return rows.flatMap((row) => {
    const schedule = schedules.find(({ name, cron }) => name === row.name && cron === row.cron);
    return schedule === undefined ? [] : [{ ...row, kind: schedule.kind }];
  });
}

/** One job for all instants that have passed, in one commit with the advance: of several workers one finds it as it was. */
async function run(parts: ScheduleParts, due: DueSchedule & { readonly kind: string }): Promise<void> {
  const { db, ids, handlers } = parts;
  const [enqueued] = await db.system('jobs.queue', RUN, [
    statement(
      `with advanced as (
         update jobs.schedules set last_at = next_at, next_at = $4 where name = $1 and cron = $2 and next_at = $3 returning name)
       insert into jobs.jobs (account_id, id, kind, lane, payload, state, turn, attempts, request_id)
       select $5, $6, $7, 'batch', jsonb_build_object('schedule', name), 'ready', jobs.turn_for($5, 'batch', null, $10::text[]), $8, $9
       from advanced returning id`,
      [
        due.name,
        due.cron,
        due.next_at,
        instantAfter(due, due.now),
        PLATFORM_ACCOUNT,
        ids.next(),
        due.kind,
        handlers.get(due.kind)?.attempts ?? null,
        ids.next(),
        [...handlers.keys()],
      ],
    ),
  ]);
  if (enqueued.length === 0) return;
  parts.metrics?.scheduledRun(due.name);
  parts.wake();
}
