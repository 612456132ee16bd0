import type { Patch } from './patch.ts';

const REFRESH = 'src/platform/identity/sessions/sessions.test.ts :: a refresh token >';
const CALLERS = 'src/platform/identity/callers/callers.test.ts ::';

/** Log-ins, keys and who calls. */
export const IDENTITY: readonly Patch[] = [
  {
    name: 'stolen-refresh-token-not-noticed',
    file: 'src/platform/identity/sessions/refresh.ts',
    find: "  await tx.run(endSession(userId, session.id, 'reuse'));\n",
    replace: '',
    expects: `${REFRESH} that is used again after the grace ends the whole family, and the audit says so`,
  },
  {
    name: 'grace-without-an-end',
    file: 'src/platform/identity/sessions/session-store.ts',
    find: "when t.rotated_at > app.now() - ${GRACE} then 'in_grace'",
    replace: "when t.rotated_at is not null then 'in_grace'",
    expects: `${REFRESH} ends no other session of the user when it is used again`,
  },
  {
    name: 'refresh-token-with-many-successors',
    file: 'src/platform/identity/sessions/refresh.ts',
    find: 'const [next] = successorsOf(parts, token.text);',
    replace: 'const [next] = successorsOf(parts, token.text + String(Math.random()));',
    expects: `${REFRESH} has one successor, also of ten tabs on two nodes that come at the same instant`,
  },
  {
    name: 'successor-made-without-a-master-key',
    file: 'src/platform/secrets/secrets.ts',
    find: "hkdfSync('sha256', bytes, '', `plinth derived",
    replace: "hkdfSync('sha256', '', String(bytes.length), `plinth derived",
    expects: `${REFRESH} is followed by none that can be made of what is stored, or of itself without a master key`,
  },
  {
    name: 'session-refreshed-without-a-bound',
    file: 'src/platform/identity/sessions/refresh.ts',
    find: 'if (session.wait_seconds > 0)',
    replace: 'if (session.wait_seconds < 0)',
    expects: `${REFRESH} is refreshed sixty times at once at most, and then once a minute; a repeat is no new one`,
  },
  {
    name: 'session-not-locked',
    file: 'src/platform/identity/sessions/session-store.ts',
    find: 'and revoked_at is null and expires_at > app.now() for no key update`',
    replace: 'and revoked_at is null and expires_at > app.now()`',
    expects: `${REFRESH} that waits while its session is ended gets nothing`,
  },
  {
    name: 'refresh-token-stored-as-it-is',
    file: 'src/platform/identity/sessions/session-opening.ts',
    find: 'insertRefreshToken(userId, sessionId, sha256(refreshToken))',
    replace: 'insertRefreshToken(userId, sessionId, refreshToken)',
    expects: `${REFRESH} is never stored as it is`,
  },
  {
    name: 'unknown-email-answered-faster',
    file: 'src/platform/identity/passwords/passwords.ts',
    find: 'const stored = known ?? (await decoy);',
    replace: "if (typeof known !== 'string') return false;\n      const stored = known;",
    expects:
      'src/platform/identity/users/registration.test.ts :: whether an email is known does not show in the time > signing in with an unknown email hashes as well',
  },
  {
    name: 'revoked-key-kept-for-ever',
    file: 'src/platform/identity/callers/callers.ts',
    find: 'const age = elapsed(entry.checkedAt, readClocks(clock));',
    replace: 'const age = 0;',
    expects: `${CALLERS} within ten seconds, even where no signal arrives, > a revoked key no longer lets in`,
  },
  {
    name: 'overtaken-look-up-kept',
    file: 'src/platform/identity/callers/callers.ts',
    find: 'if (found !== undefined && before === revocations) keep(hash, found);',
    replace: 'if (found !== undefined) keep(hash, found);',
    expects: `${CALLERS} told by a signal, at once, > nor is its answer kept`,
  },
  {
    name: 'overtaken-look-up-joined',
    file: 'src/platform/identity/callers/callers.ts',
    find: '    underWay = new Map();\n',
    replace: '',
    expects: `${CALLERS} told by a signal, at once, > a look-up whose answer a revocation overtakes on its way is not given to later calls`,
  },
  {
    name: 'key-outlives-its-maker',
    file: 'src/platform/identity/keys/key-store.ts',
    find: 'least($8::timestamptz, m.expires_at)',
    replace: 'coalesce($8::timestamptz, m.expires_at)',
    expects: 'src/platform/identity/keys/keys.test.ts :: making a key > a key makes none that outlives it',
  },
  {
    name: 'key-beyond-its-maker',
    file: 'src/platform/identity/keys/scopes.ts',
    find: 'const beyond = scopes.filter((scope) => !allowsScope(caller, scope));',
    replace: 'const beyond = scopes.filter(() => false);',
    expects:
      'src/platform/identity/keys/keys.test.ts :: making a key > a key makes none that may do more than itself, and none for another account',
  },
  {
    name: 'key-does-what-sessions-do',
    file: 'src/platform/identity/keys/scopes.ts',
    find: "return scope !== 'session' && covers(caller.scopes, scope);",
    replace: 'return covers(caller.scopes, scope);',
    expects:
      'src/platform/identity/keys/keys.test.ts :: what a key may call > with ["*"] a call that asks for session: false',
  },
  {
    name: 'key-outlives-its-revoked-maker',
    file: 'src/platform/identity/callers/caller-store.ts',
    find: ' and not identity.is_cut_off(k.account_id, k.makers)',
    replace: '',
    expects: `${CALLERS} within ten seconds, even where no signal arrives, > a key whose maker’s maker was revoked no longer lets in`,
  },
  {
    name: 'revoked-maker-not-heard-of',
    file: 'src/platform/identity/callers/callers.ts',
    find: '[userId, sessionId, keyId, accountId, ...makers].includes(id)',
    replace: '[userId, sessionId, keyId, accountId].includes(id)',
    expects: `${CALLERS} told by a signal, at once, > with a revoked key stops all that it made, and what these made`,
  },
  {
    name: 'key-with-more-than-its-maker',
    file: 'src/platform/identity/keys/key-store.ts',
    find: 'least($10::bigint, m.monthly_budget_micros)',
    replace: 'coalesce($10::bigint, m.monthly_budget_micros)',
    expects:
      'src/platform/identity/keys/keys.test.ts :: making a key > a key makes none with a larger budget, and its keys say who made them',
  },
  {
    name: 'key-rotates-its-maker',
    file: 'src/platform/identity/keys/key-store.ts',
    find: 'and ($4::uuid is null or id = $4 or $4 = any(makers))',
    replace: 'and ($4::uuid is null or $4::uuid is not null)',
    expects:
      'src/platform/identity/keys/keys.test.ts :: rotating a key > a key rotates itself and what comes from it, and neither its maker nor a sister',
  },
  {
    name: 'owner-rotates-a-key-of-a-member',
    file: 'src/platform/identity/keys/key-store.ts',
    find: 'where account_id = $1 and id = $2 and user_id = $3 and (',
    replace: 'where account_id = $1 and id = $2 and $3::uuid is not null and (',
    expects:
      'src/platform/identity/keys/keys.test.ts :: rotating a key > nobody gets a secret that acts for somebody else: not even an owner one of a member’s',
  },
];
