import type { Mode } from '#platform/billing';
import { type Database, type Statement, statement } from '#platform/db';
import { type ExchangeRates, toMinor } from './exchange-rates.ts';
import { readerFor } from './usage.ts';

/** Revenue and cost of accounts, in one currency: of the last 30 days, and MRR as it is now. Minor units. */
export interface AccountMoney {
  readonly currency: string;
  /** Payments to us, taxes included, less what went back. */
  readonly paid_minor: number;
  /** The same less the provider's fees and taxes. */
  readonly net_minor: number;
  /** Payees' part of it. */
  readonly share_minor: number;
  readonly mrr_minor: number;
  /** Cost of its model calls; null: there is no rate for the currency. */
  readonly cost_minor: number | null;
  /** net − share − cost */
  readonly margin_minor: number | null;
}

interface MoneyRow extends Omit<AccountMoney, 'cost_minor' | 'margin_minor'> {
  readonly account_id: string;
  readonly cost_micros: number;
}

/** The last 30 days, until right after now. */
export interface MoneySpan {
  readonly since: Date;
  readonly now: Date;
}

export const moneySpan = (): Statement<MoneySpan> =>
  statement<MoneySpan>(
    `select now - interval '30 days' as since, now from (select app.now() + interval '1 second' as now) as present`,
    [],
  );

interface MoneyParts {
  readonly db: Database;
  readonly rates: ExchangeRates;
  readonly mode: Mode;
}

/** By account, a row for each currency; costs are in the currency in which the account last bought, at the newest rate. */
export async function readAccountMoney(
  { db, rates, mode }: MoneyParts,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, AccountMoney[]>> {
  const read = readerFor(db, 'everybody');
  const [span] = await read(moneySpan());
  if (span === undefined) throw new Error('the database did not say what time it is');
  const rows = await read(moneyOf(accountIds, span, mode));
  const day = span.now.toISOString().slice(0, 10);
  const byAccount = new Map<string, AccountMoney[]>();
  for (const { account_id: account, cost_micros: micros, ...money } of rows) {
    const quote = money.currency === 'usd' ? undefined : rates.on(money.currency, day);
    const isConvertible = money.currency === 'usd' || quote !== undefined;
    const cost = isConvertible ? toMinor(micros, money.currency, quote) : null;
    const all = byAccount.get(account) ?? [];
    all.push({
      ...money,
      cost_minor: cost,
      margin_minor: cost === null ? null : money.net_minor - money.share_minor - cost,
    });
    byAccount.set(account, all);
  }
  return byAccount;
}

/** Instants are values: PostgreSQL plans the functions as parts of the statement then, for these accounts alone. */
const moneyOf = (accountIds: readonly string[], { since, now }: MoneySpan, mode: Mode): Statement<MoneyRow> =>
  statement<MoneyRow>(
    `with spent as (
       select account_id, product, sum(posted + estimated + corrections) as cost
       from reports.usage($2, $3) where not own and account_id = any($1::uuid[]) group by 1, 2),
     rows as (
       select account_id, currency, gross, gross - fee - tax as net, share, 0 as yearly, 0 as cost
       from reports.revenue($2, $3, $4) where account_id = any($1::uuid[])
       union all
       select account_id, currency, 0, 0, 0, yearly, 0 from billing.recurring($3, $4) where account_id = any($1::uuid[])
       union all
       select account_id, reports.currency_of(account_id, product, $3, $4), 0, 0, 0, 0, cost from spent)
     select account_id, currency, sum(gross)::bigint as paid_minor, sum(net)::bigint as net_minor, sum(share)::bigint as share_minor, round(sum(yearly) / 12)::bigint as mrr_minor,
       sum(cost)::bigint as cost_micros
     from rows group by account_id, currency order by account_id, sum(gross) desc, currency`,
    [accountIds, since, now, mode],
  );
