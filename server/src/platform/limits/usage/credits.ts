import type { Actor, Audit, RequestOrigin } from '#platform/audit';
import { type Statement, statement, type Transaction } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { type AccountId, AppError, type Ids, invalidInput, uuidOf } from '#platform/kernel';
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

/** Credits of a row that the operator keeps elsewhere. */
export interface RowCredits extends NewCredits {
  /** The row's own id there, for ever that of these credits of the account. */
  readonly rowId: string;
}

/** `given` now or `known` by the id of its row; `differs`: that id gave others; `late`: they would have expired. */
export type RowOutcome = 'given' | 'known' | 'differs' | 'late';

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
    const { accountId, product, limit, amount, expiresAt, source, cause } = wanted;
    const catalogue = catalogues.find((one) => one.product === product);
    if (catalogue === undefined) throw invalidInput('body.product', 'There is no such product.');
    if (catalogue.limits[limit]?.kind !== 'credits')
      throw invalidInput('body.limit', `${product} has no such credits.`);
    const id = ids.next();
    const [row] = await tx.run(insertCredits({ ...wanted, id }));
    if (row === undefined) throw new AppError('not_found', { message: 'There is no such account.' });
    if (row.late) throw invalidInput('body.expires_at', 'They would have expired before they are given.');
    const { event, told } = newsOf({ ...wanted, id });
    await audit.recordIn(tx, event);
    await tx.runAll(webhooks.emitting(told));
    const given = { accountId, product, limit, source, amount, cause };
    return { ...given, id, remaining: amount, expiresAt: expiresAt ?? null, createdAt: row.created_at };
  };
}

/** The audit's event and that of the operator's endpoints. */
function newsOf({ id, accountId, product, limit, amount, expiresAt, source, by, origin }: GivenCredits) {
  const expires_at = expiresAt?.toISOString() ?? null;
  const changes = { product, limit, amount, expires_at, source };
  const target = { kind: 'credits', id };
  const data = { product, limit, credits_id: id, amount, expires_at, source };
  return {
    event: { action: 'credits.given', actor: by, accountId, target, changes, origin },
    told: { type: 'credits.granted', accountId, id, data } as const,
  };
}

type GivenCredits = NewCredits & { readonly id: string };

export type RowCreditsGiver = (tx: Transaction, rows: readonly RowCredits[]) => Promise<RowOutcome[]>;

/**
 * Gives the credits of rows in a transaction of the system role, each once for ever however often and by how many it is asked: their ids
 * follow from those of the rows. Answers in the order of the rows, whose products, limits and accounts exist.
 */
export function createRowCredits({
  audit,
  webhooks,
}: Pick<CreditsParts, 'audit' | 'webhooks'>): RowCreditsGiver {
  return async (tx, rows) => {
    const all = rows.map((row) => ({ ...row, id: idOf(row) }));
    const asked = JSON.stringify(
      all.map(({ accountId, id, product, limit, source, amount, expiresAt, cause }) => ({
        account_id: accountId,
        id,
        product,
        name: limit,
        source,
        amount,
        cause,
        expires_at: expiresAt ?? null,
      })),
    );
    const given = new Set((await tx.run(insertRowCredits(asked))).map(({ id }) => id));
    const others = await tx.run(rowCredits(asked));
    const outcomes = new Map(others.map(({ id, outcome }) => [id, outcome]));
    const news = all.filter(({ id }) => given.has(id)).map(newsOf);
    await audit.recordAllIn(
      tx,
      news.map(({ event }) => event),
    );
    await tx.runAll(news.flatMap(({ told }) => webhooks.emitting(told)));
    return all.map(({ id }) => (given.has(id) ? 'given' : (outcomes.get(id) ?? 'late')));
  };
}

const idOf = ({ accountId, rowId }: RowCredits) => uuidOf(JSON.stringify(['credits', accountId, rowId]));

const ASKED = `jsonb_to_recordset($1::text::jsonb) as r (account_id uuid, id uuid, product text, name text, source text, amount bigint, expires_at timestamptz, cause text)`;

/** In one order, so that two batches never wait for each other. */
const insertRowCredits = (asked: string) =>
  statement<{ id: string }>(
    `insert into limits.credits (account_id, id, product, name, source, amount, remaining, expires_at, cause)
     select account_id, id, product, name, source, amount, amount, expires_at, cause from ${ASKED}
     where coalesce(expires_at > app.now(), true) order by account_id, id
     on conflict (account_id, id) do nothing returning id`,
    [asked],
  );

/** Those of rows that are there: a statement of its own sees what another batch has committed meanwhile. */
const rowCredits = (asked: string) =>
  statement<{ id: string; outcome: 'known' | 'differs' }>(
    `select c.id, case when (c.product, c.name, c.amount) = (r.product, r.name, r.amount) and c.expires_at is not distinct from r.expires_at
       then 'known' else 'differs' end as outcome
     from ${ASKED} join limits.credits c on c.account_id = r.account_id and c.id = r.id`,
    [asked],
  );

function insertCredits(given: GivenCredits): Statement<{ created_at: Date; late: boolean }> {
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
