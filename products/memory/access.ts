import type { AccountId, Caller } from 'plinth/product';
import type { ChangeRequest, MemberKey } from './levels.ts';

/** Declaration of calls that read memory. A key that is made for licences reads none of it. */
export const reads = {
  tag: 'Coditect memory',
  auth: 'account',
  may: 'viewer',
  scope: 'memory:read',
  rate: { perMinute: 600, by: 'member' },
} as const;

/** Declaration of calls that write it. */
export const writes = { ...reads, may: 'member', scope: 'memory:write' } as const;

/** Errors of calls that choose a level. */
export const SHARING_ERRORS = ['organization_only', 'team_not_found', 'plan_required'] as const;

interface MemberCall {
  readonly accountId: AccountId;
  readonly caller: Pick<Caller, 'userId'>;
}

export const memberOf = ({ accountId, caller }: MemberCall): MemberKey => ({
  accountId,
  userId: caller.userId,
});

interface ItemCall extends MemberCall {
  readonly params: { readonly id: string };
}

/** The item that a call's path names, and the caller. */
export const itemOf = ({ params, ...call }: ItemCall) => ({ ...memberOf(call), id: params.id });

/** The same of a call that the audit may tell of. */
export const changeOf = (call: ItemCall & ChangeRequest) => ({
  ...itemOf(call),
  caller: call.caller,
  origin: call.origin,
});
