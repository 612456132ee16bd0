import type { Patch } from './patch.ts';

const WORKER = 'src/platform/jobs/worker.ts';
const SCHEMA = 'src/platform/jobs/migrations/0001_jobs.up.sql';

/** The queue, its workers, and the products on top of them. */
export const JOBS: readonly Patch[] = [
  {
    name: 'fence-of-a-job-ignored',
    file: SCHEMA,
    find: `set state = p_state, error = p_error, holder = null, updated_at = app.now()
    where account_id = app.account() and id = p_job and state = 'running' and holder = p_holder and fence = p_fence;`,
    replace: `set state = p_state, error = p_error, holder = null, updated_at = app.now()
    where account_id = app.account() and id = p_job;`,
    expects:
      'src/platform/jobs/recovery.test.ts :: when a worker dies > over a job without a permit, the fence of the job alone undoes what comes late',
  },
  {
    name: 'take-up-leaves-the-call-pending',
    file: 'src/platform/limits/migrations/0004_settlement.up.sql',
    find: "update limits.usage_events set state = 'sent', fence = p.fence,",
    replace: 'update limits.usage_events set fence = p.fence,',
    expects:
      'src/platform/jobs/jobs.test.ts :: a job > runs with its permit, whose call is marked as sent before it begins; one transaction stores, ends and settles',
  },
  {
    name: 'dead-worker-takes-jobs',
    file: SCHEMA,
    find: 'if not exists (select from limits.holders where id = p_holder and expires_at > v_now) then',
    replace: 'if false then',
    expects:
      'src/platform/jobs/recovery.test.ts :: when a worker dies > its lease is what keeps it from taking more',
  },
  {
    name: 'orphaned-permit-left-open',
    file: WORKER,
    find: "    statement('select jobs.close_orphans()'),\n",
    replace: '',
    expects:
      'src/platform/jobs/recovery.test.ts :: a permit that its job left open is closed, so that its place is never lost',
  },
  {
    name: 'tries-counted-by-the-job-alone',
    file: WORKER,
    find: 'Math.max(job.attempt, job.permit?.calls ?? 0)',
    replace: 'job.attempt',
    expects:
      'src/platform/jobs/tries.test.ts :: a try that fails > after several provider calls has used up as many tries: pipe and job count together',
  },
  {
    name: 'retry-earlier-than-asked',
    file: WORKER,
    find: 'const delay = asked + ',
    replace: 'const delay = ',
    expects:
      'src/platform/jobs/tries.test.ts :: a try that fails > with a time to come back at waits at least that long',
  },
  {
    name: 'suspended-account-works-on',
    file: WORKER,
    find: 'if (permit?.refused != null)',
    replace: 'if (false)',
    expects:
      'src/platform/jobs/jobs.test.ts :: a job > of a suspended account does not run, and gives everything back',
  },
  {
    name: 'result-stored-without-settlement',
    file: 'src/products/reel/generations/write.ts',
    find: '    permit.settlement(),\n',
    replace: '',
    expects:
      'test/reel/limits.test.ts :: POST /v1/create > answers at once, and the variants come with a ledger row that agrees with the provider’s bill',
  },
  {
    name: 'failure-keeps-the-quota',
    file: 'src/products/reel/generations/write.ts',
    find: 'job.permit.releasing(failure.code)',
    replace: 'job.permit.settlement()',
    expects:
      'test/reel/limits.test.ts :: POST /v1/create > a failed generation says why, gives the quota back and keeps the burst',
  },
  {
    name: 'limit-missing-from-a-plan',
    file: 'src/products/reel/plans.ts',
    find: '        hourly: 40,\n',
    replace: '',
    expects: 'types',
  },
];
