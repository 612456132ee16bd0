import { type DataRule, unlinked } from '#platform/db';

/** How erasure and export treat versions of plans: they are the operator's, and keep no person. */
export const plansDataRules: DataRule[] = [
  {
    table: 'plans.versions',
    user: unlinked({ created_by: 'null' }, 'the operator’s settings', 't.created_by = $1::uuid'),
  },
  {
    table: 'plans.drafts',
    user: unlinked({ changed_by: 'null' }, 'the operator’s settings', 't.changed_by = $1::uuid'),
  },
  {
    table: 'plans.moves',
    user: unlinked({ created_by: 'null' }, 'the operator’s settings', 't.created_by = $1::uuid'),
  },
];
