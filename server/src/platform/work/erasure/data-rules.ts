import { type DataRule, erased } from '#platform/db';

const OF_ORGANIZATION = 't.organization_id = $1::uuid';
/** Theirs, and those that operators had made of them. */
const OF_PERSON = "(t.user_id = $1::uuid or t.subject_kind = 'user' and t.organization_id = $1::uuid)";
const ARCHIVES = 'archives are not put into archives';

/** How erasure and export treat archives. */
export const erasureDataRules: DataRule[] = [
  {
    table: 'erasure.exports',
    account: erased(OF_ORGANIZATION),
    user: erased(OF_PERSON),
    withheld: ARCHIVES,
  },
  {
    table: 'erasure.export_parts',
    account: erased(`t.export_id in (select e.id from erasure.exports e where e.organization_id = $1::uuid)`),
    user: erased(
      `t.export_id in (select e.id from erasure.exports e where e.user_id = $1::uuid or e.subject_kind = 'user' and e.organization_id = $1::uuid)`,
    ),
    withheld: ARCHIVES,
  },
  {
    table: 'erasure.proofs',
    nobodys: 'counts of rows that were erased, of whom by an id that is nobody’s by then',
  },
];
