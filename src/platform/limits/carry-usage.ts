import { statement, type Transaction } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { type Rule, ruleOf } from './features.ts';

/** What was used of the present windows of a product's limits. */
export type UsedAmounts = readonly { readonly rule: Rule; readonly used: number }[];

/** Has what one account used count for another: for a purchase that goes from the one to the other. In a transaction of the system role. */
export interface UsageCarrier {
  /** What an account has used of a product. */
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

/** What can be counted twice: the rest is of machines, rows and moments. */
const CARRIED: ReadonlySet<string> = new Set(['quota', 'credits', 'budget']);

export function createUsageCarrier(catalogues: readonly Catalogue[]): UsageCarrier {
  return {
    async usedIn(tx, { accountId, product }) {
      const rules = carriedRules(catalogues, product);
      const asked = rules.map(({ name: n, kind: k, per: w, share: s, most: m }) => ({
        p: product,
        n,
        k,
        w,
        s,
        m,
      }));
      const rows = await tx.run(
        statement<{ name: string; used: number }>(
          'select name, used::float8 from limits.usage_of($1, $2::jsonb)',
          [accountId, JSON.stringify(asked)],
        ),
      );
      const used = new Map(rows.map((row) => [row.name, row.used]));
      return rules.map((rule) => ({ rule, used: used.get(rule.name) ?? 0 }));
    },
    async chargeIn(tx, { accountId, product }, amounts) {
      for (const { rule, used } of amounts)
        if (used > 0) await tx.run(charge(accountId, { product, rule, used }));
    },
  };
}

function carriedRules(catalogues: readonly Catalogue[], product: string): Rule[] {
  const limits = catalogues.find((one) => one.product === product)?.limits ?? {};
  return Object.entries(limits).flatMap(([name, declaration]) =>
    declaration.by === 'account' && CARRIED.has(declaration.kind) ? [ruleOf(name, declaration)] : [],
  );
}

const charge = (
  accountId: AccountId,
  { product, rule, used }: { readonly product: string; readonly rule: Rule; readonly used: number },
) =>
  statement(
    'select limits.adjust_limit($1, $2, row($3, $4, $5, $6, $7::integer, $8::bigint, null)::limits.rule, $9)',
    [accountId, product, rule.name, rule.kind, rule.per, rule.by, rule.share, rule.most, used],
  );
