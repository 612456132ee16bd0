import { type DataRule, unlinked } from '#platform/db';

/** How erasure and export treat brands: they are the operator's. */
export const brandsDataRules: DataRule[] = [
  {
    table: 'brands.brands',
    user: unlinked({ changed_by: 'null' }, 'the operator’s settings', 't.changed_by = $1::uuid'),
  },
];
