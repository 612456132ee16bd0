import type { Patch } from './patch.ts';

const ADMIN = 'test/coditect/admin.test.ts ::';

/** Coditect's licences in operators' hands. */
export const CODITECT_DESK: readonly Patch[] = [
  {
    name: 'operators-word-written-over',
    file: 'src/products/coditect/functions/heads.sql',
    find: `  if v_license.status = 'suspended' and v_license.status_reason = 'admin' then
    status := 'suspended'; reason := 'admin';
  elsif v_account is distinct from 'active' then
    status := 'suspended'; reason := 'account';`,
    replace: `  if v_account is distinct from 'active' then
    status := 'suspended'; reason := 'account';
  elsif v_license.status = 'suspended' and v_license.status_reason = 'admin' then
    status := 'suspended'; reason := 'admin';`,
    expects: `${ADMIN} an operator suspends a licence > and it stays so, whatever else happens to it or its account meanwhile`,
  },
  {
    name: 'extension-ends-with-the-period',
    file: 'src/products/coditect/functions/heads.sql',
    find: 'period_end := greatest(period_end, v_given);',
    replace: 'period_end := period_end;',
    expects: `${ADMIN} an operator extends a licence > past the end of what is paid for, by a grant that anybody finds, and once for a key`,
  },
  {
    name: 'operator-changes-any-version',
    file: 'src/products/coditect/admin/licenses.ts',
    find: 'if (version !== undefined && found.version !== version)',
    replace: 'if (version !== undefined && found.version < version)',
    expects: `${ADMIN} an operator suspends a licence > of the version that they have read, and of no other`,
  },
  {
    name: 'offline-minutes-of-an-operator-forgotten',
    file: 'src/products/coditect/admin/store.ts',
    find: 'set seats_by_admin = $2, offline_minutes = $3, version',
    replace: 'set seats_by_admin = $2, offline_minutes = least(offline_minutes, $3), version',
    expects: `${ADMIN} an operator gives a licence other minutes of work without the server > and a session that comes then borrows its seat for as long, or is handed out none`,
  },
];
