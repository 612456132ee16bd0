import type { Database } from '#platform/db';
import { assertRunning, type Entitlements, isRunning } from '#platform/entitlements';
import type { Identity } from '#platform/identity';
import { type AccountId, AppError } from '#platform/kernel';
import type { Mode } from './payment-provider.ts';
import { omitBudgets } from './price-list.ts';
import { productsWithTrial, triableProducts } from './trials.ts';
import { type EntitlementView, entitlementView, gracesOf, type LimitInUse } from './views.ts';

/** The `typ` of a token that carries an entitlement, so that it can be taken for no other one. */
const TOKEN_TYPE = 'entitlement+jwt';

export interface HeldEntitlementsParts {
  readonly db: Database;
  readonly entitlements: Entitlements;
  /** An account's use of its limits. */
  readonly usage: (accountId: AccountId) => Promise<readonly LimitInUse[]>;
  readonly signToken: Identity['signToken'];
  /** Where plans are bought; undefined: nowhere. */
  readonly selling?: { readonly mode: Mode; readonly freeAccountsPerUser: number } | undefined;
}

/** Entitlements of accounts, as they are told. */
export interface HeldEntitlements {
  /** Without budgets, unless their reader sees what model calls cost. */
  entitlements(accountId: AccountId, seesModelCost?: boolean): Promise<EntitlementView[]>;
  /** That of one product without budgets, signed: for a day at most, and never for longer than it stays as it is. Throws `not_found`. */
  entitlementToken(accountId: AccountId, product: string): ReturnType<Identity['signToken']>;
}

export function createHeldEntitlements(parts: HeldEntitlementsParts): HeldEntitlements {
  const conceal = (view: EntitlementView) => withoutBudgets(parts, view);
  return {
    entitlements: async (accountId, seesModelCost = false) =>
      (await readHeld(parts, accountId)).map(({ view }) => (seesModelCost ? view : conceal(view))),
    async entitlementToken(accountId, product) {
      assertRunning(parts.entitlements.catalogues.get(product));
      const held = await readHeld(parts, accountId);
      const found = held.find(({ view }) => view.product === product);
      if (found === undefined) throw new AppError('not_found', { message: 'There is no such product.' });
      const { view, changesAt } = found;
      return parts.signToken({
        type: TOKEN_TYPE,
        audience: product,
        subject: accountId,
        claims: { entitlement: conceal(view) },
        expiresAt: changesAt === null ? Number.POSITIVE_INFINITY : Math.floor(Date.parse(changesAt) / 1_000),
      });
    },
  };
}

function withoutBudgets({ entitlements }: HeldEntitlementsParts, view: EntitlementView): EntitlementView {
  const catalogue = entitlements.catalogues.get(view.product);
  if (catalogue === undefined) return view;
  return {
    ...view,
    grants: omitBudgets(catalogue, view.grants),
    used: omitBudgets(catalogue, view.used),
    left: omitBudgets(catalogue, view.left),
    resets_at: omitBudgets(catalogue, view.resets_at),
  };
}

async function readHeld(
  parts: HeldEntitlementsParts,
  accountId: AccountId,
): Promise<{ readonly view: EntitlementView; readonly changesAt: string | null }[]> {
  const { db, entitlements, usage } = parts;
  const [held, used, [graces, tried]] = await Promise.all([
    entitlements.current(accountId),
    usage(accountId),
    db.tenant(accountId, [gracesOf(accountId), triableOf(parts)]),
  ]);
  const mayTry = new Map(tried.map((one) => [one.product, one]));
  const off = new Set(
    [...entitlements.catalogues.values()].filter((one) => !isRunning(one)).map(({ product }) => product),
  );
  // A product that is off is listed while it is paid for: its payer can end that.
  const listed = held.filter(({ product, paid }) => !off.has(product) || paid.length > 0);
  return listed.map((one) => ({
    view: entitlementView(one, { usage: used, graces, triableProducts: mayTry }),
    changesAt: one.changesAt,
  }));
}

function triableOf({ entitlements, selling }: HeldEntitlementsParts) {
  const products =
    selling === undefined ? [] : productsWithTrial([...entitlements.catalogues.values()].filter(isRunning));
  return triableProducts(selling?.mode ?? 'live', products, selling?.freeAccountsPerUser ?? 0);
}
