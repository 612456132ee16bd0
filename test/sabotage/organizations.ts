import type { Patch } from './patch.ts';

const INVITATIONS = 'test/organizations/invitations.test.ts ::';
const TRAIL = 'test/organizations/trail.test.ts :: the audit of a personal account >';
const OWNED =
  'src/platform/accounts/organizations/organizations.test.ts :: the organizations that one user owns >';
const HOLDS = 'test/organizations/holds.test.ts :: a personal account >';

/** Organizations: who gets in, who may do what there, and what is for them. */
export const ORGANIZATIONS: readonly Patch[] = [
  {
    name: 'key-makes-an-admin',
    file: 'src/platform/accounts/members/ownership.ts',
    find: "if (role === 'admin' && keyId !== undefined) {",
    replace: "if (role === 'admin' && keyId === 'none') {",
    expects: `${INVITATIONS} who invites > is no key where a key could make somebody who may do more than it`,
  },
  {
    name: 'key-unmakes-an-owner',
    file: 'src/platform/accounts/members/ownership.ts',
    find: "(own !== 'owner' || keyId !== undefined)) {",
    replace: "(own !== 'owner')) {",
    expects: `${INVITATIONS} who invites > is no key where a key could make somebody who may do more than it`,
  },
  {
    name: 'letter-box-filled',
    file: 'src/platform/accounts/invitations/invitations.ts',
    find: '>= MOST_AN_HOUR)',
    replace: '>= 1_000 * MOST_AN_HOUR)',
    expects: `${INVITATIONS} who invites > fills no letter box: an address gets five invitations an hour, from whomever`,
  },
  {
    name: 'invitation-accepted-by-another-email',
    file: 'src/platform/accounts/invitations/accept-invitation.ts',
    find: 'if (!found.is_theirs) throw',
    replace: 'if (found.is_theirs === undefined) throw',
    expects: `${INVITATIONS} an invitation > is good for the email that it was sent to alone, and not for a token that was altered`,
  },
  {
    name: 'invitation-accepted-with-an-unverified-email',
    file: 'src/platform/accounts/invitations/accept-invitation.ts',
    find: 'if (!found.email_verified) throw',
    replace: 'if (found.email_verified === undefined) throw',
    expects: `${INVITATIONS} an invitation > answers alike for an email that is known and one that is not, and reaches whoever registers then`,
  },
  {
    name: 'expired-invitation-accepted',
    file: 'src/platform/accounts/invitations/invitation-store.ts',
    find: 'i.expires_at > app.now() as is_open,\n       lower(i.email)',
    replace: 'true as is_open,\n       lower(i.email)',
    expects: `${INVITATIONS} after seven days an invitation is over, and the email can be invited again`,
  },
  {
    name: 'invitation-not-used-up',
    file: 'src/platform/accounts/invitations/invitation-store.ts',
    find: '`delete from accounts.invitations\n     where account_id = $1 and invitation_id = $2 and sends = $3 and expires_at > app.now() returning role`',
    replace:
      '`select role from accounts.invitations\n     where account_id = $1 and invitation_id = $2 and sends = $3 and expires_at > app.now()`',
    expects: `${INVITATIONS} an invitation > is good once, also for two who come with it at once`,
  },
  {
    name: 'older-token-still-good',
    file: 'src/platform/accounts/invitations/invitation-store.ts',
    find: 'set token_hash = $3, invited_by',
    replace: 'set token_hash = coalesce(i.token_hash, $3), invited_by',
    expects: `${INVITATIONS} an invitation > that is sent anew has another token, and the one before is worth nothing`,
  },
  {
    name: 'admin-invites-an-owner',
    file: 'src/platform/accounts/invitations/invitations.ts',
    find: '    assertRank(own, [role], request.caller);\n',
    replace: '    assertRank(own, [], request.caller);\n',
    expects: `${INVITATIONS} who invites > is an admin, and only an owner invites an owner, or has such an invitation sent anew or revoked`,
  },
  {
    name: 'link-of-an-inviter-in-our-mail',
    file: 'src/platform/accounts/invitations/invitations.ts',
    find: 'organization: plainName(organization)',
    replace: 'organization: plainName(organization) === "" ? "" : organization',
    expects: `${INVITATIONS} who invites > brings no link of their own into the mail`,
  },
  {
    name: 'ownership-given-in-an-old-session',
    file: 'src/platform/accounts/members/ownership.ts',
    find: "if (role === 'owner') await assertProven(db, caller);",
    replace: "if (role !== 'owner') await assertProven(db, caller);",
    expects:
      'src/platform/accounts/members/members.test.ts :: ownership > is given in a session that began a while ago, or by a key, in no way',
  },
  {
    name: 'keys-outlive-a-closed-organization',
    file: 'src/platform/identity/callers/caller-store.ts',
    find: '       and exists (select from accounts.accounts a where a.account_id = k.account_id and a.deleted_at is null)`,',
    replace: '       `,',
    expects:
      'src/platform/accounts/organizations/organizations.test.ts :: an organization > that is opened again within 14 days is as it was: members, keys and default account',
  },
  {
    name: 'restored-after-the-undo',
    file: 'src/platform/accounts/store.ts',
    find: '(a.deleted_at is null or a.deleted_at > app.now() - ${UNDO}) for no key update',
    replace: '(a.deleted_at is null or a.deleted_at < app.now()) for no key update',
    expects:
      'src/platform/accounts/organizations/organizations.test.ts :: an organization > that was closed 14 days ago is over',
  },
  {
    name: 'audit-read-by-members',
    file: 'src/platform/accounts/audit-trail/audit-trail.ts',
    find: "async ofOrganization(request, filter, query) {\n      const { accountId } = await authorizeMember(roles, request, 'admin');",
    replace:
      "async ofOrganization(request, filter, query) {\n      const { accountId } = await authorizeMember(roles, request, 'viewer');",
    expects:
      'test/organizations/trail.test.ts :: the audit of an organization > is read by owners and admins, newest first, and tells who did what from where',
  },
  {
    name: 'personal-audit-told-by-keys-of-organizations',
    file: 'src/platform/accounts/audit-trail/audit-trail.ts',
    find: "kind === 'personal'",
    replace: 'kind !== undefined',
    expects: `${TRAIL} is told to nobody else, nor by a key of their organization, whose own audit that reads`,
  },
  {
    name: 'personal-audit-tells-where-admins-sat',
    file: 'src/platform/audit/audit-events.ts',
    find: 'case when ${BY_OWNER} then ${column} end as ${column}',
    replace: '${column}',
    expects: `${TRAIL} has what platform admins did to them, and not who and from where; nor has an admin’s own what they did to others`,
  },
  {
    name: 'personal-audit-with-the-work-of-an-admin',
    file: 'src/platform/audit/audit-events.ts',
    find: "(target_kind is distinct from 'user' or target_id = $11::uuid::text)",
    replace: 'true',
    expects: `${TRAIL} has what platform admins did to them, and not who and from where; nor has an admin’s own what they did to others`,
  },
  {
    name: 'members-beyond-the-plan',
    file: 'src/platform/limits/functions/gauges.sql',
    find: "continue when v_segment->>'plan' is null or v_members <= v_max;",
    replace: "continue when v_segment->>'plan' is null or v_members <= v_max + 1;",
    expects:
      'test/organizations/capacity.test.ts :: a plan that sells members > counts all who are there, and lets in no more; of two at once for one place, one',
  },
  {
    name: 'free-plan-for-the-wrong-kind-of-account',
    file: 'src/platform/entitlements/functions/entitlements.sql',
    find: 'd.holds = (select a.kind from accounts.accounts a where a.account_id = p_account)',
    replace: 'd.holds is not null',
    expects: `${HOLDS} has the free plans of the products that are for it, and none of others, as admission reads it`,
  },
  {
    name: 'plan-given-to-the-wrong-kind-of-account',
    file: 'src/platform/entitlements/grants.ts',
    find: 'account !== undefined && account.kind !== holds',
    replace: 'account === undefined',
    expects: `${HOLDS} is given plans of the products that are for it, and of no other`,
  },
  {
    name: 'organizations-without-number',
    file: 'src/platform/accounts/members/ownership.ts',
    find: 'count.owned > most',
    replace: 'count.owned > 100 * most',
    expects: `${OWNED} count however somebody becomes an owner: by a role, a transfer, an invitation, or an undo`,
  },
  {
    name: 'call-for-the-wrong-kind-of-account',
    file: 'src/server/caller-context.ts',
    find: 'shape.holds !== undefined && shape.holds !== (await',
    replace: 'shape.holds === undefined && shape.holds !== (await',
    expects: `${HOLDS} is let into the calls of the products that are for it, and of no other`,
  },
];
