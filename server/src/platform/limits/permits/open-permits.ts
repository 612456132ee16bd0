import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';

/** Whether something of an account is still under way, or not settled yet. */
export const hasOpenPermits = (accountId: AccountId) =>
  statement<{ open: boolean }>(
    `select exists (select from limits.permits where account_id = $1 and state in ('queued', 'running')) as open`,
    [accountId],
  );
