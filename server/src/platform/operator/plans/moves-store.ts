import type { Mode } from '#platform/billing';
import { statement } from '#platform/db';
import type { PlanTerms } from '#platform/entitlements';
import type { AccountId, UserId } from '#platform/kernel';

/** Terms at which a plan was sold, and how many accounts have them. */
export interface SoldVersion {
  readonly product: string;
  readonly plan: string;
  readonly version: number;
  readonly terms: PlanTerms;
  readonly created_at: Date;
  readonly accounts: number;
}

/** The versions of some products' plans, in their order. */
export const soldVersions = (products: readonly string[]) =>
  statement<SoldVersion>(
    `select v.product, v.plan, v.version, v.terms, v.created_at, coalesce(h.accounts, 0) as accounts
     from entitlements.plan_versions v left join (
       select product, plan, plan_version, count(distinct account_id)::int as accounts from entitlements.grants
       where product = any ($1) and plan_version is not null and revoked_at is null and coalesce(ends_at, 'infinity') > app.now() group by 1, 2, 3
     ) as h on h.product = v.product and h.plan = v.plan and h.plan_version = v.version
     where v.product = any ($1) order by v.product, v.plan, v.version`,
    [products],
  );

/** Revenue of the subscriptions at some terms, in one currency. */
export interface VersionRevenue extends Pick<SoldVersion, 'product' | 'plan' | 'version'> {
  readonly currency: string;
  readonly mrr_minor: number;
}

/** Revenue of a month, as of now, by the versions of all plans. */
export const recurringByVersion = (mode: Mode) =>
  statement<VersionRevenue>(
    `select v.product, v.plan, v.version, r.currency, round(sum(r.yearly) / 12)::bigint as mrr_minor
     from billing.recurring(app.now(), $1) r
       join entitlements.grants g on g.account_id = r.account_id and g.source = r.store and g.external_id = r.subscription
       join entitlements.plan_versions v on v.product = g.product and v.plan = g.plan and v.version = g.plan_version
     where r.yearly <> 0 group by 1, 2, 3, 4 order by r.currency`,
    [mode],
  );

/** Customers who pass from the terms at which they bought a plan to other ones. */
export interface MoveRow {
  readonly move_id: string;
  readonly product: string;
  readonly plan: string;
  readonly from_versions: readonly number[];
  readonly to_version: number;
  readonly at: 'renewal' | 'now';
  readonly starts_at: Date;
  readonly state: 'telling' | 'waiting' | 'done' | 'revoked';
  readonly told_to: string | null;
  readonly accounts: number;
  readonly created_by: string | null;
  readonly created_at: Date;
}

const MOVE = `move_id, product, plan, from_versions, to_version, at, starts_at, state, told_to, accounts, created_by, created_at`;

export const insertMove = (row: {
  readonly id: string;
  readonly product: string;
  readonly plan: string;
  readonly from: readonly number[];
  readonly terms: PlanTerms;
  readonly at: MoveRow['at'];
  readonly noticeDays: number;
  readonly by: UserId | null;
}) =>
  statement<MoveRow>(
    `insert into plans.moves (move_id, product, plan, from_versions, to_version, at, starts_at, created_by)
     values ($1, $2, $3, $4, entitlements.version_of($2, $3, $5::text::jsonb), $6, app.now() + make_interval(days => $7), $8)
     returning ${MOVE}`,
    [row.id, row.product, row.plan, row.from, JSON.stringify(row.terms), row.at, row.noticeDays, row.by],
  );

export const listMoves = statement<MoveRow>(
  `select ${MOVE} from plans.moves order by created_at desc, move_id desc limit 50`,
);

/** A move that is under way, locked until the transaction ends; no row: it is over, or another process has it. */
export const lockMove = (id: string) =>
  statement<MoveRow & { readonly is_due: boolean }>(
    `select ${MOVE}, starts_at <= app.now() as is_due from plans.moves
     where move_id = $1 and state in ('telling', 'waiting') for update skip locked`,
    [id],
  );

export const movesUnderWay = statement<{ move_id: string }>(
  `select move_id from plans.moves where state = 'telling' or state = 'waiting' and starts_at <= app.now() order by created_at`,
);

/** Ends a move: those who have passed stay, and those who wait for their next period keep their terms. */
export const revokeMove = (id: string) =>
  statement<MoveRow>(
    `update plans.moves set state = 'revoked', updated_at = app.now()
     where move_id = $1 and (state in ('telling', 'waiting') or state = 'done' and at = 'renewal') returning ${MOVE}`,
    [id],
  );

/** Ends the move of a plan that is under way. */
export const revokeMovesOf = ({ product, plan }: Pick<MoveRow, 'product' | 'plan'>) =>
  statement<MoveRow>(
    `update plans.moves set state = 'revoked', updated_at = app.now()
     where product = $1 and plan = $2 and state in ('telling', 'waiting') returning ${MOVE}`,
    [product, plan],
  );

export const moveById = (id: string) =>
  statement<MoveRow>(`select ${MOVE} from plans.moves where move_id = $1`, [id]);

/** Accounts that are told of a move, in the order of their ids, after one of them, with the newest of their terms. */
export const accountsToTell = (move: MoveRow, limit: number) =>
  statement<{ account_id: AccountId; version: number }>(
    `select account_id, max(plan_version) as version from entitlements.grants
     where product = $1 and plan = $2 and plan_version = any ($3) and account_id > coalesce($4, '00000000-0000-0000-0000-000000000000'::uuid)
       and revoked_at is null and coalesce(ends_at, 'infinity') > app.now()
     group by account_id order by account_id limit $5`,
    [move.product, move.plan, move.from_versions, move.told_to, limit],
  );

export const noteTold = (id: string, last: AccountId | undefined) =>
  statement(
    `update plans.moves set told_to = coalesce($2, told_to), state = case when $2::uuid is null then 'waiting' else state end, updated_at = app.now()
     where move_id = $1`,
    [id, last ?? null],
  );

/** Accounts that have not passed yet, of whom some may wait for their next period by a former order. A purchase that is over passes too: its store may find that it goes on. */
export const accountsToMove = (move: MoveRow, limit: number) =>
  statement<{ account_id: AccountId }>(
    `select distinct account_id from entitlements.grants
     where product = $1 and plan = $2 and plan_version = any ($3) and ($6 = 'now' or next_version is distinct from $4) and revoked_at is null
     order by account_id limit $5`,
    [move.product, move.plan, move.from_versions, move.to_version, limit, move.at],
  );

export const noteMoved = (id: string, accounts: number, isDone: boolean) =>
  statement(
    `update plans.moves set accounts = accounts + $2, state = case when $3 then 'done' else state end, updated_at = app.now() where move_id = $1`,
    [id, accounts, isDone],
  );

/** A move as callers see it. */
export function moveView(row: MoveRow) {
  return {
    id: row.move_id,
    plan: `${row.product}.${row.plan}`,
    from: [...row.from_versions],
    to: row.to_version,
    at: row.at,
    starts_at: row.starts_at.toISOString(),
    state: row.state,
    accounts: row.accounts,
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
  };
}
