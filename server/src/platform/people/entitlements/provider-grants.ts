import { statement, type Transaction } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import { type Catalogue, isPack } from './catalogue.ts';
import type { Rewriter } from './snapshots.ts';
import { type GrantRow, lockAccounts } from './store.ts';
import { termsIn } from './terms.ts';
import type { ProviderSource } from './timeline.ts';

/** A payment provider's grant to an account, as it is now. Exactly one of `plan` and `addOn`, by their names within the product. */
export interface ProviderGrant {
  /** As the provider calls it: the same purchase has the same one for ever. */
  readonly externalId: string;
  readonly product: string;
  readonly plan?: string | undefined;
  /** Lasts as many days as it was sold for when it was first seen, for each of `quantity`, stacked. */
  readonly addOn?: string | undefined;
  readonly quantity: number;
  readonly startsAt: Date;
  /** The exact end of a plan; not later than its beginning: it was never in effect. An add-on has none. */
  readonly endsAt: Date | null;
  /** When it was taken back. */
  readonly revokedAt: Date | null;
  /** From when on the provider bills units past its limits, where it does; not said: from its beginning. */
  readonly meteredFrom?: Date | undefined;
}

export interface ProviderGrants {
  readonly accountId: AccountId;
  readonly source: ProviderSource;
  /** All that the provider grants the account: what it granted before and is missing here ends now. */
  readonly grants: readonly ProviderGrant[];
}

interface Parts {
  readonly ids: Ids;
  readonly rewriter: Rewriter;
  readonly catalogues: ReadonlyMap<string, Catalogue>;
}

/**
 * Puts what a payment provider grants an account in the place of what it granted before, and rewrites the timelines. Rows are kept
 * by the provider's names and changed in place, so that the same list again changes nothing, and any order of lists ends as
 * the last one alone. What the catalogue does not know (any more) is kept and gives nothing; but an add-on that it never
 * knew is left out, for its length is not known.
 * @returns whether any timeline changed
 */
export async function providerGrantsIn(
  parts: Parts,
  tx: Transaction,
  wanted: ProviderGrants,
): Promise<boolean> {
  const { accountId, source, grants } = wanted;
  const rows = grants.flatMap((grant) => rowOf(parts, grant));
  const [, before] = await tx.runAll([lockAccounts([accountId]), productsOf(accountId, source)]);
  await tx.runAll([keep(wanted, rows), endOthers(wanted)]);
  const products = new Set([...before, ...rows].map(({ product }) => product));
  let changed = false;
  for (const product of [...products].sort()) {
    const rewritten = await parts.rewriter.rewriteIn(tx, [accountId], { product, cause: 'store_changed' });
    changed ||= rewritten.length > 0;
  }
  return changed;
}

/** `days` of an add-on; null where the catalogue does not say: a row that exists says it. */
interface ProviderGrantRow
  extends Omit<
    GrantRow,
    'account_id' | 'source' | 'cause' | 'created_by' | 'created_at' | 'plan_version' | 'overrides'
  > {
  readonly external_id: string;
}

function rowOf({ ids, catalogues }: Parts, grant: ProviderGrant): ProviderGrantRow[] {
  const { externalId, product, plan, addOn, quantity, startsAt, endsAt, revokedAt } = grant;
  const common = { id: ids.next(), external_id: externalId, product, quantity, starts_at: startsAt };
  const taken = { revoked_at: revokedAt, metered_from: grant.meteredFrom ?? null };
  if (addOn === undefined) {
    const end = endsAt !== null && endsAt < startsAt ? startsAt : endsAt;
    const catalogue = catalogues.get(product);
    const terms = catalogue === undefined || plan === undefined ? null : termsIn(catalogue, plan);
    return [{ ...common, plan: plan ?? null, add_on: null, ends_at: end, days: null, terms, ...taken }];
  }
  const addOns = catalogues.get(product)?.addOns ?? {};
  const sold = Object.hasOwn(addOns, addOn) ? addOns[addOn] : undefined;
  const days = sold === undefined || isPack(sold) ? null : sold.days * quantity;
  return [{ ...common, plan: null, add_on: addOn, ends_at: null, days, terms: null, ...taken }];
}

const productsOf = (accountId: AccountId, source: ProviderSource) =>
  statement<{ product: string }>(
    'select distinct product from entitlements.grants where account_id = $1 and source = $2',
    [accountId, source],
  );

/**
 * A purchase stays as it was sold: an add-on has its days, and a plan its terms, until it is moved
 * with a period that begins, or another plan is bought in its place, which ends what was agreed with the account too. A change that waited has the terms of the day on which it was asked for.
 */
const keep = ({ accountId, source }: ProviderGrants, rows: readonly ProviderGrantRow[]) =>
  statement(
    `insert into entitlements.grants as kept
       (account_id, id, source, cause, external_id, product, plan, add_on, quantity, starts_at, ends_at, days, revoked_at, metered_from,
        plan_version, next_version)
     select $1, next.id, $2, 'bought', next.external_id, next.product, next.plan, next.add_on, next.quantity, next.starts_at, next.ends_at,
       coalesce(former.days, next.days), next.revoked_at, next.metered_from,
       case when next.terms is null then former.plan_version
         when not goes_on then coalesce(waited.plan_version, entitlements.version_of(next.product, next.plan, next.terms))
         when renews then coalesce(former.next_version, former.plan_version)
         else coalesce(former.plan_version, entitlements.version_of(next.product, next.plan, next.terms)) end,
       case when goes_on and not renews then former.next_version end
     from jsonb_to_recordset($3::text::jsonb) as next (id uuid, external_id text, product text, plan text, add_on text, quantity integer,
       starts_at timestamptz, ends_at timestamptz, days integer, revoked_at timestamptz, metered_from timestamptz, terms jsonb)
     left join entitlements.grants former on former.account_id = $1 and former.source = $2 and former.external_id = next.external_id
     left join entitlements.grants waited on waited.account_id = $1 and waited.source = $2 and waited.external_id = next.external_id || '/next'
       and waited.product = next.product and waited.plan = next.plan
     cross join lateral (select coalesce(former.product = next.product and former.plan = next.plan, false) as goes_on,
       former.plan_version is not null and coalesce(next.ends_at > former.ends_at, false) as renews) as meets
     where next.add_on is null or coalesce(former.days, next.days) is not null
     on conflict (account_id, source, external_id) where external_id is not null do update
       set (product, plan, add_on, quantity, starts_at, ends_at, days, revoked_at, metered_from, plan_version, next_version, overrides, updated_at)
         = row(excluded.product, excluded.plan, excluded.add_on, excluded.quantity, excluded.starts_at, excluded.ends_at, excluded.days,
           excluded.revoked_at, excluded.metered_from, excluded.plan_version, excluded.next_version,
           case when kept.product = excluded.product and kept.plan = excluded.plan then kept.overrides end, app.now())
       where (kept.product, kept.plan, kept.add_on, kept.quantity, kept.starts_at, kept.ends_at, kept.days, kept.revoked_at, kept.metered_from,
           kept.plan_version, kept.next_version)
         is distinct from (excluded.product, excluded.plan, excluded.add_on, excluded.quantity, excluded.starts_at, excluded.ends_at,
           excluded.days, excluded.revoked_at, excluded.metered_from, excluded.plan_version, excluded.next_version)`,
    [accountId, source, JSON.stringify(rows)],
  );

const endOthers = ({ accountId, source, grants }: ProviderGrants) =>
  statement(
    `update entitlements.grants set revoked_at = date_trunc('milliseconds', app.now()), updated_at = app.now()
     where account_id = $1 and source = $2 and revoked_at is null
       and external_id not in (select jsonb_array_elements_text($3::text::jsonb))`,
    [accountId, source, JSON.stringify(grants.map(({ externalId }) => externalId))],
  );
