import { type Audit, actorOf } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import type { Role } from '#platform/http';
import { type AccountId, AppError, type Ids, type Random, randomToken, sha256 } from '#platform/kernel';
import { INVITATION_PREFIX } from '../invitations/invitations.ts';
import { deleteClaims, type InvitationRow, putInvitation } from '../invitations/invitation-store.ts';
import type { BackendCall } from './customers.ts';

const CLAIM = commitPoint(
  'accounts.claim-offered',
  'a link by which a person claims a customer, or its next token',
);
const WITHDRAWN = commitPoint('accounts.claims-withdrawn', 'the end of the links that claim a customer');

/** A link by which a person becomes a member of a customer. It is shown once. */
export interface ClaimView {
  readonly url: string;
  readonly email: string;
  readonly role: Role;
  readonly expires_at: string;
}

/** Claims of customers: an invitation that the operator's backend hands on, to be accepted as any other. */
export interface Claims {
  /**
   * Makes a link for the person with this address, once signed in with it; one made before for the same address is worth nothing from
   * then on. No mail is sent. Throws `already_member`, and as members of customers do.
   */
  offer(
    by: BackendCall,
    externalId: string,
    to: { readonly email: string; readonly role: Role },
  ): Promise<ClaimView>;
  /** Ends all links that were not used. */
  withdraw(by: BackendCall, externalId: string): Promise<void>;
}

interface ClaimsParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly ids: Ids;
  readonly random: Random;
  /** Where a person goes with a token. */
  readonly invitationLink: (token: string) => string;
}

/** `organization`: the account of a customer that may have members. */
export function createClaims(
  { db, audit, ids, random, invitationLink }: ClaimsParts,
  organization: (externalId: string) => Promise<AccountId>,
): Claims {
  return {
    async offer(by, externalId, { email, role }) {
      const accountId = await organization(externalId);
      const token = randomToken(random, INVITATION_PREFIX);
      const invitation = { accountId, invitationId: ids.next(), email, role, tokenHash: sha256(token) };
      const row = await db.system('accounts.customers', CLAIM, async (tx): Promise<InvitationRow> => {
        const [put] = await tx.run(putInvitation({ ...invitation, invitedBy: by.caller.userId }));
        if (put === undefined) throw new AppError('already_member');
        await audit.recordIn(tx, { ...event(by, accountId, 'customer.claim_offered'), changes: { role } });
        return put;
      });
      const { expires_at: ends } = row;
      return { url: invitationLink(token), email: row.email, role: row.role, expires_at: ends.toISOString() };
    },
    async withdraw(by, externalId) {
      const accountId = await organization(externalId);
      await db.system('accounts.customers', WITHDRAWN, async (tx) => {
        if ((await tx.run(deleteClaims(accountId))).length === 0) return;
        await audit.recordIn(tx, event(by, accountId, 'customer.claims_withdrawn'));
      });
    },
  };
}

function event({ caller, origin }: BackendCall, accountId: AccountId, action: string) {
  const target = { kind: 'account', id: accountId };
  return { action, actor: actorOf(caller), accountId, target, origin };
}
