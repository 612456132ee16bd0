import type { Patch } from './patch.ts';

const MFA = 'test/identity/mfa.test.ts ::';
const PASSKEYS = 'test/identity/passkeys.test.ts :: a passkey, in a real browser >';
const GUESSER = `${MFA} whoever knows the password and guesses codes >`;
const STEP_UP = 'test/identity/step-up.test.ts ::';

/** Second factors, and what is asked of them. */
export const SECOND_FACTORS: readonly Patch[] = [
  {
    name: 'second-factor-not-asked-for',
    file: 'src/platform/identity/sessions/session-opening.ts',
    find: 'if (methods.length > 0) {',
    replace: 'if (methods.length > 9) {',
    expects: `${MFA} an authenticator app > is asked for at each sign-in from its first code on, and lets in with a code`,
  },
  {
    name: 'code-good-twice',
    file: 'src/platform/identity/mfa/totp-store.ts',
    find: 'where user_id = $1 and used_step < $2 returning user_id',
    replace: 'where user_id = $1 and $2 > 0 returning user_id',
    expects: `${MFA} an authenticator app > takes each code once, also where it comes twice at once`,
  },
  {
    name: 'challenge-answered-again',
    file: 'src/platform/identity/mfa/answer-challenge.ts',
    find: '    await tx.run(endChallenge(userId, tokenHash));\n',
    replace: '',
    expects: `${MFA} a challenge > is answered once, also by two at once`,
  },
  {
    name: 'challenge-tried-for-ever',
    file: 'src/platform/identity/sessions/challenges.ts',
    find: 'and tries < ${MOST_TRIES} and',
    replace: 'and',
    expects: `${MFA} a challenge > is over after five wrong tries, ten minutes, or a new password`,
  },
  {
    name: 'challenge-outlives-the-password',
    file: 'src/platform/identity/mfa/answer-challenge.ts',
    find: 'challenge?.password_version !== user.password_version',
    replace: 'challenge === undefined',
    expects: `${MFA} a challenge > is over after five wrong tries, ten minutes, or a new password`,
  },
  {
    name: 'codes-guessed-for-ever',
    file: 'src/platform/identity/mfa/proving.ts',
    find: 'if (closed !== undefined) throw',
    replace: 'if (closed?.seconds === -1) throw',
    expects: `${MFA} whoever guesses codes > is made to wait, longer each time, over all challenges; other factors still let the owner in`,
  },
  {
    name: 'owner-kept-out-by-a-guesser',
    file: 'src/platform/identity/mfa/code-misses.ts',
    find: 'where s.user_id = $1 and s.ip_block = $4 and s.proven_at',
    replace: 'where s.user_id = $1 and s.ip_block || $4 = $4 and s.proven_at',
    expects: `${GUESSER} does not keep the owner from where they have shown a factor: their address, and their device anywhere`,
  },
  {
    name: 'guesser-forgiven-by-the-owners-code',
    file: 'src/platform/identity/mfa/code-misses.ts',
    find: "statement('delete from identity.code_misses where user_id = $1 and place = $2', [userId, place]);",
    replace:
      "statement(`delete from identity.code_misses where user_id = $1 and $2 <> ''`, [userId, place]);",
    expects: `${GUESSER} does not keep the owner from where they have shown a factor: their address, and their device anywhere`,
  },
  {
    name: 'guesses-by-each-session-from-before-the-factor',
    file: 'src/platform/identity/mfa/code-misses.ts',
    find: "coalesce($2::uuid, ${deviceOf('$1', '$3')}) and s.proven_at >= f.confirmed_at),",
    replace: "coalesce($2::uuid, ${deviceOf('$1', '$3')})),",
    expects: `${GUESSER} has no places of their own by sessions from before there was a second factor`,
  },
  {
    name: 'recovery-code-good-twice',
    file: 'src/platform/identity/mfa/recovery-codes.ts',
    find: "'delete from identity.recovery_codes where user_id = $1 and code_hash = $2 returning user_id'",
    replace: "'select user_id from identity.recovery_codes where user_id = $1 and code_hash = $2'",
    expects: `${MFA} a recovery code > lets in once, however it is written, and a mail says so`,
  },
  {
    name: 'totp-secret-stored-as-it-is',
    file: 'src/platform/identity/mfa/authenticator-app.ts',
    find: '[putPending(userId, sealed)]',
    replace: '[putPending(userId, key.secret + sealed.slice(0, 0))]',
    expects: `${MFA} an authenticator app > is kept sealed, and its recovery codes as hashes`,
  },
  {
    name: 'passkey-of-another-page',
    file: 'src/platform/identity/mfa/webauthn.ts',
    find: 'const { clientDataJSON, authenticatorData, signature } = response;\n  if (!originsAllowed(settings.origins)(asked.origin)) return undefined;\n',
    replace: 'const { clientDataJSON, authenticatorData, signature } = response;\n',
    expects: `${PASSKEYS} does not sign in from another page, without its owner, or for another user`,
  },
  {
    name: 'passkey-held-by-anybody',
    file: 'src/platform/identity/mfa/webauthn.ts',
    find: '    requireUserVerification: true,\n    // Compared',
    replace: '    requireUserVerification: false,\n    // Compared',
    expects: `${PASSKEYS} does not sign in from another page, without its owner, or for another user`,
  },
  {
    name: 'passkey-answer-good-twice',
    file: 'src/platform/identity/mfa/passkey-store.ts',
    find: '    `delete from identity.passkey_ceremonies\n     where challenge_hash = $1 and bound_to = $2 and expires_at > app.now() returning 1 as done`,',
    replace:
      '    `select 1 as done from identity.passkey_ceremonies\n     where challenge_hash = $1 and bound_to = $2 and expires_at > app.now()`,',
    expects: `${PASSKEYS} is taken once, from the session that asked for it, and from our pages alone`,
  },
  {
    name: 'passkey-answer-of-another-purpose',
    file: 'src/platform/identity/mfa/passkey-store.ts',
    find: 'where challenge_hash = $1 and bound_to = $2 and expires_at > app.now() returning',
    replace: "where challenge_hash = $1 and $2 <> '' and expires_at > app.now() returning",
    expects: `${PASSKEYS} of another user ends no challenge, and an answer for one purpose is none for another`,
  },
  {
    name: 'passkey-copied',
    file: 'src/platform/identity/mfa/passkey-store.ts',
    find: 'and (counter < $3 or (counter = 0 and $3 = 0)) returning id',
    replace: 'and $3 >= 0 returning id',
    expects: `${PASSKEYS} that has counted no further than before is refused as a copy, and its owner is told`,
  },
  {
    name: 'step-up-not-asked-for',
    file: 'src/server/walk.ts',
    find: '  await parts.assertProven(caller);\n',
    replace: '',
    expects: `${STEP_UP} a session that was proven too long ago > makes no call that asks for a step-up, and hears by what it can prove itself`,
  },
  {
    name: 'step-up-by-password-alone',
    file: 'src/platform/identity/mfa/step-up.ts',
    find: 'if (isOn(factors)) throw new AppError(',
    replace: 'if (isOn(factors) && caller.keyId !== undefined) throw new AppError(',
    expects: `${STEP_UP} a session that was proven too long ago > of a user with a second factor is proven by that, and by each code once`,
  },
  {
    name: 'password-alone-where-there-is-a-factor',
    file: 'src/platform/identity/sessions/proof.ts',
    find: '  if (isOn(factors)) await assertProven(db, caller);\n',
    replace: '  void [factors, isOn, assertProven];\n',
    expects: `${STEP_UP} a session that was proven too long ago > of a user with a second factor changes neither address nor password, nor closes the account, by the password alone`,
  },
  {
    name: 'squatters-factors-outlive-the-first-reset',
    file: 'src/platform/identity/passwords/new-passwords.ts',
    find: '[revokeKeysOf(userId), ...deleteFactors(userId)]',
    replace: '[revokeKeysOf(userId), ...deleteFactors(userId).slice(3)]',
    expects:
      'test/identity/passwords.test.ts :: a reset > of an address that nobody had proven ends the second factors that were made before, and later resets end none',
  },
  {
    name: 'reset-leaves-sessions',
    file: 'src/platform/identity/mfa/mfa.ts',
    find: "[...deleteFactors(userId), endSessions(userId, 'mfa_reset')]",
    replace: 'deleteFactors(userId)',
    expects: `${STEP_UP} an admin > removes the second factors of somebody who lost them: sessions end, a mail and the audit tell`,
  },
];
