import { type DataRule, erased } from '#platform/db';

/** How erasure and export treat the queue. Payloads hold ids alone. */
export const jobsDataRules: DataRule[] = [
  { table: 'jobs.jobs', account: erased() },
  { table: 'jobs.deliveries', account: erased(), withheld: 'how a job came to its worker' },
  { table: 'jobs.schedules', nobodys: 'the program’s own' },
];
