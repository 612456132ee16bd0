import { statement, type Transaction } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { type Rule, ruleJson, ruleOf } from '../features.ts';

/** The use of the present windows of a product's limits. */
export type UsedAmounts = readonly { readonly rule: Rule; readonly used: number }[];

/** Carries the use of one account over to another, with a purchase that moves between them. In a transaction of the system role. */
export interface UsageCarrier {
  /** An account's use of a product, although it may hold no plan of it any more: its end may be heard of before the move. */
  usedIn(
    tx: Transaction,
    of: { readonly accountId: AccountId; readonly product: string },
  ): Promise<UsedAmounts>;
  /** Adds it to what another has used, in its own present windows. */
  chargeIn(
    tx: Transaction,
    of: { readonly accountId: AccountId; readonly product: string },
    used: UsedAmounts,
  ): Promise<void>;
}

/** Kinds of limits whose use can be carried: the rest counts machines, rows and moments. */
const CARRIED: ReadonlySet<string> = new Set(['quota', 'credits', 'budget']);

export function createUsageCarrier(catalogues: readonly Catalogue[]): UsageCarrier {
  return {
    async usedIn(tx, { accountId, product }) {
      const rules = carriedRulesOf(catalogues, product);
      const asked = JSON.stringify(rules.map((rule) => ruleJson(product, rule)));
      const [held, counted] = await tx.runAll([
        usedOfPlan(accountId, asked),
        usedInWindows(accountId, asked),
      ]);
      const used = new Map([...held, ...counted].map((row) => [row.name, row.used]));
      return rules.map((rule) => ({ rule, used: used.get(rule.name) ?? 0 }));
    },
    async chargeIn(tx, { accountId, product }, amounts) {
      for (const { rule, used } of amounts)
        if (used > 0) await tx.run(chargeUse(accountId, { product, rule, used }));
    },
  };
}

function carriedRulesOf(catalogues: readonly Catalogue[], product: string): Rule[] {
  const limits = catalogues.find((one) => one.product === product)?.limits ?? {};
  return Object.entries(limits).flatMap(([name, declaration]) =>
    declaration.by === 'account' && CARRIED.has(declaration.kind) ? [ruleOf(name, declaration)] : [],
  );
}

interface UsedRow {
  readonly name: string;
  readonly used: number;
}

const usedOfPlan = (accountId: AccountId, asked: string) =>
  statement<UsedRow>('select name, used::float8 from limits.usage_of($1, $2::jsonb)', [accountId, asked]);

/** As the meters have it: credits alone are counted by the plan that gives them. */
const usedInWindows = (accountId: AccountId, asked: string) =>
  statement<UsedRow>(
    `select asked.n as name, m.used[at.at]::float8 as used
     from jsonb_to_recordset($2::jsonb) as asked (p text, n text, k text, w text)
     join limits.meters m on m.account_id = $1 and m.scope = asked.p
     cross join lateral (select array_position(m.names, asked.n) as at) at
     where asked.k <> 'credits' and at.at is not null
       and m.starts[at.at] = (limits.window_of($1, asked.p, asked.w, m.starts[at.at], app.now())).starts`,
    [accountId, asked],
  );

const chargeUse = (
  accountId: AccountId,
  { product, rule, used }: { readonly product: string; readonly rule: Rule; readonly used: number },
) =>
  statement(
    'select limits.adjust_limit($1, $2, row($3, $4, $5, $6, $7::integer, $8::bigint, null)::limits.rule, $9)',
    [accountId, product, rule.name, rule.kind, rule.per, rule.by, rule.share, rule.most, used],
  );
