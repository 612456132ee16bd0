import { type DataRule, erased } from '#platform/db';

/** How erasure and export treat privacy. */
export const privacyDataRules: DataRule[] = [
  { table: 'privacy.participants', account: erased() },
  { table: 'privacy.default_levels', account: erased(), user: erased('t.user_id = $1::uuid') },
  { table: 'privacy.budgets', nobodys: 'what releases have spent, of all accounts alike' },
  {
    table: 'privacy.releases',
    nobodys: 'counts with noise: nobody can tell by them whether an account is in them',
  },
];
