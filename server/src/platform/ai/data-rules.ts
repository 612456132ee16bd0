import { type DataRule, erased, THE_ACCOUNTS, unlinked } from '#platform/db';

/** How erasure and export treat safety events: they are the person's, and go with them or with the account. */
export const aiDataRules: DataRule[] = [
  { table: 'ai.provider_keys', account: erased(), user: THE_ACCOUNTS, withheld: ['sealed'] },
  { table: 'ai.safety_events', account: erased(), user: erased(), withheld: ['repeat_of'] },
  {
    table: 'ai.routes',
    user: unlinked({ changed_by: 'null' }, 'the operator’s settings', 't.changed_by = $1::uuid'),
  },
];
