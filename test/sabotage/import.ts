import type { Patch } from './patch.ts';

const USERS = 'test/import/users.test.ts ::';
const SUBSCRIPTIONS = 'test/import/subscriptions.test.ts ::';
const HASHES = 'src/platform/identity/passwords/foreign-hashes.ts';

/** People and subscriptions of other systems, and what goes through a pooler. */
export const IMPORT: readonly Patch[] = [
  {
    name: 'imported-hash-that-costs-gigabytes',
    file: HASHES,
    find: 'if (memory > MOST.argon2Kib || memory * passes > MOST.argon2Work)',
    replace: 'if (memory * passes > MOST.argon2Work * 1_000)',
    expects: `${USERS} good lines go in and the others are told of by line, code and field, with nothing that stands in them`,
  },
  {
    name: 'imported-hash-that-throws-at-the-log-in',
    file: 'src/platform/identity/passwords/imported-passwords.ts',
    find: "is needed');\n    return false;\n",
    replace: "is needed');\n    throw err;\n",
    expects:
      'src/platform/identity/passwords/imported-passwords.test.ts :: an imported hash that can not be checked lets nobody in, and the log says so without it',
  },
  {
    name: 'imported-hash-kept-for-ever',
    file: 'src/platform/identity/passwords/passwords.ts',
    find: '      if (isImported(stored)) return true;\n',
    replace: '      if (isImported(stored)) return false;\n',
    expects: `${USERS} an imported user signs in with the password of before, and it is hashed anew at the first time`,
  },
  {
    name: 'import-gives-to-whoever-came-first',
    file: 'src/platform/identity/importing/user-importer.ts',
    find: 'if (!there.email_verified) {',
    replace: 'if (there.email_verified === null) {',
    expects: `${USERS} whoever typed an address in first does not become the one whom it is imported for, unless they showed that it is theirs`,
  },
  {
    name: 'subscription-to-an-address-that-nobody-showed',
    file: 'src/platform/billing/import-subscriptions.ts',
    find: 'if (user.email_verified || user.external_id !== null) return ofUser(tx, user);',
    replace: 'return ofUser(tx, user);',
    expects: `${SUBSCRIPTIONS} what can not be granted is told of by line and code, and costs no other its place`,
  },
  {
    name: 'subscription-imported-twice',
    file: 'src/platform/billing/import-subscriptions.ts',
    find: "if (before !== undefined) return isSame(before, one) ? 'known' : DIFFERS;",
    replace: '',
    expects: `${SUBSCRIPTIONS} the same file twice, or by two at once, grants each once; a line that changed is told of`,
  },
  {
    name: 'subscription-imported-again-into-another-account',
    file: 'src/platform/billing/import-subscriptions.ts',
    find: 'accountIds: rows.map(({ account_id }) => account_id) };',
    replace: 'accountIds: rows.length > 9 ? [] : [user.default_account_id] };',
    expects: `${SUBSCRIPTIONS} the same file again after a user chose another default account grants nothing twice`,
  },
  {
    name: 'dry-run-that-is-none',
    file: 'src/platform/imports/import.ts',
    find: '      if (trying) throw new Undone(all);\n',
    replace: '',
    expects: `${USERS} a dry run says the same and changes nothing`,
  },
  {
    name: 'stray-quote-swallows-lines',
    file: 'src/platform/imports/csv.ts',
    find: '    ahead.unshift(...read.more);\n',
    replace: '',
    expects:
      'src/platform/imports/records.test.ts :: a CSV file > loses no line behind one with a stray quote, too many cells or too few',
  },
  {
    name: 'refresh-token-in-the-audit',
    file: 'src/platform/identity/sessions/session-opening.ts',
    find: 'const changes = { method, ...(factor',
    replace: 'const changes = { method, by: refreshToken, ...(factor',
    expects:
      'test/walkers/leaks-auth.test.ts :: nothing that lets people in stands in the log, the metrics, a refusal or a table > of tokens that are used again, and keys that are revoked',
  },
];
