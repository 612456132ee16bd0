import type { RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { atLeast, type Caller, type Role } from '#platform/http';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import type { Roles } from './roles.ts';
import { type AccountRow, lockOrganization, lockRestorable, membersForChange } from '../store.ts';

/** A request to work on an organization: by whom, and on which. */
export interface OrganizationRequest {
  readonly caller: Caller;
  readonly origin: RequestOrigin;
  /** The id in the path, checked for shape by the walk. */
  readonly organization: string;
}

/**
 * Lets a caller in whose role is at least `least`. For others there is no such organization (404), nor is
 * anybody's personal account one; a key is a member of the account that it is bound to alone.
 */
export async function authorizeMember(
  roles: Roles,
  request: OrganizationRequest,
  least: Role,
): Promise<{ accountId: AccountId; role: Role }> {
  const { caller } = request;
  const accountId = request.organization as AccountId;
  if (caller.keyId !== undefined && caller.accountId !== accountId) throw new AppError('not_found');
  const role = await roles.roleOf(caller.userId, accountId);
  const kind = await roles.kindOf(caller.userId, accountId);
  if (role === undefined || kind !== 'organization') throw new AppError('not_found');
  if (!atLeast(role, least)) throw new AppError('forbidden');
  return { accountId, role };
}

export interface LockedOrganization {
  readonly account: AccountRow;
  /** The caller's role, as it is while the lock is held. */
  readonly role: Role;
  /** The member that a change is about; the owner that a customer is made with is none. */
  readonly target: { readonly role: Role; readonly otherOwners: number } | undefined;
}

/** Locks the organization and looks again: what the role was a moment ago no longer counts. */
export async function lockAuthorized(
  tx: Transaction,
  request: OrganizationRequest,
  about: { readonly least: Role; readonly target?: UserId; readonly closedToo?: true },
): Promise<LockedOrganization> {
  const accountId = request.organization as AccountId;
  const { userId } = request.caller;
  const { least, target } = about;
  const locking = about.closedToo === true ? lockRestorable : lockOrganization;
  const [account] = await tx.run(locking(accountId));
  if (account === undefined) throw new AppError('not_found');
  const rows = await tx.run(membersForChange(accountId, target === undefined ? [userId] : [userId, target]));
  const role = rows.find((row) => row.user_id === userId)?.role;
  if (role === undefined) throw new AppError('not_found');
  if (!atLeast(role, least)) throw new AppError('forbidden');
  const found = rows.find((row) => row.user_id === target && row.is_person);
  return {
    account,
    role,
    target: found === undefined ? undefined : { role: found.role, otherOwners: found.other_owners },
  };
}
