import type { Audit, RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import type { AccountId, Ids, UserId } from '#platform/kernel';
import type { OwnershipRule } from '../members/ownership.ts';
import { openAccount } from '../store.ts';

export interface NewAccount {
  readonly userId: UserId;
  readonly kind: 'personal' | 'organization';
  readonly name: string;
  readonly origin?: RequestOrigin | undefined;
}

/** Opens an account with its owner, in the scope of that user or the system's. */
export type OpenAccount = (tx: Transaction, account: NewAccount) => Promise<AccountId>;

export function createOpenAccount({
  ids,
  audit,
  assertMayOwn,
}: {
  readonly ids: Ids;
  readonly audit: Audit;
  readonly assertMayOwn: OwnershipRule;
}): OpenAccount {
  return async (tx, { userId, kind, name, origin }) => {
    const accountId = ids.next<AccountId>();
    await tx.run(openAccount({ accountId, kind, name, owner: userId }));
    // A personal account comes and goes with its user.
    if (kind === 'organization') await assertMayOwn(tx, accountId, userId);
    await audit.recordIn(tx, {
      action: 'account.opened',
      actor: { kind: 'user', userId },
      accountId,
      target: { kind: 'account', id: accountId },
      changes: { kind, name },
      origin,
    });
    return accountId;
  };
}
