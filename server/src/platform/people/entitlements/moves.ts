import { statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Rewriter } from './snapshots.ts';
import { lockAccounts } from './store.ts';

/** Purchases of a plan that pass from terms at which it was sold to others, by their versions. */
export interface TermsMove {
  readonly product: string;
  readonly plan: string;
  readonly from: readonly number[];
  readonly to: number;
  /** `renewal`: with the next period; what has none passes now. */
  readonly at: 'renewal' | 'now';
}

/** Moves the purchases of some accounts, each in one commit with what it amounts to. Answers the accounts whose timeline changed. */
export async function moveTermsIn(
  { rewriter }: { readonly rewriter: Rewriter },
  tx: Transaction,
  { accountIds, move }: { readonly accountIds: readonly AccountId[]; readonly move: TermsMove },
): Promise<AccountId[]> {
  await tx.runAll([lockAccounts(accountIds), moveGrants(accountIds, move)]);
  return rewriter.rewriteIn(tx, accountIds, { product: move.product, cause: 'catalogue_changed' });
}

const moveGrants = (accountIds: readonly AccountId[], { product, plan, from, to, at }: TermsMove) =>
  statement(
    `update entitlements.grants
     set plan_version = case when $6 = 'now' or source = 'import' then $5 else plan_version end,
       next_version = case when $6 = 'now' or source = 'import' then null else $5 end, updated_at = app.now()
     where account_id = any ($1) and product = $2 and plan = $3 and plan_version = any ($4) and revoked_at is null`,
    [accountIds, product, plan, from, to, at],
  );

/** Purchases that wait for their next period stay at the terms that they have. */
export const stayAtTerms = ({ product, plan, from, to }: Omit<TermsMove, 'at'>) =>
  statement(
    `update entitlements.grants set next_version = null, updated_at = app.now()
     where product = $1 and plan = $2 and plan_version = any ($3) and next_version = $4`,
    [product, plan, from, to],
  );
