import { type Statement, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { MOST_KINDS, type ShownCount } from './counts.ts';
import type { Period, ProductRelease } from './declaration.ts';
import type { Rational } from './rational.ts';

/** The last period that is over: so many months of UTC, counted from January. None that was over before this server was there: it would be noise alone. */
export function lastPeriod(months: number): Statement<Period> {
  return statement(
    `select starts_on::text, ends_on::text
     from (select app.now() at time zone 'UTC' as now) clock
     cross join lateral (
       select (date_trunc('month', now) - make_interval(months => (extract(month from now)::integer - 1) % $1::integer))::date as ends_on
     ) as ended
     cross join lateral (select (ends_on - make_interval(months => $1::integer))::date as starts_on) as started
     where ends_on > (select (created_at at time zone 'UTC')::date from app.installation)`,
    [months],
  );
}

/** When two begin a period at once, the second waits for the first. A period that shares days with another is not begun. */
export function beginBudget({ starts_on, ends_on }: Period): Statement {
  return statement(
    'insert into privacy.budgets (starts_on, ends_on) values ($1::date, $2::date) on conflict do nothing',
    [starts_on, ends_on],
  );
}

/** Locked until the transaction ends. None: the period shares days with another one, whose budget it must not have again. */
export function lockBudget(of: Period): Statement<{ numerator: string; denominator: string }> {
  return statement(
    `select spent_numerator::text as numerator, spent_denominator::text as denominator from privacy.budgets
     where starts_on = $1::date and ends_on = $2::date for update`,
    [of.starts_on, of.ends_on],
  );
}

export function spendBudget({ starts_on }: Period, { numerator, denominator }: Rational): Statement {
  return statement(
    `update privacy.budgets set spent_numerator = $2::numeric, spent_denominator = $3::numeric, updated_at = app.now()
     where starts_on = $1::date`,
    [starts_on, String(numerator), String(denominator)],
  );
}

const TAKES_PART =
  'from privacy.participants p join accounts.accounts a using (account_id) where a.deleted_at is null';

/** Accounts that take part, without those that are closed. */
export const participants: Statement<{ account_id: AccountId }> = statement(
  `select p.account_id ${TAKES_PART}`,
);

/** Those that still do, who then can't leave before the transaction ends. A member who is about to leave is left out, and not waited for. */
export const lockParticipants: Statement<{ account_id: AccountId }> = statement(
  `select p.account_id ${TAKES_PART} for share of p skip locked`,
);

export function insertRelease(
  { product, epsilon, minimumGroup, kinds }: ProductRelease,
  { starts_on }: Period,
  shown: readonly ShownCount[],
): Statement {
  const { numerator, denominator } = epsilon;
  return statement(
    `insert into privacy.releases
       (product, starts_on, epsilon_numerator, epsilon_denominator, most_kinds, minimum_group, kinds, counts)
     values ($1, $2::date, $3, $4, $5, $6, $7, $8)`,
    [
      product,
      starts_on,
      Number(numerator),
      Number(denominator),
      MOST_KINDS,
      minimumGroup,
      kinds.length,
      JSON.stringify(shown),
    ],
  );
}

/** A release, how it was made, and what its period has left of its budget. Fractions are text: `1/2`. */
export interface Release extends Period {
  readonly product: string;
  readonly epsilon: string;
  readonly most_kinds: number;
  readonly minimum_group: number;
  readonly kinds: number;
  readonly counts: ShownCount[];
  readonly period_spent: string;
  readonly period_left: string;
  readonly created_at: Date;
}

/** Where a list of releases goes on: after this one. */
export type ReleasePosition = readonly [startsOn: string, product: string];

/** Releases of a product, or of all (null), the newest first. */
export function listReleases(
  product: string | null,
  { after, limit }: { readonly after?: ReleasePosition | undefined; readonly limit: number },
): Statement<Release> {
  return statement(
    `select r.product, r.starts_on::text, b.ends_on::text, format('%s/%s', r.epsilon_numerator, r.epsilon_denominator) as epsilon,
       r.most_kinds, r.minimum_group, r.kinds, r.counts, format('%s/%s', b.spent_numerator, b.spent_denominator) as period_spent,
       format('%s/%s', b.spent_denominator - b.spent_numerator, b.spent_denominator) as period_left, r.created_at
     from privacy.releases r join privacy.budgets b using (starts_on)
     where ($1::text is null or r.product = $1) and ($2::date is null or (r.starts_on, r.product) < ($2::date, $3::text))
     order by r.starts_on desc, r.product desc limit $4::integer`,
    [product, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
}

export function participant(accountId: AccountId): Statement<{ created_at: Date }> {
  return statement('select created_at from privacy.participants where account_id = $1', [accountId]);
}

/** Answers a row where this changed anything. */
export function setParticipant(accountId: AccountId, takesPart: boolean): Statement<{ account_id: string }> {
  return statement(
    takesPart
      ? 'insert into privacy.participants (account_id) values ($1) on conflict do nothing returning account_id'
      : 'delete from privacy.participants where account_id = $1 returning account_id',
    [accountId],
  );
}

/** Has accounts take part in no release; answers those that did. */
export function removeParticipants(accountIds: readonly AccountId[]): Statement<{ account_id: AccountId }> {
  return statement(
    'delete from privacy.participants where account_id = any($1::uuid[]) returning account_id',
    [accountIds],
  );
}
