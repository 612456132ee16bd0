import { type Database, statement } from '#platform/db';
import { type Catalogue, grantsFor, UNLIMITED } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { ruleOf } from '../features.ts';

/** A plan that an account might have, by its name within the product. */
export interface PlanChoice {
  readonly product: string;
  readonly plan: string;
  /** Seats of it, where it is sold by seats; else 1. */
  readonly quantity: number;
}

/** A limit of which an account holds more than a plan has room for. */
export interface PlanExcess {
  readonly limit: string;
  readonly used: number;
  readonly max: number;
}

/** Kinds whose use lasts until it is removed. All other kinds reset by themselves. */
const LASTING_KINDS: ReadonlySet<string> = new Set(['gauge', 'members', 'seats']);

/**
 * Use of an account beyond another plan's limits: stored things, members, and machines at work, in the
 * order of the product's limits. Empty: the plan fits. A change to the plan removes nothing: what
 * there is stays, and grows again when there is room.
 */
export async function findPlanExcess(
  { db, catalogues }: { readonly db: Database; readonly catalogues: readonly Catalogue[] },
  accountId: AccountId,
  wish: PlanChoice,
): Promise<PlanExcess[]> {
  const { product } = wish;
  const catalogue = catalogues.find((one) => one.product === product);
  const plan = catalogue?.plans[wish.plan];
  if (catalogue === undefined || plan === undefined) throw new Error(`no such plan: ${product}.${wish.plan}`);
  const sizes = grantsFor(plan, wish.quantity);
  const rules = Object.entries(catalogue.limits).flatMap(([name, limit]) => {
    const { kind } = ruleOf(name, limit);
    const max = Number(sizes[name]);
    return LASTING_KINDS.has(kind) && max !== UNLIMITED ? [{ name, kind, max }] : [];
  });
  if (rules.length === 0) return [];
  const [rows] = await db.tenant(accountId, [readExcess(accountId, product, rules)]);
  return rows;
}

const readExcess = (
  accountId: AccountId,
  product: string,
  rules: readonly { readonly name: string; readonly kind: string; readonly max: number }[],
) =>
  statement<PlanExcess>(
    `select rule->>'name' as limit, used, (rule->>'max')::bigint as max
     from jsonb_array_elements($3::text::jsonb) with ordinality as rules (rule, place)
     cross join lateral (select case rule->>'kind'
       when 'members' then accounts.seated_members($1)
       when 'seats' then (select count(*) from limits.seats s
         where s.account_id = $1 and s.product = $2 and s.name = rule->>'name'
           and greatest(s.expires_at, s.owed_until) > app.now())
       else coalesce((select g.used from limits.gauges g where g.account_id = $1 and g.product = $2 and g.name = rule->>'name'), 0)
     end as used) as present
     where used > (rule->>'max')::bigint order by place`,
    [accountId, product, JSON.stringify(rules)],
  );
