import { type DataRule, unlinked } from '#platform/db';

const PERSONAL = { ip: 'null', user_agent: 'null', changes: `'{}'` };
const STAYS =
  'that something was done, and when, is kept; by and to whom it says by ids, which are nobody’s by then';
/** Kinds of things that one person owns, and that only they change. */
const OWN = 'session,key,passkey';

/** How erasure and export treat the audit: its rows stay, without what is personal in them. */
export const auditDataRules: DataRule[] = [
  {
    table: 'audit.events',
    doer: { id: 'user_id', columns: ['user_id', 'actor_id', 'ip', 'user_agent'] },
    account: unlinked(PERSONAL, STAYS),
    user: unlinked(
      // A change in an account that stays is that account's affair; an admin's change of the platform, the platform's.
      {
        ip: 'null',
        user_agent: 'null',
        changes: `case when t.account_id is null and (t.target_id = $1::text or t.target_kind = any ('{${OWN}}'))
          then '{}' else t.changes end`,
      },
      STAYS,
      `t.user_id = $1::uuid or (t.target_kind = 'user' and t.target_id = $1::text and t.account_id is null)`,
    ),
  },
];
