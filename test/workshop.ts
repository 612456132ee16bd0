import { createAudit } from '#platform/audit';
import { commitPoint, type Database, statement } from '#platform/db';
import {
  createJobs,
  type JobFailure,
  type JobHandler,
  type Jobs,
  type RunningJob,
  type Worker,
} from '#platform/jobs';
import { createQueue } from '#platform/queue';
import { type AccountId, type JobId, type Random, systemRandom } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { ids, type Member } from './factories.ts';
import { granted, type Gym, type Node, openGym, type Wanted } from './gym.ts';

const ENQUEUE = commitPoint('test.workshop.enqueue', 'a job of a test');
export const EFFECT = commitPoint('test.workshop.effect', 'what a job of a test did');
const GIVE_UP = commitPoint('test.workshop.give-up', 'a failed job of a test');

const HOUR = 3_600_000;

/** What one try of a job does; it throws to fail. */
export type Task = (job: RunningJob) => Promise<void>;

export interface Shift {
  readonly node: Node;
  readonly jobs: Jobs;
  readonly logged: string[];
  /** The schedules that enqueued jobs here, run by run. */
  readonly scheduled: string[];
  readonly ended: { readonly kind: string; readonly outcome: string }[];
  /** Resolves when so many tries of jobs have ended here, however. */
  until(count: number): Promise<void>;
}

export interface Workshop extends Gym {
  readonly tasks: Map<string, Task>;
  readonly givenUp: { readonly job: RunningJob; readonly failure: JobFailure }[];
  /** One process with its queue; `work()` starts it. */
  shift(options?: ShiftOptions): Promise<Shift>;
  work(options?: ShiftOptions): Promise<Worker & { readonly shift: Shift }>;
  /** Enqueues a job that does `task`, with a permit of the member where `wanted` is said. */
  enqueue(member: Member, task: Task, more?: More): Promise<Enqueued>;
}

export interface ShiftOptions {
  readonly node?: Node;
  readonly concurrency?: number;
  /** As many as `concurrency` when not said. */
  readonly batchConcurrency?: number;
  /** Only signals wake it: its polls come once an hour. */
  readonly bySignals?: boolean;
  /** Of the jitter between tries; 0 tries again at once. */
  readonly uniform?: () => number;
}

export interface More {
  readonly wanted?: Wanted;
  readonly lane?: 'interactive' | 'batch';
  readonly delay?: number;
  readonly quiet?: boolean;
  readonly kind?: string;
}

export interface Enqueued {
  readonly id: JobId;
  readonly name: string;
  readonly permit: Permit | undefined;
}

export interface JobRow {
  readonly id: JobId;
  readonly state: string;
  readonly attempt: number;
  readonly error: string | null;
  readonly run_at: Date;
  readonly updated_at: Date;
}

export async function jobRow(db: Database, id: JobId): Promise<JobRow> {
  const [row] = await db.asMigrator(
    statement<JobRow>('select id, state, attempt, error, run_at, updated_at from jobs.jobs where id = $1', [
      id,
    ]),
  );
  if (row === undefined) throw new Error('there is no such job');
  return row;
}

/** A statement that leaves a trace of an account in the database; `traces` counts them. */
export const leaveTrace = (accountId: AccountId) =>
  statement('insert into public.traces values ($1)', [accountId]);

export async function traces(db: Database, accountId: AccountId): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>('select count(*)::int as n from public.traces where account_id = $1', [
      accountId,
    ]),
  );
  return row?.n ?? 0;
}

const RULES = {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: 500, hourly: 500, at_once: 300, cost: 100_000 } },
} as const;

/** Processes that run jobs of kind `work`, which is tried three times, and leaves a trace when it is replayed. */
export async function openWorkshop(db: Database): Promise<Workshop> {
  await db.script(`
    create table if not exists public.traces (account_id uuid not null);
    grant select, insert on public.traces to plinth_tenant;`);
  const gym = await openGym(db, RULES);
  const tasks = new Map<string, Task>();
  const givenUp: Workshop['givenUp'] = [];
  const handler: JobHandler = {
    kind: 'work',
    attempts: 3,
    run: (job) => tasks.get(job.payload['task'] ?? '')?.(job) ?? Promise.resolve(),
    async giveUp(job, failure) {
      givenUp.push({ job, failure });
      const releasing = job.permit === undefined ? [] : [job.permit.releasing(failure.code)];
      await db.tenant(job.accountId, GIVE_UP, [job.finishing({ failed: failure.code }), ...releasing]);
    },
    reviving: ({ accountId }) => [leaveTrace(accountId)],
  };

  const shift = async (options: ShiftOptions = {}) =>
    openShift(options.node ?? (await gym.another()), { ...options, handler });
  const desk = await shift();

  return {
    ...gym,
    tasks,
    givenUp,
    shift,
    async work(options) {
      const opened = await shift(options);
      return { ...opened.jobs.work(), shift: opened };
    },
    async enqueue(member, task, more = {}) {
      const name = ids.next();
      tasks.set(name, task);
      const permit =
        more.wanted === undefined
          ? undefined
          : granted(await gym.admit(member, { ...more.wanted, as: 'job' }));
      const job = {
        kind: more.kind ?? 'work',
        lane: more.lane ?? 'interactive',
        payload: { task: name },
        requestId: 'request',
        ...(permit === undefined ? {} : { permit }),
        ...(more.delay === undefined ? {} : { delay: more.delay }),
      };
      await db.tenant(member.accountId, ENQUEUE, desk.jobs.enqueueing(member.accountId, job));
      if (more.quiet !== true) desk.jobs.wake();
      return { id: await jobOf(db, name), name, permit };
    },
  };
}

async function jobOf(db: Database, name: string): Promise<JobId> {
  const [row] = await db.asMigrator(
    statement<{ id: JobId }>(`select id from jobs.jobs where payload->>'task' = $1`, [name]),
  );
  if (row === undefined) throw new Error('the job was not enqueued');
  return row.id;
}

function openShift(node: Node, options: ShiftOptions & { handler: JobHandler }): Shift {
  const logged: string[] = [];
  const ended: Shift['ended'] = [];
  const scheduled: string[] = [];
  const waiting = new Set<() => void>();
  const log = (facts: object, message: string) => {
    const { err } = facts as { err?: Error };
    logged.push(err === undefined ? message : `${message}: ${err.message}`);
  };
  const random: Random = {
    bytes: (length) => systemRandom.bytes(length),
    uniform: options.uniform ?? (() => 0),
  };
  const jobs = createJobs({
    queue: createQueue<RunningJob>({ db: node.db, ids }),
    db: node.db,
    ids,
    random,
    limits: node.limits,
    holder: node.holder,
    audit: createAudit({ ids }),
    concurrency: options.concurrency ?? 4,
    batchConcurrency: options.batchConcurrency ?? options.concurrency ?? 4,
    polls: options.bySignals === true ? { slow: HOUR, recovery: HOUR } : undefined,
    log: { info: log, warn: log, error: log },
    metrics: {
      job({ kind, outcome }) {
        ended.push({ kind, outcome });
        for (const look of waiting) look();
      },
      scheduledRun: (schedule) => void scheduled.push(schedule),
    },
  });
  jobs.handle(options.handler);
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (ended.length < count) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { node, jobs, logged, ended, scheduled, until };
}
