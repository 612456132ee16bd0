import type { Patch } from './patch.ts';

const KEY = 'src/products/coditect/licenses/key.test.ts ::';
const LICENSES = 'test/coditect/licenses.test.ts ::';
const FILES = 'test/coditect/files.test.ts ::';
const LIFECYCLE = 'test/coditect/lifecycle.test.ts ::';
const VALIDATE = 'test/coditect/validate.test.ts :: whoever asks whether a key is good >';
const RATES = 'src/products/coditect/sessions/rates.test.ts ::';
const RENEWAL = 'test/coditect/renewal.test.ts ::';
const BEGUN = `${RENEWAL} a period that the store has begun >`;
const PURCHASE = 'test/coditect/purchase.test.ts :: a purchase >';
const TYPO = 'a typing error is told without a look-up: >';

/** Coditect. */
export const CODITECT: readonly Patch[] = [
  {
    name: 'key-without-weights',
    file: 'src/products/coditect/licenses/key.ts',
    find: 'sum ^ scaled(value, place)',
    replace: 'sum ^ scaled(value, 0 * place)',
    expects: `${KEY} ${TYPO} every two different characters that changed places, next to each other or not`,
  },
  {
    name: 'key-unchecked',
    file: 'src/products/coditect/licenses/key.ts',
    find: 'if (syndrome(values) !== 0) throw malformed();',
    replace: '',
    expects: `${KEY} ${TYPO} every character that is another one`,
  },
  {
    name: 'key-unfolded',
    file: 'src/products/coditect/licenses/key.ts',
    find: ".replaceAll('U', 'V')",
    replace: '',
    expects: `${KEY} a key is read as it was meant > with letters that the alphabet leaves out for those that they look like`,
  },
  {
    name: 'machines-counted-without-lock',
    file: 'src/products/coditect/machines/store.ts',
    find: 'where account_id = $1 and id = $2 for update',
    replace: 'where account_id = $1 and id = $2',
    expects: `${LICENSES} a machine > gets the last place alone, of eight that come at once`,
  },
  {
    name: 'deactivations-uncounted',
    file: 'src/products/coditect/machines/machines.ts',
    find: 'counts.deactivated >= head.seats',
    replace: 'counts.deactivated > head.seats',
    expects: `${LICENSES} a machine > is taken off as often in a month as there are seats, and its place is another’s`,
  },
  {
    name: 'former-hash-forgotten',
    file: 'src/products/coditect/licenses/license.ts',
    find: 'const hashes = keyHashes(context, normalKey(typed));',
    replace: 'const hashes = keyHashes(context, normalKey(typed)).slice(0, 1);',
    expects: `${LICENSES} a key > is found under a former master key, and without it once its hash is renewed`,
  },
  {
    name: 'unknown-key-in-another-shape',
    file: 'src/products/coditect/machines/validity.ts',
    find: 'if (head === undefined) return UNKNOWN;',
    replace: "if (head === undefined) return { ...UNKNOWN, status: 'inactive' };",
    expects: `${LICENSES} a key > is asked for by anybody, and an unknown one is answered in the shape of a known one`,
  },
  {
    name: 'unknown-key-asked-for-less',
    file: 'src/products/coditect/machines/validity.ts',
    find: 'const accountId = found?.account_id ?? NOBODY;',
    replace: 'if (found === undefined) return UNKNOWN;\n  const accountId = found.account_id ?? NOBODY;',
    expects: `${VALIDATE} makes the server do the same for an unknown key as for a known one`,
  },
  {
    name: 'keys-tried-without-end',
    file: 'src/products/coditect/machines/routes.ts',
    find: "rate: { perMinute: 60, by: 'ip' },",
    replace: "rate: { perMinute: 600, by: 'ip' },",
    expects: `${VALIDATE} does so sixty times a minute from one address, whichever keys are asked for`,
  },
  {
    name: 'key-in-the-log-as-it-was-pasted',
    file: 'src/products/coditect/licenses/key.ts',
    find: '%(?:20|',
    replace: '%(?:',
    expects: `${KEY} a key is hidden in logs however it was typed, also within an address`,
  },
  {
    name: 'licence-rates-without-its-seats',
    file: 'src/products/coditect/sessions/rates.ts',
    find: 'const most = of.license + seats * of.seat;',
    replace: 'const most = of.license + 0 * seats * of.seat;',
    expects: `${RATES} a licence’s rates grow with its seats, and from one address are half of that`,
  },
  {
    name: 'former-signing-key-unlisted',
    file: 'src/products/coditect/signing/signing.ts',
    find: '(await keys.all()).map(publicKey)',
    replace: '(await keys.all()).filter(({ retiredAt }) => retiredAt === null).map(publicKey)',
    expects: `${LICENSES} a signed file > says what the licence is, is signed twice, is the same each time, and stays good when keys are followed by others`,
  },
  {
    name: 'file-signed-before-it-is-canonical',
    file: 'src/products/coditect/signing/license-file.ts',
    find: 'const text = canonicalize(value);',
    replace: 'const text: string | undefined = JSON.stringify(value) ?? canonicalize(value);',
    expects: `${LICENSES} a signed file > says what the licence is, is signed twice, is the same each time, and stays good when keys are followed by others`,
  },
  {
    name: 'success-page-for-ever',
    file: 'src/products/coditect/checkout/pages.ts',
    find: "interval '1 hour'",
    replace: "interval '1 year'",
    expects: `${FILES} the page after a payment > shows the key once the payment has arrived, for an hour, to whoever has the id of the session`,
  },
  {
    name: 'key-on-the-page-of-another-product',
    file: 'src/products/coditect/checkout/pages.ts',
    find: "and c.product = 'coditect' and",
    replace: 'and',
    expects: `${FILES} the page after a payment > of another product shows nothing, and a plan that is not sold is refused`,
  },
  {
    name: 'lapse-needs-an-event',
    file: 'src/products/coditect/functions/heads.sql',
    find: 'elsif v_seats > 0 then',
    replace: "elsif v_seats > 0 or v_license.status = 'active' then",
    expects: `${LIFECYCLE} a licence that is not paid > works until the promised days are over, is suspended without anybody doing anything, and works again once it is paid`,
  },
  {
    name: 'renewal-told-again',
    file: 'src/products/coditect/lifecycle/apply.ts',
    find: "period_end: head.status === 'active' ? head.period_end : former.period_end",
    replace: 'period_end: former.period_end',
    expects: `${LIFECYCLE} a licence > is renewed by the payment, and by each one once`,
  },
  {
    name: 'ended-files-unrevoked',
    file: 'src/products/coditect/lifecycle/apply.ts',
    find: "event === 'suspended' || event === 'deactivated'",
    replace: "event === 'suspended'",
    expects: `${LIFECYCLE} a plan that has ended > leaves the licence inactive, with its key and its files revoked; bought again, it revives it`,
  },
  {
    name: 'renewed-before-it-is-paid',
    file: 'src/products/coditect/functions/heads.sql',
    find: 'when paid.until >= p_subscription.period_starts_at then paid.until',
    replace: 'when paid.until >= p_subscription.period_starts_at then p_subscription.period_ends_at',
    expects: `${BEGUN} renews nothing before it is paid, and the licence, its file and its mail once it is`,
  },
  {
    name: 'payment-untold-where-the-plan-is-the-same',
    file: 'src/platform/entitlements/snapshots.ts',
    find: "if (change.cause === 'store_changed')",
    replace: "if (change.cause === 'revoked')",
    expects: `${BEGUN} renews nothing before it is paid, and the licence, its file and its mail once it is`,
  },
  {
    name: 'file-holds-for-a-period-that-nobody-paid',
    file: 'src/products/coditect/functions/heads.sql',
    find: 'greatest(period_end + coditect.file_grace(), grace_ends_at)',
    replace: 'greatest(v_subscription.period_ends_at + coditect.file_grace(), grace_ends_at)',
    expects: `${BEGUN} and nobody pays, makes no file hold for longer than was promised; paid within the promised days it is renewed`,
  },
  {
    name: 'reinstated-with-the-file-of-before',
    file: 'src/products/coditect/lifecycle/apply.ts',
    find: "if (head.status !== 'active' || former.status === 'inactive') return change;",
    replace: "if (head.status !== 'active' || isChanged) return change;",
    expects: `${RENEWAL} what was paid while an operator had a licence stopped renews it when it is reinstated`,
  },
  {
    name: 'revocation-forgotten-before-its-file',
    file: 'src/products/coditect/lifecycle/store.ts',
    find: 'values ($1, $2, $3, $4, coditect.files_until($1))',
    replace: 'values ($1, $2, $3, $4, (select h.file_ends_at from coditect.head($1) h))',
    expects: `${RENEWAL} files of a licence that has ended > are revoked for as long as any of them would hold, also one of before the cancellation`,
  },
  {
    name: 'signing-keys-of-a-minute-ago',
    file: 'src/products/coditect/signing/keys.ts',
    find: 'refresh: async () => void (await load()),',
    replace: 'refresh: async () => void (await all()),',
    expects:
      'test/coditect/signing-keys.test.ts :: whichever process answers, a file and the keys that verify it fit, from the first call after a rotation on',
  },
  {
    name: 'rsa-key-of-half-the-length',
    file: 'src/products/coditect/signing/keys.ts',
    find: 'modulusLength: 4_096',
    replace: 'modulusLength: 2_048',
    expects:
      'test/coditect/signing-keys.test.ts :: a server makes its own keys: of RSA one of 4096 bits, and of each kind one, however many ask at once',
  },
  {
    name: 'key-shown-before-its-plan-is-in-effect',
    file: 'src/products/coditect/checkout/pages.ts',
    find: 'coalesce(h.machines, 0) > 0 as complete',
    replace: 'h.id is not null as complete',
    expects: `${PURCHASE} of whoever had a licence before shows its key when the plan is in effect, and not before`,
  },
  {
    name: 'key-in-an-address-with-its-hyphens-in-hexadecimal',
    file: 'src/products/coditect/licenses/key.ts',
    find: '20|2d|5f|',
    replace: '20|5f|',
    expects: `${KEY} a key is hidden in logs however it was typed, also within an address`,
  },
  {
    name: 'typing-error-looked-up',
    file: 'src/products/coditect/machines/validity.ts',
    find: '  const hashes = keyHashes(parts, normalKey(licenseKey));',
    replace:
      "  await db.system('coditect.key', [accountOfKey([licenseKey])]);\n  const hashes = keyHashes(parts, normalKey(licenseKey));",
    expects: `${VALIDATE} is told of a typing error, and the database is asked nothing`,
  },
  {
    name: 'key-kept-where-a-client-put-it',
    file: 'src/products/coditect/machines/machines.ts',
    find: 'withoutDeclaredSecrets(userAgent).slice',
    replace: 'userAgent.slice',
    expects: `${FILES} a key stands nowhere in the database: in no mail on its way, no job, no audit and no answer that is kept`,
  },
];
