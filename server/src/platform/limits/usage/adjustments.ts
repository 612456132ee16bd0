import type { Actor, Audit, RequestOrigin } from '#platform/audit';
import { type Statement, statement, type Transaction } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { type AccountId, AppError, type Ids, type UserId, invalidInput } from '#platform/kernel';
import { type Rule, ruleOf } from '../features.ts';

/** A change by support: of an account's use of a limit, or of the cost of one call. */
export interface NewAdjustment {
  readonly accountId: AccountId;
  /** A limit that counts by account (a quota, credits or a budget), or a posted call. */
  readonly of: { readonly product: string; readonly limit: string } | { readonly eventId: string };
  /** Below 0: less was used. Units of a quota or of credits; micro-dollars of a budget or a call. */
  readonly amount: { readonly units: number } | { readonly micros: number };
  readonly reason: string;
  readonly by: Actor;
  readonly madeBy: UserId;
  readonly origin?: RequestOrigin | undefined;
}

/** An adjustment as it was made: `applied` is what really changed, for nothing falls below 0. */
export interface Adjustment {
  readonly id: string;
  readonly account_id: AccountId;
  readonly product: string;
  readonly name: string | null;
  readonly event_id: string | null;
  readonly counted_in: 'units' | 'cost_micros';
  readonly asked: number;
  readonly applied: number;
  readonly reason: string;
  readonly made_by: UserId;
  readonly created_at: Date;
}

interface AdjustmentParts {
  readonly ids: Ids;
  readonly catalogues: readonly Catalogue[];
  readonly audit: Audit;
}

export type Adjuster = (tx: Transaction, wanted: NewAdjustment) => Promise<Adjustment>;

/**
 * Adjusts in a transaction of the system role, with the audit event; in effect for the next decision. What was posted
 * never changes: the cost of a call is adjusted by a correction row. Throws `validation_failed` for a limit that is not
 * adjusted so, `not_found` for an account or a posted call that does not exist.
 */
export function createAdjuster({ ids, catalogues, audit }: AdjustmentParts): Adjuster {
  return async (tx, wanted) => {
    const { accountId, of, reason, by, origin } = wanted;
    const id = ids.next();
    const asked = 'units' in wanted.amount ? wanted.amount.units : wanted.amount.micros;
    const change =
      'limit' in of
        ? adjustLimit(accountId, { ...of, rule: ruleFor(catalogues, wanted), asked })
        : adjustCall(accountId, { eventId: of.eventId, id, correctionId: ids.next(), asked });
    const [changed] = await tx.run(change);
    if (changed === undefined || changed.applied === null)
      throw new AppError('not_found', {
        message: 'limit' in of ? 'There is no such account.' : 'There is no such posted call of the account.',
      });
    const [row] = await tx.run(
      insertAdjustment({ ...wanted, id, asked, ...changed, applied: changed.applied }),
    );
    if (row === undefined) throw new Error('an adjustment was not stored');
    await audit.recordIn(tx, {
      action: 'usage.adjusted',
      actor: by,
      accountId,
      target: { kind: 'adjustment', id },
      // No customer reads what model calls cost: the adjustment has it.
      changes: 'micros' in wanted.amount ? { ...of, reason } : { ...of, asked, applied: row.applied, reason },
      origin,
    });
    return row;
  };
}

/** Adjustments, newest first: of one account, or of all; `before` is the id of the last one of the page before. */
export function listAdjustments(page: {
  readonly accountId?: AccountId | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}): Statement<Adjustment> {
  const values = [page.before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff', page.limit];
  const ofAccount = page.accountId === undefined ? '' : 'and account_id = $3';
  return statement<Adjustment>(
    `select ${COLUMNS} from limits.adjustments where id < $1 ${ofAccount} order by id desc limit $2`,
    page.accountId === undefined ? values : [...values, page.accountId],
  );
}

const COLUMNS =
  'id, account_id, product, name, event_id, counted_in, asked, applied, reason, made_by, created_at';

interface AdjustedRow {
  readonly product: string;
  /** null: there is no such call. */
  readonly applied: number | null;
}

/** Which kinds hold something that can be given back or taken, and in what it is counted. */
const COUNTED: Readonly<Record<string, 'units' | 'cost_micros'>> = {
  quota: 'units',
  credits: 'units',
  budget: 'cost_micros',
};

function countedIn({ amount }: Pick<NewAdjustment, 'amount'>): 'units' | 'cost_micros' {
  return 'units' in amount ? 'units' : 'cost_micros';
}

function ruleFor(catalogues: readonly Catalogue[], { of, amount }: NewAdjustment): Rule {
  if (!('limit' in of)) throw new Error('only a limit has a rule');
  const declaration = catalogues.find(({ product }) => product === of.product)?.limits[of.limit];
  if (declaration === undefined)
    throw invalidInput('body.limit', 'There is no such limit of such a product.');
  const counted = COUNTED[declaration.kind];
  if (counted === undefined || declaration.by !== 'account')
    throw invalidInput(
      'body.limit',
      'Quotas, credits and budgets that count by account are adjusted, and no others.',
    );
  if (counted !== countedIn({ amount })) throw invalidInput('body.limit', `It is counted in ${counted}.`);
  return ruleOf(of.limit, declaration);
}

function adjustLimit(
  accountId: AccountId,
  wanted: { readonly product: string; readonly rule: Rule; readonly asked: number },
): Statement<AdjustedRow> {
  const { name, kind, per, by, share, most } = wanted.rule;
  return statement<AdjustedRow>(
    `select $2::text as product,
       limits.adjust_limit(account_id, $2, row($3, $4, $5, $6, $7::integer, $8::bigint, null)::limits.rule, $9) as applied
     from accounts.accounts where account_id = $1 and deleted_at is null`,
    [accountId, wanted.product, name, kind, per, by, share, most, wanted.asked],
  );
}

function adjustCall(
  accountId: AccountId,
  wanted: {
    readonly eventId: string;
    readonly id: string;
    readonly correctionId: string;
    readonly asked: number;
  },
): Statement<AdjustedRow> {
  return statement<AdjustedRow>(
    `select product, limits.adjust_event(account_id, id, $3, $4, $5) as applied
     from limits.usage_events where account_id = $1 and id = $2`,
    [accountId, wanted.eventId, wanted.id, wanted.correctionId, wanted.asked],
  );
}

function insertAdjustment(
  made: NewAdjustment & {
    readonly id: string;
    readonly product: string;
    readonly asked: number;
    readonly applied: number;
  },
): Statement<Adjustment> {
  const { of } = made;
  const [name, eventId] = 'limit' in of ? [of.limit, null] : [null, of.eventId];
  return statement<Adjustment>(
    `insert into limits.adjustments (account_id, id, product, name, event_id, counted_in, asked, applied, reason, made_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${COLUMNS}`,
    [
      made.accountId,
      made.id,
      made.product,
      name,
      eventId,
      countedIn(made),
      made.asked,
      made.applied,
      made.reason,
      made.madeBy,
    ],
  );
}
