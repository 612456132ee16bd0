/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const jobsSystemUses = {
  'admin.jobs': 'a platform admin looks after jobs of accounts that are not their own',
  'jobs.queue': 'a worker takes the next job of all accounts',
} as const;

type Own = typeof jobsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
