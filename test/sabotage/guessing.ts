import type { Patch } from './patch.ts';

const UNIT = 'src/platform/identity/guessing/guessing.test.ts ::';
const OVER_HTTP = 'test/identity/guessing.test.ts ::';
const DEVICES = 'test/identity/devices.test.ts :: a mail tells of a sign-in >';
const REVOCATION = 'test/identity/revocation.test.ts ::';

/** Guessing, devices, and the ends of sessions. */
export const GUESSING: readonly Patch[] = [
  {
    name: 'captcha-that-is-away-counts-as-solved',
    file: 'src/platform/identity/guessing/guessing.ts',
    find: "answer === 'yes' ? 'solved' : undefined",
    replace: "answer === 'unsolved' ? undefined : 'solved'",
    expects: `${UNIT} a CAPTCHA > whose service is away stands in for no wait: robots gain nothing by its failure`,
  },
  {
    name: 'reset-forgets-what-its-address-guessed-elsewhere',
    file: 'src/platform/identity/guessing/guessing.ts',
    find: ".filter(({ rule }) => rule !== 'address')",
    replace: '',
    expects: `${UNIT} guesses at one email from ever other addresses > are counted on for the address: a reset of one’s own password frees no guesses at others`,
  },
  {
    name: 'guesses-at-once-read-the-same-count',
    file: 'src/platform/identity/functions/guesses.sql',
    find: '    perform pg_advisory_xact_lock(hashtextextended(v_key, 1));\n  end loop;\n  -- Read after',
    replace: '    perform 1;\n  end loop;\n  -- Read after',
    expects: `${UNIT} wrong passwords of an email from an address > that come at once are let through five times, and no more`,
  },
  {
    name: 'wait-does-not-grow',
    file: 'src/platform/identity/functions/guesses.sql',
    find: 'least(900, 2 ^ (ceil(n.level) - n.free))',
    replace: '1',
    expects: `${UNIT} wrong passwords of an email from an address > cost no wait five times, and then each twice the wait of the one before`,
  },
  {
    name: 'wrong-guess-given-back',
    file: 'src/platform/identity/guessing/guessing.ts',
    find: '      if (decided !== undefined) await giveBack(counts);',
    replace: '      await giveBack(counts);',
    expects: `${OVER_HTTP} whoever guesses passwords > is told to wait after five, alike for known and for unknown emails`,
  },
  {
    name: 'failure-forgets-guesses',
    file: 'src/platform/identity/guessing/guessing.ts',
    find: 'await giveBack(counts.map((count) => ({ ...count, whole: false }))).catch(() => {});',
    replace: 'await giveBack(counts).catch(() => {});',
    expects: `${UNIT} wrong passwords of an email from an address > are not forgotten by a failure, whoever brought it about`,
  },
  {
    name: 'own-account-buys-guesses',
    file: 'src/platform/identity/guessing/guessing.ts',
    find: 'address: { free: 50, seconds: MINUTE, asks: 20, whole: false },',
    replace: 'address: { free: 50, seconds: MINUTE, asks: 20, whole: true },',
    expects: `${UNIT} guesses from one address at ever other emails > are not made cheaper by signing in to an account of one’s own now and then`,
  },
  {
    name: 'owner-locked-out-at-home',
    file: 'src/platform/identity/guessing/guessing.ts',
    find: '  if (place.isKnown) return [pair];\n',
    replace: '',
    expects: `${UNIT} guesses at one email from ever other addresses > keep nobody waiting where its user was signed in before, nor whoever has a token of a device`,
  },
  {
    name: 'owner-kept-out-by-a-rate',
    file: 'src/platform/identity/sessions/auth-routes.ts',
    find: "    rate: { perMinute: 30, by: 'ip' },\n    body: namedObject('LoginRequest', {\n      email: z.string()",
    replace:
      "    rate: { perMinute: 30, by: 'ip' },\n    rateOf: byEmail,\n    body: namedObject('LoginRequest', {\n      email: z.string()",
    expects: `${OVER_HTTP} whoever guesses passwords > hammers an email from everywhere, and its owner gets in all the while where they were before`,
  },
  {
    name: 'email-in-letters-of-ones-own',
    file: 'src/platform/identity/sessions/login.ts',
    find: 'email: sameLetters(input.email)',
    replace: 'email: sameLetters("") + input.email',
    expects: `${OVER_HTTP} whoever guesses passwords > gains no further counts by letters that the database makes small otherwise`,
  },
  {
    name: 'device-of-another-believed',
    file: 'src/platform/identity/sessions/session-store.ts',
    find: 'where t.token_hash = ${tokenHash} and t.user_id = ${user} and ${TRUSTED} limit 1)`;',
    replace: 'where t.token_hash = ${tokenHash} and ${user} is not null and ${TRUSTED} limit 1)`;',
    expects: `${OVER_HTTP} whoever guesses passwords > gets nothing by a token of another’s device`,
  },
  {
    name: 'lost-device-believed',
    file: 'src/platform/identity/sessions/session-store.ts',
    find: "const TRUSTED = `(s.revoked_at is null or s.revoked_for = 'logout')`;",
    replace: 'const TRUSTED = `true`;',
    expects: `${DEVICES} where the token is another’s, made up, or of a session that was ended from elsewhere`,
  },
  {
    name: 'first-session-told-as-new-device',
    file: 'src/platform/identity/sessions/devices.ts',
    find: 'if (seen?.is_new !== true || seen.is_first ||',
    replace: 'if (seen?.is_new !== true ||',
    expects: `${DEVICES} on a device or from an address that its user had none on, and not of their first`,
  },
  {
    name: 'mails-of-new-devices-without-end',
    file: 'src/platform/identity/sessions/devices.ts',
    find: 'return (sent?.count ?? 0) < MOST_MAILS;',
    replace: 'return (sent?.count ?? 0) >= 0;',
    expects: `${DEVICES} three times an hour at most`,
  },
  {
    name: 'wrong-keys-not-counted',
    file: 'src/platform/identity/callers/callers.ts',
    find: "await parts.guessing.missed('key', ip);",
    replace: 'return undefined;',
    expects: `${OVER_HTTP} whoever guesses API keys is told to wait; a good key works all the same, and tokens that are over are no guesses`,
  },
  {
    name: 'hashing-queue-without-end',
    file: 'src/platform/identity/passwords/passwords.ts',
    find: 'if (running >= atOnce && waiting.length >= mayWait)',
    replace: 'if (running >= atOnce && waiting.length >= 100_000)',
    expects:
      'src/platform/identity/passwords/passwords.test.ts :: as many hashes wait as may, and the others are refused at once',
  },
  {
    name: 'hashing-queue-without-patience',
    file: 'src/platform/identity/passwords/passwords.ts',
    find: 'if (performance.now() - next.since <= patience) return next.go();',
    replace: 'return next.go();',
    expects:
      'src/platform/identity/passwords/passwords.test.ts :: whoever has waited for too long is refused when its turn comes, and hands it on',
  },
  {
    name: 'captcha-that-is-away-locks-out',
    file: 'src/platform/identity/guessing/captcha.ts',
    find: "return 'away';",
    replace: "return 'no';",
    expects: `${UNIT} a CAPTCHA > whose service is away is asked of nobody, and the waits go on`,
  },
  {
    name: 'ended-session-spends',
    file: 'src/platform/accounts/functions/accounts.sql',
    find: 'when p_session is not null and (i.id is null',
    replace: 'when false and (i.id is null',
    expects: `${REVOCATION} on a node that hears of nothing, with Redis gone, a session > its user signed out spends nothing at once, is not refreshed, and is over within ten seconds`,
  },
  {
    name: 'shorter-lifetime-ignored',
    file: 'src/platform/identity/sessions/session-store.ts',
    find: "and created_at > app.now() - (${lifetime('$3', 'method')})",
    replace: "and created_at > app.now() - 1000 * (${lifetime('$3', 'method')})",
    expects: `${REVOCATION} a shorter lifetime ends sessions that were opened under a longer one`,
  },
];
