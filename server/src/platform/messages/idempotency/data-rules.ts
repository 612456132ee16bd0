import { type DataRule, erased } from '#platform/db';

const COPIES = 'copies of answers, for 24 hours';

/** How erasure and export treat answers that are kept. */
export const idempotencyDataRules: DataRule[] = [
  { table: 'idempotency.keys', account: erased(), withheld: COPIES },
  { table: 'idempotency.user_keys', user: erased(), withheld: COPIES },
  { table: 'idempotency.salts', nobodys: 'the server’s own' },
];
