import { type DataRule, erasedWith } from '#platform/db';

const GONE = erasedWith('accounts.accounts');

/** How erasure and export treat plans. Payments for them are in the books (reports.proceeds). */
export const entitlementsDataRules: DataRule[] = [
  { table: 'entitlements.grants', account: GONE },
  // The sum of the grants, with budgets: sizes in what model calls cost.
  { table: 'entitlements.snapshots', account: GONE, withheld: ['timeline'] },
  { table: 'entitlements.allowances', account: GONE },
  { table: 'entitlements.plan_versions', nobodys: 'the terms at which the operator sold plans' },
  { table: 'entitlements.defaults', nobodys: 'what accounts have that hold no plan' },
];
