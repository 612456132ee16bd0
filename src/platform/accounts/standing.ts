import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, statement } from '#platform/db';
import type { Caller } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';

const STANDING = commitPoint('accounts.standing', 'an account suspended, or reinstated');

type Status = 'active' | 'suspended';

const lockAccount = (accountId: AccountId) =>
  statement<{ status: Status }>(
    'select status from accounts.accounts where account_id = $1 for no key update',
    [accountId],
  );

const setStatus = (accountId: AccountId, status: Status) =>
  statement('update accounts.accounts set status = $2, updated_at = app.now() where account_id = $1', [
    accountId,
    status,
  ]);

/** Whether an account may spend, as platform admins say. */
export interface Standing {
  /**
   * From then on nothing is spent for the account, at once and on every node: admission asks the row itself. What runs ends as it
   * would have; what waits is given up and gives back what it was charged. Its members read on.
   */
  suspend(admin: Caller, accountId: string, origin: RequestOrigin): Promise<void>;
  reinstate(admin: Caller, accountId: string, origin: RequestOrigin): Promise<void>;
}

export function createStanding({ db, audit }: { readonly db: Database; readonly audit: Audit }): Standing {
  const setTo =
    (status: Status, action: string) => async (admin: Caller, id: string, origin: RequestOrigin) => {
      const accountId = id as AccountId;
      await db.system('admin.accounts', STANDING, async (tx) => {
        const [account] = await tx.run(lockAccount(accountId));
        if (account === undefined) throw new AppError('not_found');
        if (account.status === status) return;
        await tx.run(setStatus(accountId, status));
        const target = { kind: 'account', id };
        await audit.recordIn(tx, { action, actor: actorOf(admin), accountId, target, origin });
      });
    };
  return {
    suspend: setTo('suspended', 'account.suspended'),
    reinstate: setTo('active', 'account.reinstated'),
  };
}
