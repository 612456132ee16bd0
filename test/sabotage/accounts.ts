import type { Patch } from './patch.ts';

const OWNERS = 'src/platform/accounts/members/members.test.ts :: an organization keeps an owner >';
const DEFAULT = 'src/platform/entitlements/default-plans.test.ts :: the default plan >';
const TIMELINE = 'src/platform/entitlements/timeline.test.ts ::';

const ADD_ON = `${TIMELINE} add-ons >`;

/** Accounts and their members, and what accounts hold. */
export const ACCOUNTS: readonly Patch[] = [
  {
    name: 'third-add-on-begins-within-the-first',
    file: 'src/platform/entitlements/timeline.ts',
    find: 'over.set(grant.addOn, Math.max(before, until));',
    replace: 'over.set(grant.addOn, until);',
    expects: `${ADD_ON} a third one, after a refund of the second, begins when the first is over`,
  },
  {
    name: 'last-owner-leaves',
    file: 'src/platform/accounts/members/members.ts',
    find: "if (target.role === 'owner' && target.otherOwners === 0) throw",
    replace: "if (target.role === 'owner' && target.otherOwners < 0) throw",
    expects: `${OWNERS} the last one neither leaves nor steps down, nor is removed`,
  },
  {
    name: 'organization-not-locked',
    file: 'src/platform/accounts/store.ts',
    find: 'and a.deleted_at is null for no key update`',
    replace: 'and a.deleted_at is null`',
    expects: `${OWNERS} of two owners who remove each other at once, one stays`,
  },
  {
    name: 'overtaken-role-kept',
    file: 'src/platform/db/kept.ts',
    find: 'if (before === changes) {',
    replace: 'if (before <= changes) {',
    expects:
      'src/platform/accounts/organizations/organizations.test.ts :: roles > a role whose answer a change overtakes on its way is not kept',
  },
  {
    name: 'keys-outlive-a-membership',
    file: 'src/platform/accounts/functions/accounts.sql',
    find: 'create or replace trigger members_left after delete on accounts.members for each row execute function accounts.member_left();\n',
    replace: '',
    expects:
      'src/platform/accounts/members/members.test.ts :: changing and removing members > anyone may leave; their keys for the account end, and only those',
  },
  {
    name: 'account-dropped-from-the-look-up-of-a-role',
    file: 'src/platform/accounts/store.ts',
    find: 'where m.account_id = $1 and m.user_id = $2 and a.deleted_at is null`,',
    replace: 'where $1::uuid is not null and m.user_id = $2 and a.deleted_at is null`,',
    expects:
      'src/platform/accounts/members/members.test.ts :: changing and removing members > viewers and members change nobody, not even themselves',
  },
  {
    name: 'account-opened-for-another',
    file: 'src/platform/accounts/functions/accounts.sql',
    find: "if current_setting('role') = 'plinth_tenant' and app.user_id() <> p_owner then",
    replace: 'if false then',
    expects:
      'src/platform/accounts/organizations/organizations.test.ts :: an organization > can not be made for someone else',
  },
  {
    name: 'suspended-account-spends',
    file: 'src/platform/accounts/functions/accounts.sql',
    find: "when a.status is distinct from 'active' or a.deleted_at is not null then 'account_suspended'",
    replace: "when a.deleted_at is not null then 'account_suspended'",
    expects:
      'src/platform/limits/plans.test.ts :: whoever may not spend is refused at once, and charges nothing > a suspended account',
  },
  {
    name: 'bought-days-stack-from-now',
    file: 'src/platform/entitlements/timeline.ts',
    find: 'Math.max(starts, before)',
    replace: 'starts',
    expects: `${ADD_ON} a second purchase adds its days to the end of the first`,
  },
  {
    name: 'rank-ignored',
    file: 'src/platform/entitlements/effective.ts',
    find: 'if (other.plan.rank < held.plan.rank) return held;',
    replace: '',
    expects: `${TIMELINE} what an account holds, from the first instant to the last > a granted plan below the default plan takes nothing away`,
  },
  {
    name: 'snapshot-not-rewritten',
    file: 'src/platform/entitlements/grants.ts',
    find: '  await rewriter.rewriteIn(tx, [accountId], snapshot);\n',
    replace: '',
    expects:
      'src/platform/entitlements/entitlements.test.ts :: a grant > is in effect the moment it is committed, with its cause in the account’s history',
  },
  {
    name: 'account-grants-itself-a-plan',
    file: 'src/platform/entitlements/functions/rights.sql',
    find: 'grant select on entitlements.grants to plinth_tenant;',
    replace: 'grant select, insert on entitlements.grants to plinth_tenant;',
    expects:
      'src/platform/entitlements/entitlements.test.ts :: row security > an account grants itself nothing',
  },
  {
    name: 'default-plan-in-each-account',
    file: 'src/platform/entitlements/functions/entitlements.sql',
    find: 'p.place <= p_most)',
    replace: 'p.place > 0)',
    expects: `${DEFAULT} is in effect in the first account that somebody makes, of whichever kind, and in no other`,
  },
  {
    name: 'product-not-told-of-a-purchase',
    file: 'src/platform/entitlements/snapshots.ts',
    find: 'for (const written of changed) await hook(tx, changeOf(change, written));',
    replace:
      'if (changed.length < 0) await Promise.all(changed.map((one) => hook(tx, changeOf(change, one))));',
    expects:
      'test/selling/entitlement-changes.test.ts :: what a product makes of a purchase > is there as soon as the purchase is in effect',
  },
  {
    name: 'granted-accounts-fall-back-to-the-default-plan',
    file: 'src/platform/entitlements/snapshots.ts',
    find: 'withDefault.has(account_id) ? catalogue : withoutDefault(catalogue)',
    replace: 'withDefault.has(account_id) ? catalogue : catalogue',
    expects: `${DEFAULT} is what a grant falls back to in the first account alone`,
  },
  {
    name: 'places-free-at-once',
    file: 'src/platform/accounts/functions/accounts.sql',
    find: "else new.deleted_at + interval '33 days' end",
    replace: 'else new.deleted_at end',
    expects: `${DEFAULT} stays with its account, whoever owns it, and an account that is closed or deleted hands it to none that is there`,
  },
  {
    name: 'places-taken-at-once',
    file: 'src/platform/accounts/functions/accounts.sql',
    find: "perform pg_advisory_xact_lock(hashtextextended('places ' || new.created_by, 0));",
    replace: '',
    expects: `${DEFAULT} waits for an account that is being made, and comes after it`,
  },
  {
    name: 'tenant-filter-dropped-from-a-list-of-the-system',
    file: 'src/platform/entitlements/store.ts',
    find: 'where account_id = $1 and ($3::uuid is null',
    replace: 'where $1::uuid is not null and ($3::uuid is null',
    expects:
      'src/platform/entitlements/entitlements.test.ts :: the pages of an account’s grants have each grant once, newest first',
  },
];
