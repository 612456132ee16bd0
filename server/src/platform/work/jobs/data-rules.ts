import { type DataRule, erased } from '#platform/db';

/** What erasure and export do with the queue. Payloads hold ids alone. */
export const jobsDataRules: DataRule[] = [
  { table: 'jobs.jobs', account: erased() },
  { table: 'jobs.deliveries', account: erased(), withheld: 'how a job came to its worker' },
  { table: 'jobs.schedules', nobodys: 'the program’s own' },
];
