import type { Patch } from './patch.ts';

const DISOWN = 'src/platform/limits/disown.test.ts :: an admission whose answer was lost >';
const AWAY = 'test/commits/away.test.ts :: a database that is away >';
const LOST = 'test/commits/answers.test.ts :: the answer of a commit that is lost >';

/** Commits whose answer is lost, databases that are away, clocks that jump, servers that stop. */
export const COMMITS: readonly Patch[] = [
  {
    name: 'lost-admission-keeps-its-place',
    file: 'src/platform/limits/admission.ts',
    find: 'if (mayBeDone(error)) disown(parts, items);',
    replace: '',
    expects: `${DISOWN} is given back as soon as the database answers: two of them, on two places, leave both free, and nothing is charged`,
  },
  {
    name: 'lost-admission-may-come-late',
    file: 'src/platform/limits/functions/disowned.sql',
    find: "values (v_account, (r->>'id')::uuid, (r->>'user')::uuid",
    replace: "values (v_account, gen_random_uuid(), (r->>'user')::uuid",
    expects: `${DISOWN} can not be committed any more when it arrives after that was asked for`,
  },
  {
    name: 'swept-admission-keeps-its-quota',
    file: 'src/platform/limits/functions/disowned.sql',
    find: "v_moves := limits.unserved(v_account, (r->>'id')::uuid, r->>'reason', v_now);",
    replace: "v_moves := '{}';",
    expects: `${DISOWN} that a sweep has closed as if its call had gone out is given back all the same`,
  },
  {
    name: 'lost-end-of-a-job-tells-nothing',
    file: 'src/platform/jobs/run.ts',
    find: `      // until it is known: whoever takes it up posts estimates, which become exact by it.
      await job.permit?.reportLate().catch(() => {});`,
    replace: '',
    expects: `${AWAY} while a provider answers is told the figures when it is back: of a call, and of a job`,
  },
  {
    name: 'job-taken-without-an-answer-is-billed',
    file: 'src/platform/jobs/queue.ts',
    find: "statement('select jobs.unbegin($1, $2::uuid[])', [",
    replace: "statement('select $1::uuid, $2::uuid[]', [",
    expects: `${LOST} of a worker, at jobs.take_up(, is made good: one post, billed exactly`,
  },
  {
    name: 'permit-of-a-lost-job-stays',
    file: 'src/server/admission.ts',
    find: "  await permit.abandon('not handed on');\n",
    replace: '',
    expects: `${LOST} of a job that was not enqueued after all: its place and its quota are free at once, and the repeat makes it`,
  },
  {
    name: 'database-away-is-our-fault',
    file: 'src/server/failures.ts',
    find: 'if (error instanceof DatabaseAway)\n    return',
    replace: "if (error instanceof DatabaseAway && error.code === 'none')\n    return",
    expects: `${AWAY} is 503 unavailable with Retry-After, whatever is asked for`,
  },
  {
    name: 'stop-is-told-as-a-hang-up',
    file: 'src/server/failure-handler.ts',
    find: 'inFlight?.isStopped === true && ',
    replace: 'inFlight?.isStopped === undefined && ',
    expects:
      'test/commits/stopping.test.ts :: a call that a server which stops can not finish is 503 server_stopping, and nobody hung up',
  },
  {
    name: 'clock-that-jumped-is-waited-for',
    file: 'src/platform/limits/functions/limits.sql',
    find: '::bigint + 300000000',
    replace: '::bigint + 300000000000000',
    expects:
      'src/platform/limits/clock.test.ts :: a clock that jumps forward and is set back > does not freeze a quota of a day: what there is of it can be used',
  },
  {
    name: 'start-waits-for-nothing',
    file: 'src/main/wait-for-database.ts',
    find: 'if (!mayPass(error) || ',
    replace: 'if (mayPass(error) || ',
    expects:
      'test/process/waiting.test.ts :: a start whose database is not there > says what it waits for, and is ready when it comes',
  },
];
