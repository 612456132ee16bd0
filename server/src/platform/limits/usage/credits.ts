import type { Actor, Audit, RequestOrigin } from '#platform/audit';
import { type Statement, statement, type Transaction } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { type AccountId, AppError, type Ids, invalidInput } from '#platform/kernel';
import type { Webhooks } from '#platform/webhooks';

/** Credits that an account gets beside those of its plan. */
export interface NewCredits {
  readonly accountId: AccountId;
  readonly product: string;
  /** The name of a limit of the kind `credits`. */
  readonly limit: string;
  readonly amount: number;
  /** None: they last until they are used. */
  readonly expiresAt?: Date | undefined;
  readonly source: 'admin' | 'top_up';
  readonly cause: string;
  readonly by: Actor;
  readonly origin?: RequestOrigin | undefined;
}

/** Credits as they were given, with what is left of them. */
export interface Credits extends Pick<NewCredits, 'accountId' | 'product' | 'limit' | 'amount' | 'cause'> {
  readonly id: string;
  readonly source: string;
  readonly remaining: number;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

interface CreditsParts {
  readonly ids: Ids;
  readonly catalogues: readonly Catalogue[];
  readonly audit: Audit;
  readonly webhooks: Pick<Webhooks, 'emitting'>;
}

export type CreditsGiver = (tx: Transaction, wanted: NewCredits) => Promise<Credits>;

/**
 * Gives credits in a transaction of the system role, with their audit event. They are there for the next decision. Throws
 * `validation_failed` for a product or limit that has none, `not_found` for an account that does not exist.
 */
export function createCredits({ ids, catalogues, audit, webhooks }: CreditsParts): CreditsGiver {
  return async (tx, wanted) => {
    const { accountId, product, limit, amount, expiresAt, source, cause, by, origin } = wanted;
    const catalogue = catalogues.find((one) => one.product === product);
    if (catalogue === undefined) throw invalidInput('body.product', 'There is no such product.');
    if (catalogue.limits[limit]?.kind !== 'credits')
      throw invalidInput('body.limit', `${product} has no such credits.`);
    const id = ids.next();
    const [row] = await tx.run(insertCredits({ ...wanted, id }));
    if (row === undefined) throw new AppError('not_found', { message: 'There is no such account.' });
    if (row.late) throw invalidInput('body.expires_at', 'They would have expired before they are given.');
    const expires_at = expiresAt?.toISOString() ?? null;
    await audit.recordIn(tx, {
      action: 'credits.given',
      actor: by,
      accountId,
      target: { kind: 'credits', id },
      changes: { product, limit, amount, expires_at, source },
      origin,
    });
    const data = { product, limit, credits_id: id, amount, expires_at, source };
    await tx.runAll(webhooks.emitting({ type: 'credits.granted', accountId, id, data }));
    const given = { accountId, product, limit, source, amount, cause };
    return { ...given, id, remaining: amount, expiresAt: expiresAt ?? null, createdAt: row.created_at };
  };
}

function insertCredits(
  given: NewCredits & { readonly id: string },
): Statement<{ created_at: Date; late: boolean }> {
  return statement(
    `insert into limits.credits (account_id, id, product, name, source, amount, remaining, expires_at, cause)
     select account_id, $2, $3, $4, $5, $6, $6, $7::timestamptz, $8 from accounts.accounts
     where account_id = $1 and deleted_at is null
     returning created_at, coalesce(expires_at <= app.now(), false) as late`,
    [
      given.accountId,
      given.id,
      given.product,
      given.limit,
      given.source,
      given.amount,
      given.expiresAt ?? null,
      given.cause,
    ],
  );
}
