import type { AccountByName, AccountName } from '#platform/accounts';
import { actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import {
  assertRunning,
  type Grants,
  type GrantValue,
  isRunning,
  localName,
  UNLIMITED,
} from '#platform/entitlements';
import { type Answer, answer, type Caller, type HtmlPage, type Once, type Page, page } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import type { CreditsGiver } from '#platform/limits';
import {
  addOnView,
  type AddOnView,
  creditsView,
  type CreditsView,
  type GrantView,
  grantView,
} from './views.ts';
import {
  createHeldEntitlements,
  type HeldEntitlements,
  type HeldEntitlementsParts,
} from './held-entitlements.ts';
import { priceListOf } from './price-list.ts';
import { pricePage } from './price-page.ts';

const GRANTED = commitPoint(
  'billing.granted',
  "an admin's grant, the account's new timeline and the answer to a repeat",
);
const CREDITS = commitPoint('billing.credits-given', "an admin's credits and the answer to a repeat");
const OVERRIDDEN = commitPoint(
  'billing.overridden',
  'an account has by agreement what its plan does not have, and its new timeline',
);
const REVOKED = commitPoint('billing.revoked', 'a grant has ended, and the account has its new timeline');

/** A plan or add-on that an admin gives by hand. Ids may be written in full (`reel.pro`) or within the product (`pro`). */
export interface GrantOrder extends AccountName {
  readonly product: string;
  readonly plan?: string | undefined;
  readonly add_on?: string | undefined;
  readonly until?: string | undefined;
  readonly quantity?: number | undefined;
  readonly overrides?: AskedOverrides | undefined;
}

/** By limit or option; null: without a cap. */
export type AskedOverrides = Readonly<Record<string, GrantValue | null>>;

/** Credits that an admin gives by hand. */
export interface CreditsOrder extends AccountName {
  readonly product: string;
  readonly limit: string;
  readonly amount: number;
  readonly expires_at?: string | undefined;
}

interface ByWhom {
  readonly caller: Caller;
  readonly origin: RequestOrigin;
}

export interface Billing extends HeldEntitlements {
  /** Everything on sale: of all products, or of one. */
  priceList(
    product?: string,
    seesModelCost?: boolean,
  ): ReturnType<typeof priceListOf> & { readonly sold: boolean };
  /** The page of a product's prices. */
  pricePage(product: string): HtmlPage;
  /** By `product.plan`, or by the name within its product where one product that runs has it. */
  plan(id: string, seesModelCost?: boolean): ReturnType<typeof priceListOf>['data'][number];
  /** All add-ons that the account ever had, newest first. */
  addOns(
    accountId: AccountId,
    at: { readonly limit: number; readonly before?: string | undefined },
  ): Promise<Page<AddOnView>>;
  /** `once` opens a transaction of the system role: the account is not the admin's own. */
  give(order: GrantOrder, by: ByWhom & { readonly once: Once }): Promise<Answer<GrantView>>;
  revoke(grantId: string, by: ByWhom): Promise<GrantView>;
  /** Puts what an account has by agreement in the place of what its grant's plan has; nothing: that ends. */
  override(grantId: string, overrides: AskedOverrides, by: ByWhom): Promise<GrantView>;
  giveCredits(order: CreditsOrder, by: ByWhom & { readonly once: Once }): Promise<Answer<CreditsView>>;
  grants(
    name: AccountName,
    at: { readonly limit: number; readonly before?: string | undefined },
  ): Promise<Page<GrantView>>;
}

export interface BillingParts extends HeldEntitlementsParts {
  readonly accountByName: AccountByName;
  readonly credits: CreditsGiver;
}

/** Plans on sale, an account's own, and grants that admins give by hand. Payment providers come on top of it. */
export function createBilling(parts: BillingParts): Billing {
  const { db, entitlements } = parts;
  /** Plans of this name on sale in products that run. */
  const plansNamed = (name: string, seesModelCost?: boolean) =>
    priceListOf([...entitlements.catalogues.values()].filter(isRunning), seesModelCost).data.filter(
      ({ id, product }) => id === `${product}.${name}`,
    );
  return {
    priceList(product, seesModelCost) {
      assertRunning(entitlements.catalogues.get(product ?? ''));
      const catalogues = [...entitlements.catalogues.values()].filter(isRunning);
      const asked = product === undefined ? catalogues : catalogues.filter((one) => one.product === product);
      if (asked.length === 0) throw new AppError('not_found', { message: 'There is no such product.' });
      return { sold: parts.selling !== undefined, ...priceListOf(asked, seesModelCost) };
    },
    pricePage(product) {
      const catalogue = entitlements.catalogues.get(product);
      if (catalogue === undefined) throw new AppError('not_found', { message: 'There is no such product.' });
      assertRunning(catalogue);
      return pricePage({ key: product, name: catalogue.name }, priceListOf([catalogue]));
    },
    plan(id, seesModelCost) {
      const plans = priceListOf([...entitlements.catalogues.values()], seesModelCost).data;
      const whole = plans.find((one) => one.id === id);
      assertRunning(entitlements.catalogues.get(whole?.product ?? ''));
      const named = whole === undefined ? plansNamed(id, seesModelCost) : [whole];
      if (named.length > 1)
        throw new AppError('plan_ambiguous', { details: { candidates: named.map((one) => one.id) } });
      const [plan] = named;
      if (plan === undefined) throw new AppError('not_found', { message: 'There is no such plan.' });
      return plan;
    },
    ...createHeldEntitlements(parts),
    async addOns(accountId, { limit, before }) {
      const all = await entitlements.addOnsOf(accountId);
      const from = before === undefined ? 0 : all.findIndex(({ grant }) => grant.id === before) + 1;
      return page(all.slice(from, from + limit + 1), limit, {
        item: addOnView,
        position: ({ grant }) => [grant.id],
      });
    },
    give: (order, by) => give(parts, order, by),
    giveCredits: (order, by) => giveCredits(parts, order, by),
    async revoke(grantId, { caller, origin }) {
      const by = actorOf(caller);
      const revoked = await db.system('admin.grants', REVOKED, (tx) =>
        entitlements.revokeIn(tx, { grantId, by, origin }),
      );
      if (revoked === undefined) throw new AppError('not_found', { message: 'There is no such grant.' });
      entitlements.announce(revoked.accountId);
      return grantView(revoked);
    },
    async override(grantId, asked, { caller, origin }) {
      const agreed = { grantId, overrides: overridesOf(asked), by: actorOf(caller), origin };
      const grant = await db.system('admin.grants', OVERRIDDEN, (tx) => entitlements.overrideIn(tx, agreed));
      if (grant === undefined) throw new AppError('not_found', { message: 'There is no such grant.' });
      entitlements.announce(grant.accountId);
      return grantView(grant);
    },
    async grants(name, { limit, before }) {
      const accountId = await parts.accountByName(name);
      const rows = await entitlements.grantsOf(accountId, { limit: limit + 1, before });
      return page(rows, limit, { item: grantView, position: ({ id }) => [id] });
    },
  };
}

export function overridesOf(asked: AskedOverrides): Grants | null {
  const all = Object.entries(asked).map(([name, value]) => [name, value ?? UNLIMITED]);
  return all.length === 0 ? null : Object.fromEntries(all);
}

async function give(
  { entitlements, accountByName }: BillingParts,
  order: GrantOrder,
  { caller, origin, once }: ByWhom & { readonly once: Once },
): Promise<Answer<GrantView>> {
  assertRunning(entitlements.catalogues.get(order.product));
  const accountId = await accountByName(order);
  const { product, plan, add_on: addOn, until, quantity, overrides } = order;
  const given = await once(GRANTED, async (tx) => {
    const grant = await entitlements.grantIn(tx, {
      accountId,
      product,
      plan: plan === undefined ? undefined : localName(product, plan),
      addOn: addOn === undefined ? undefined : localName(product, addOn),
      until: until === undefined ? undefined : new Date(until),
      quantity,
      overrides: overrides && overridesOf(overrides),
      source: 'admin',
      cause: 'given by an admin',
      by: actorOf(caller),
      origin,
    });
    return answer(201, grantView(grant));
  });
  entitlements.announce(accountId);
  return given;
}

async function giveCredits(
  { entitlements, accountByName, credits }: BillingParts,
  order: CreditsOrder,
  { caller, origin, once }: ByWhom & { readonly once: Once },
): Promise<Answer<CreditsView>> {
  assertRunning(entitlements.catalogues.get(order.product));
  const accountId = await accountByName(order);
  const { product, limit, amount, expires_at: until } = order;
  const given = await once(CREDITS, async (tx) => {
    const made = await credits(tx, {
      accountId,
      product,
      limit,
      amount,
      expiresAt: until === undefined ? undefined : new Date(until),
      source: 'admin',
      cause: 'given by an admin',
      by: actorOf(caller),
      origin,
    });
    return answer(201, creditsView(made));
  });
  // A denial that is remembered somewhere no longer holds.
  entitlements.announce(accountId);
  return given;
}
