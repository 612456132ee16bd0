import { type DataRule, erased } from '#platform/db';

const OF_ORGANIZATION = 't.organization_id = $1::uuid';
const ARCHIVES = 'archives are not put into archives';

/** What erasure and export do with archives. */
export const erasureDataRules: DataRule[] = [
  { table: 'erasure.exports', account: erased(OF_ORGANIZATION), user: erased(), withheld: ARCHIVES },
  {
    table: 'erasure.export_parts',
    account: erased(`t.export_id in (select e.id from erasure.exports e where e.organization_id = $1::uuid)`),
    user: erased(),
    withheld: ARCHIVES,
  },
];
