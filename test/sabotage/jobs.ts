import type { Patch } from './patch.ts';

const WHEN_ONE_ENDS = 'src/platform/jobs/lanes.test.ts :: when a job ends, its worker >';
const RUN = 'src/platform/jobs/run.ts';
const REPLAY = 'src/platform/jobs/replay.ts';
const SCHEDULES = 'src/platform/jobs/schedules.ts';
const SCHEMA = 'src/platform/jobs/functions/jobs.sql';

const POSTPONED = 'src/platform/jobs/postponed.test.ts :: an attempt that finds no room at its provider >';

/** The queue, its workers, and the products on top of them. */
export const JOBS: readonly Patch[] = [
  {
    name: 'fence-of-a-job-ignored',
    file: SCHEMA,
    find: "    and state = 'running' and holder = p_holder and fence = p_fence for update;",
    replace: '    for update;',
    expects:
      'src/platform/jobs/recovery.test.ts :: when a worker dies > over a job without a permit, the fence of the job alone undoes what comes late',
  },
  {
    name: 'take-up-leaves-the-call-pending',
    file: 'src/platform/limits/functions/settlement.sql',
    find: "update limits.usage_events set state = 'sent', fence = p.fence,",
    replace: 'update limits.usage_events set fence = p.fence,',
    expects:
      'src/platform/jobs/jobs.test.ts :: a job > runs with its permit, whose call is marked as sent before it begins; one transaction stores, ends and settles',
  },
  {
    name: 'dead-worker-takes-jobs',
    file: SCHEMA,
    find: 'if not exists (select from limits.holders where id = p_holder and expires_at > p_now) then',
    replace: 'if false then',
    expects:
      'src/platform/jobs/recovery.test.ts :: when a worker dies > its lease is what keeps it from taking more',
  },
  {
    name: 'orphaned-permit-left-open',
    file: 'src/platform/jobs/queue.ts',
    find: "    statement('select jobs.close_orphans()'),\n",
    replace: '',
    expects:
      'src/platform/jobs/recovery.test.ts :: a permit that its job left open is closed, so that its place is never lost',
  },
  {
    name: 'tries-counted-by-the-job-alone',
    file: RUN,
    find: 'Math.max(job.attempt, job.permit?.calls ?? 0)',
    replace: 'job.attempt',
    expects:
      'src/platform/jobs/tries.test.ts :: a try that fails > after several provider calls has used up as many tries: pipe and job count together',
  },
  {
    name: 'retry-as-late-as-asked',
    file: 'src/platform/jobs/endings.ts',
    find: 'Math.min(wished, LONGEST_ASKED)',
    replace: 'wished',
    expects:
      'src/platform/jobs/tries.test.ts :: a try that fails > with a time to come back at in a day comes back after a minute: it has a place of its account',
  },
  {
    name: 'retry-earlier-than-asked',
    file: 'src/platform/jobs/endings.ts',
    find: 'return asked + ',
    replace: 'return ',
    expects:
      'src/platform/jobs/tries.test.ts :: a try that fails > with a time to come back at waits at least that long',
  },
  {
    name: 'suspended-account-works-on',
    file: RUN,
    find: 'if (permit?.refused != null)',
    replace: 'if (false)',
    expects:
      'src/platform/jobs/jobs.test.ts :: a job > of a suspended account does not run, and gives everything back',
  },
  {
    name: 'one-account-takes-all-turns',
    file: SCHEMA,
    find: 'least(p_kept, coalesce(1 + (select max(turn)',
    replace: 'least(p_kept, coalesce(0 * (select max(turn)',
    expects:
      'src/platform/jobs/fairness.test.ts :: between accounts > one that has queued a thousand batch jobs does not delay another’s first',
  },
  {
    name: 'newcomers-go-before-all',
    file: SCHEMA,
    find: "(select turn from jobs.jobs where state = 'ready' and lane = p_lane and kind = any(p_kinds) order by turn, run_at, id limit 1)",
    replace: '0',
    expects:
      'src/platform/jobs/fairness.test.ts :: between accounts > however each queues and however many are taken at once, two that wait in a lane are served alike',
  },
  {
    name: 'a-scan-at-each-take-up',
    file: SCHEMA,
    find: 'and kind = any(p_kinds) order by run_at limit 1)',
    replace: "and kind = any(p_kinds) order by run_at + interval '0' limit 1)",
    expects:
      'src/platform/jobs/fairness.test.ts :: taking up and enqueueing read a few pages however many jobs of one account are ready',
  },
  {
    name: 'batch-starves',
    file: SCHEMA,
    find: "<= p_now - interval '30 seconds'",
    replace: "<= p_now - interval '30 days'",
    expects:
      'src/platform/jobs/lanes.test.ts :: lanes > batch jobs that waited for half a minute and interactive ones alternate: neither lane starves',
  },
  {
    name: 'late-batch-starves-the-rest',
    file: SCHEMA,
    find: 'if v_batch_room > 0 and not v_after_batch then',
    replace: 'if v_batch_room > 0 then',
    expects:
      'src/platform/jobs/lanes.test.ts :: lanes > batch jobs that waited for half a minute and interactive ones alternate: neither lane starves',
  },
  {
    name: 'batch-takes-all-places',
    file: 'src/platform/jobs/job-slots.ts',
    find: 'Math.min(all, parts.batchConcurrency - batch)',
    replace: 'all',
    expects:
      'src/platform/jobs/lanes.test.ts :: lanes > batch jobs take no more than their places, and an interactive one finds room at once',
  },
  {
    name: 'unknown-kinds-are-taken',
    file: SCHEMA,
    find: "where state = 'ready' and lane = 'interactive' and kind = any(v_kinds) order",
    replace: "where state = 'ready' and lane = 'interactive' order",
    expects:
      'src/platform/jobs/jobs.test.ts :: a job > of a kind that this process does not know is left to those that do, and hinders no other',
  },
  {
    name: 'cancel-leaves-the-permit',
    file: SCHEMA,
    find: 'if j.permit_id is not null then perform limits.cancel(j.account_id, j.permit_id, p_keep); end if;',
    replace: '',
    expects:
      'src/platform/jobs/cancel.test.ts :: a job that is cancelled > while it waits never runs, and gives quota, reserve and place back at once',
  },
  {
    name: 'cancel-always-gives-back',
    file: 'src/platform/limits/functions/sweep.sql',
    find: "limits.finish(p, not p_keep, 'cancelled', v_now)",
    replace: "limits.finish(p, true, 'cancelled', v_now)",
    expects:
      'src/platform/jobs/cancel.test.ts :: a job that is cancelled > and whose work was used keeps its charge',
  },
  {
    name: 'cancel-is-not-told',
    file: 'src/platform/jobs/job-slots.ts',
    find: 'runs.get(job as JobId)?.cancel.abort()',
    replace: 'void runs.get(job as JobId)?.cancel',
    expects:
      'src/platform/jobs/cancel.test.ts :: a job that is cancelled > while it runs is told so, stores nothing any more, and its call is booked as the provider says',
  },
  {
    name: 'a-cancelled-job-is-cancelled-again',
    file: SCHEMA,
    find: "and id = p_job and state in ('ready', 'delayed', 'running') returning * into j;",
    replace: 'and id = p_job returning * into j;',
    expects:
      'src/platform/jobs/cancel.test.ts :: a job that is cancelled > a second time, or after its end, changes nothing',
  },
  {
    name: 'postponing-costs-a-try',
    file: SCHEMA,
    find: 'attempt = attempt - 1, postponed = postponed + 1,',
    replace: 'postponed = postponed + 1,',
    expects:
      'src/platform/jobs/postponed.test.ts :: an attempt that finds no room at its provider > does not count, however often: the job has all its tries left, and its permit waits with it',
  },
  {
    name: 'postponed-for-ever',
    file: SCHEMA,
    find: 'if v_last <= v_now then return false; end if;',
    replace: '',
    expects:
      'src/platform/jobs/postponed.test.ts :: an attempt that finds no room at its provider > for ever is given up when its permit is due, and not a moment after',
  },
  {
    name: 'a-stop-costs-a-try',
    file: SCHEMA,
    find: 'run_at = app.now(), attempt = attempt - 1,',
    replace: 'run_at = app.now(),',
    expects:
      'src/platform/jobs/jobs.test.ts :: workers > that must stop at once hand over what is under way: it does not count, and what went out is posted',
  },
  {
    name: 'schedule-lost-to-a-clock-that-was-ahead',
    file: SCHEDULES,
    find: 'do update set next_at = excluded.next_at\n           where',
    replace: 'do update set next_at = schedules.next_at\n           where',
    expects:
      'src/platform/jobs/schedules.test.ts :: a schedule > that was advanced while the clock was a year ahead is due again at its next instant after a start',
  },
  {
    name: 'each-worker-runs-the-schedule',
    file: SCHEDULES,
    find: ' and next_at = $3 returning name',
    replace: ' and $3::timestamptz is not null returning name',
    expects:
      'src/platform/jobs/schedules.test.ts :: a schedule > of which several workers see the instant enqueues one job',
  },
  {
    name: 'each-missed-instant-is-run',
    file: SCHEDULES,
    find: 'instantAfter(due, due.now)',
    replace: 'instantAfter(due, due.next_at)',
    expects:
      'src/platform/jobs/schedules.test.ts :: a schedule > catches up with one run on all instants that nobody was there for',
  },
  {
    name: 'each-admin-is-admitted',
    file: REPLAY,
    find: 'key: permitId, bodyHash',
    replace: 'key: by.caller.userId + String(process.hrtime.bigint()), bodyHash',
    expects:
      'src/platform/jobs/dead-letters.test.ts :: a dead job that is replayed > by two admins at once runs once, and is charged once, burst included',
  },
  {
    name: 'replay-forgets-its-subject',
    file: REPLAY,
    find: 'await tx.runAll(handler?.reviving?.(subject) ?? []);',
    replace: '',
    expects:
      'src/platform/jobs/dead-letters.test.ts :: a dead job that is replayed > runs as if it were new, with a permit of its own that is charged like the first',
  },
  {
    name: 'retry-keeps-how-often-it-was-postponed',
    file: 'src/platform/jobs/functions/jobs.sql',
    find: 'run_at = app.now() + p_delay, postponed = 0, error',
    replace: 'run_at = app.now() + p_delay, error',
    expects: `${POSTPONED} after a failure of another kind begins with the shortest pause again`,
  },
  {
    name: 'replay-keeps-how-often-it-was-postponed',
    file: 'src/platform/jobs/functions/jobs.sql',
    find: 'attempt = 0, postponed = 0,',
    replace: 'attempt = 0,',
    expects: `${POSTPONED} without a permit is given up after a quarter of an hour`,
  },
  {
    name: 'replay-keeps-when-it-was-overdue',
    file: 'src/platform/jobs/functions/jobs.sql',
    find: '      overdue_at = null, permit_id',
    replace: '      permit_id',
    expects: `${POSTPONED} without a permit is given up after a quarter of an hour`,
  },
  {
    name: 'lost-job-of-a-server-stays-lost',
    file: 'src/platform/jobs/job-runner.ts',
    find: '        lookForLost();\n',
    replace: '',
    expects:
      'src/platform/jobs/deliver.test.ts :: a delivery > whose end could not be written is run again, without a worker here',
  },
  {
    name: 'limit-missing-from-a-plan',
    file: 'src/products/reel/plans.ts',
    find: '        hourly: 40,\n',
    replace: '',
    expects: 'types',
  },
  {
    name: 'take-up-in-vain',
    file: 'src/platform/jobs/job-runner.ts',
    find: 'if (leftSome || !FINAL.has(outcome)) onFree?.();',
    replace: 'onFree?.();',
    expects: `${WHEN_ONE_ENDS} does not look for others, if it had slots left when it looked last`,
  },
  {
    name: 'slot-that-was-freed-during-a-look-forgotten',
    file: 'src/platform/jobs/job-runner.ts',
    find: '        leftSome = true;\n',
    replace: '',
    expects: `${WHEN_ONE_ENDS} looks at once, if it was looking for what took the last slot`,
  },
  {
    name: 'lane-that-was-full-forgotten',
    file: 'src/platform/jobs/job-runner.ts',
    find: ' || batch >= free.batch;',
    replace: ';',
    expects: `${WHEN_ONE_ENDS} looks at once, if it had no slot left for its lane`,
  },
  {
    name: 'job-tried-in-vain-left-to-the-poll',
    file: 'src/platform/jobs/job-runner.ts',
    find: 'leftSome || !FINAL.has(outcome)',
    replace: 'leftSome',
    expects: `${WHEN_ONE_ENDS} looks when it is due again, if it was tried in vain`,
  },
];
