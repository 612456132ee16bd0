import type { Patch } from './patch.ts';

const CLOSING = 'test/erasure/closing.test.ts ::';
const SUBSCRIPTION = 'test/billing/closing.test.ts :: a subscription >';
const STORE = 'test/billing/closing.test.ts :: a payment provider >';
const EXPORT = 'test/erasure/exports.test.ts :: an export >';
const INTERRUPTED = 'test/erasure/interrupted.test.ts ::';
const ERASED =
  'test/erasure/erasing.test.ts :: an erasure > leaves no word of a person and of what was theirs in the whole database; others stay as they were';

/** What is left of whoever goes, and what of them is given out. */
export const ERASURE: readonly Patch[] = [
  {
    name: 'canceled-by-its-owner-and-undone',
    file: 'src/platform/billing/endings/endings-store.ts',
    find: 'and (e.account_id is not null or s.cancels_at is null)',
    replace: '',
    expects: `${SUBSCRIPTION} that its owner had canceled stays canceled by the undo`,
  },
  {
    name: 'ended-before-it-was-read',
    file: 'src/platform/billing/endings/endings-store.ts',
    find: 'and w.object_id = s.store_id and not w.dead)',
    replace: 'and w.object_id = s.store_id and w.dead)',
    expects: `${SUBSCRIPTION} that its owner had canceled stays canceled by the undo`,
  },
  {
    name: 'gone-on-with-after-it-was-closed',
    file: 'src/platform/billing/endings/endings-store.ts',
    find: 'and (e.ended_at is null or s.cancels_at is null) and',
    replace: 'and e.ended_at is null and',
    expects: `${SUBSCRIPTION} that somebody had go on at the provider’s own pages, after it was closed, is ended again`,
  },
  {
    name: 'two-ask-the-store-at-once',
    file: 'src/platform/billing/endings/endings-store.ts',
    find: "const IS_FREE = '(e.busy_until is null or e.busy_until <= app.now())';",
    replace: "const IS_FREE = 'true';",
    expects: `${STORE} is asked once by two runs at once, and an undo meanwhile comes after it`,
  },
  {
    name: 'one-refusal-ends-the-run',
    file: 'src/platform/billing/endings/endings.ts',
    find: "if (error instanceof AppError && error.code === 'store_unavailable') break;",
    replace: 'break;',
    expects: `${STORE} that is away is asked again, and that refuses one does not keep the others waiting`,
  },
  {
    name: 'erased-and-kept-again',
    file: 'src/platform/billing/inbox/store/objects.ts',
    find: 'erased_at is not null as is_erased',
    replace: 'false as is_erased',
    expects: `${SUBSCRIPTION} of an account that was erased ends at once, its customer is deleted, and nothing of them is kept again`,
  },
  {
    name: 'closed-without-the-password',
    file: 'src/platform/identity/closing/closing.ts',
    find: 'if (user.password_hash !== null) return',
    replace: 'if (user.password_hash === "") return',
    expects: `${CLOSING} closing an account > asks for the password, and takes no key`,
  },
  {
    name: 'sessions-outlive-a-closed-account',
    file: 'src/platform/identity/users/user-store.ts',
    find: "set status = 'closed', closed_at = $2::timestamptz",
    replace: "set status = 'suspended', closed_at = null, created_at = $2::timestamptz",
    expects: `${CLOSING} closing an account > ends sessions, refuses keys and spends nothing more, at once; signing in says why`,
  },
  {
    name: 'undone-after-its-time',
    file: 'src/platform/identity/users/user-store.ts',
    find: 'where user_id = $1 and closed_at > app.now() - ${UNDO} returning user_id`',
    replace: 'where user_id = $1 and closed_at is not null returning user_id`',
    expects:
      'test/erasure/interrupted.test.ts :: a link that was sent late is good no longer than the 14 days',
  },
  {
    name: 'last-owner-goes',
    file: 'src/platform/accounts/organizations/owned-organizations.ts',
    find: 'if (left.length > 0) {',
    replace: 'if (left.length > 1_000) {',
    expects: `${CLOSING} the organizations of who goes > keep them as long as they are the last owner of others, and are listed`,
  },
  {
    name: 'owner-who-goes-counts',
    file: 'src/platform/accounts/functions/organizations.sql',
    find: 'm.user_id <> p_user and u.closed_at is null',
    replace: 'm.user_id <> p_user',
    expects: `${CLOSING} the organizations of who goes > are left by no other owner while the one who stays has closed their account`,
  },
  {
    name: 'left-to-who-has-gone',
    file: 'src/platform/accounts/members/ownership.ts',
    find: 'if (row?.may_own !== true) {',
    replace: 'if (row === undefined) {',
    expects: `${CLOSING} the organizations of who goes > are handed to nobody who has closed their account, nor do they become an owner beside another`,
  },
  {
    name: 'left-to-who-is-going',
    file: 'src/platform/accounts/functions/organizations.sql',
    find: '\n    for no key update of u)',
    replace: ')',
    expects: `${INTERRUPTED} who goes while an organization becomes theirs > is not made its owner, where they went first`,
  },
  {
    name: 'gone-with-what-just-became-theirs',
    file: 'src/platform/accounts/organizations/owned-organizations.ts',
    find: 'if (rows.some((row) => !locked.includes(row.account_id))) {',
    replace: 'if (rows.length > 1_000 + locked.length) {',
    expects: `${INTERRUPTED} who goes while an organization becomes theirs > stays, where they became its owner first`,
  },
  {
    name: 'erasure-takes-the-person-first',
    file: 'src/platform/erasure/eraser.ts',
    find: '      await tx.run(lockMemberships(id));\n',
    replace: '',
    expects: `${INTERRUPTED} an erasure that meets the end of a membership > waits for it, in the order in which that takes the rows: neither is thrown out`,
  },
  {
    name: 'erasure-by-an-address-never-shown',
    file: 'src/platform/identity/closing/due-users.ts',
    find: 'returning case when email_verified then email end as email`',
    replace: 'returning email`',
    expects: `${EXPORT} has nothing that went to an address which its person never verified, and their erasure leaves it`,
  },
  {
    name: 'export-by-an-address-never-shown',
    file: 'src/platform/erasure/exporting.ts',
    find: 'email: user.email_verified ? user.email : null }',
    replace: 'email: user.email }',
    expects: `${EXPORT} has nothing that went to an address which its person never verified, and their erasure leaves it`,
  },
  {
    name: 'half-an-archive-ends-as-if-whole',
    file: 'src/platform/erasure/exports.ts',
    find: 'if (sent !== bytes) throw',
    replace: 'if (sent > (bytes ?? 0)) throw',
    expects: `${EXPORT} whose archive is deleted while it is downloaded breaks off, and ends in no half of it`,
  },
  {
    name: 'export-tells-of-admins',
    file: 'src/platform/audit/data-rules.ts',
    find: "columns: ['user_id', 'actor_id', 'ip', 'user_agent']",
    replace: 'columns: []',
    expects: `${EXPORT} tells of those who did something to a person what, and not who and from where`,
  },
  {
    name: 'work-of-an-admin-emptied',
    file: 'src/platform/audit/data-rules.ts',
    find: "t.account_id is null and (t.target_id = $1::text or t.target_kind = any ('{${OWN}}'))",
    replace: 't.account_id is null and length($1::text) > 0',
    expects:
      'test/erasure/erasing.test.ts :: an erasure > of an admin keeps what they changed of the platform, and empties what they changed of themselves',
  },
  {
    name: 'erased-before-its-time',
    file: 'src/platform/identity/closing/due-users.ts',
    find: "interval '14 days'",
    replace: "interval '13 days'",
    expects: `${CLOSING} after 14 days > the account is gone: nothing undoes it, and its address can be registered anew`,
  },
  {
    name: 'table-forgotten-by-erasure',
    file: 'src/products/reel/data-rules.ts',
    find: "{ table: 'reel.variants', account: erased() },\n",
    replace: '',
    expects: 'test/erasure/rules.test.ts :: what erasure and export do > is said of reel.variants',
  },
  {
    name: 'where-from-stays-in-the-audit',
    file: 'src/platform/audit/data-rules.ts',
    find: "        user_agent: 'null',\n",
    replace: "        user_agent: 't.user_agent',\n",
    expects: ERASED,
  },
  {
    name: 'mails-stay-in-the-outbox',
    file: 'src/app/erasure.ts',
    find: 'await mail.forget(whoseOf(subject));',
    replace: '',
    expects: `${EXPORT} goes with its person`,
  },
  {
    name: 'export-of-a-former-owner',
    file: 'src/platform/erasure/exports.ts',
    find: "if (organization !== null && (await roleOf(userId, organization)) !== 'owner')",
    replace: "if (organization !== null && (await roleOf(userId, organization)) === 'viewer')",
    expects: `${EXPORT} of an organization has its posts, is for its owners, and for one who is none no more`,
  },
  {
    name: 'hashes-in-an-export',
    file: 'src/platform/identity/data-rules.ts',
    find: "withheld: ['password_hash', 'password_version']",
    replace: "withheld: ['password_version']",
    expects: `${EXPORT} has all that is kept of a person in an archive that says what it is, and no secret`,
  },
  {
    name: 'suspending-changes-nothing',
    file: 'src/platform/accounts/suspension.ts',
    find: "set status = $2, updated_at = app.now() where account_id = $1'",
    replace: "set updated_at = app.now() where account_id = $1 and $2::text is not null'",
    expects:
      'test/erasure/standing.test.ts :: an account that an admin suspends > spends nothing more, gives back what waits, is read on, and spends again once it is reinstated',
  },
];
