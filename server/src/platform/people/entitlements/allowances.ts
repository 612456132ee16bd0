import type { Actor, Audit, RequestOrigin } from '#platform/audit';
import { statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Rewriter } from './snapshots.ts';
import { lockAccounts } from './store.ts';
import type { Allowances } from './timeline.ts';

/** How far an account lets a limit be passed, by its name within the product. */
export interface Allowance {
  readonly accountId: AccountId;
  readonly product: string;
  readonly limit: string;
  /** Units past the plan's size, in each window; 0: the size is a hard cap. */
  readonly most: number;
  readonly by: Actor;
  readonly origin?: RequestOrigin | undefined;
}

interface Parts {
  readonly rewriter: Rewriter;
  readonly audit: Audit;
}

/**
 * Writes down how far an account lets a limit be passed, and its timeline anew: admission grants so much more from that
 * commit on, where the plan in effect sells it. What was used past a lower choice stays used.
 */
export async function allowIn(
  { rewriter, audit }: Parts,
  tx: Transaction,
  allowance: Allowance,
): Promise<void> {
  const { accountId, product, limit, most, by, origin } = allowance;
  const [, [former]] = await tx.runAll([lockAccounts([accountId]), allowanceOf(allowance)]);
  if ((former?.most ?? 0) === most) return;
  await tx.run(keepAllowance(allowance));
  await rewriter.rewriteIn(tx, [accountId], {
    product,
    cause: 'overage_chosen',
    requestId: origin?.requestId ?? null,
  });
  await audit.recordIn(tx, {
    action: 'overage.chosen',
    actor: by,
    accountId,
    target: { kind: 'limit', id: `${product}.${limit}` },
    changes: { former: former?.most ?? 0, most },
    origin,
  });
}

const allowanceOf = ({ accountId, product, limit }: Allowance) =>
  statement<{ most: number }>(
    'select most from entitlements.allowances where account_id = $1 and product = $2 and limit_name = $3',
    [accountId, product, limit],
  );

const keepAllowance = ({ accountId, product, limit, most }: Allowance) =>
  statement(
    `insert into entitlements.allowances (account_id, product, limit_name, most) values ($1, $2, $3, $4)
     on conflict (account_id, product, limit_name) do update set most = excluded.most, updated_at = app.now()`,
    [accountId, product, limit, most],
  );

/** Units past limits that some accounts allow in a product. */
export const allowancesIn = (product: string, accountIds: readonly AccountId[]) =>
  statement<{ account_id: AccountId; limits: Allowances }>(
    `select account_id, jsonb_object_agg(limit_name, most) as limits from entitlements.allowances
     where product = $1 and account_id = any($2::uuid[]) group by account_id`,
    [product, accountIds],
  );
