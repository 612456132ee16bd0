import { type DataRule, erasedWith } from '#platform/db';

const GONE = erasedWith('accounts.accounts');

/** What erasure and export do with plans. What was paid for them is in the books (reports.proceeds). */
export const entitlementsDataRules: DataRule[] = [
  { table: 'entitlements.grants', account: GONE },
  { table: 'entitlements.snapshots', account: GONE },
  { table: 'entitlements.allowances', account: GONE },
  { table: 'entitlements.defaults', nobodys: 'what accounts have that hold no plan' },
];
