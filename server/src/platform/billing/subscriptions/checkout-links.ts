import '../errors.ts';
import {
  type Catalogue,
  type Currency,
  isPack,
  localName,
  type Pack,
  type Price,
} from '#platform/entitlements';
import { type AccountId, AppError, type Clock, type UserId } from '#platform/kernel';
import { createSignedTokens, type Secrets } from '#platform/secrets';

/** How long a link leads to a checkout. */
const GOOD_FOR = 3_600_000;
const CONTEXT = 'links to a checkout';
/** The page of this server behind a link, which shows what is sold; the token is behind the #, which browsers do not send. */
const PAGE = '/v1/billing/checkout/link';

/** An account that may buy, and the user who orders for it. */
export interface Buyer {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

export interface LinkedOrder extends Buyer {
  /** `product.plan`, or the id of a pack of credits. */
  readonly sold: string;
}

/** A plan that would admit a denied call. */
export interface UpgradeOffer {
  readonly plan: string;
  readonly name: string;
  readonly price: Pick<Price, 'currency' | 'monthly'> & { readonly yearly: number | null };
  /** A page that leads to the checkout; null: nothing is sold here, or this caller does not buy for the account. */
  readonly checkout_url: string | null;
}

/** A pack of credits that would admit a denied call. */
export interface PackOffer extends Pick<Pack, 'name' | 'limit' | 'credits' | 'months'> {
  readonly add_on: string;
  readonly price: { readonly currency: Currency; readonly once: number };
  /** As that of a plan. */
  readonly checkout_url: string | null;
}

export interface CheckoutLinks {
  /** The offer of a plan by its id. Costs no I/O: the checkout is made when its link is followed. undefined: there is no such plan. */
  offer(plan: string, buyer: Buyer | undefined): UpgradeOffer | undefined;
  /** The same of a pack. */
  packOffer(addOn: string, buyer: Buyer | undefined): PackOffer | undefined;
  /** The offers of the plan (`upgrade`) and the pack (`add_on`) that the details of a denial name. */
  offersIn(
    details: Readonly<Record<string, unknown>>,
    buyer: Buyer | undefined,
  ): { readonly offer?: UpgradeOffer | null; readonly pack?: PackOffer | null };
  /** The order behind the token of a link. Throws `checkout_link_expired`. */
  read(token: string): LinkedOrder;
}

export interface CheckoutLinksParts {
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  readonly secrets: Pick<Secrets, 'derived'>;
  readonly clock: Clock;
  readonly reachedAt: () => string;
  readonly isSelling: boolean;
}

export function createCheckoutLinks(parts: CheckoutLinksParts): CheckoutLinks {
  const { catalogues } = parts;
  const tokens = createSignedTokens(parts, CONTEXT);
  const linkTo = (sold: string, amount: number, buyer: Buyer | undefined) => {
    if (!parts.isSelling || buyer === undefined || amount === 0) return null;
    return `${parts.reachedAt()}${PAGE}?sold=${sold}#${tokens.write([buyer.accountId, buyer.userId, sold], GOOD_FOR)}`;
  };
  const links: CheckoutLinks = {
    offer(id, buyer) {
      const [product = ''] = id.split('.', 1);
      const plan = catalogues.get(product)?.plans[localName(product, id)];
      if (plan === undefined) return undefined;
      const { currency, monthly, yearly = null } = plan.price;
      const price = { currency, monthly, yearly };
      return { plan: id, name: plan.name, price, checkout_url: linkTo(id, monthly, buyer) };
    },
    packOffer(id, buyer) {
      const [product = ''] = id.split('.', 1);
      const sold = catalogues.get(product)?.addOns[localName(product, id)];
      if (!isPack(sold)) return undefined;
      const { name, limit, credits, months } = sold;
      const { currency, once } = sold.price;
      const of = { name, limit, credits, months, price: { currency, once } };
      return { add_on: id, ...of, checkout_url: linkTo(id, once, buyer) };
    },
    offersIn: ({ upgrade, add_on: pack }, buyer) => ({
      ...(typeof upgrade === 'string' ? { offer: links.offer(upgrade, buyer) ?? null } : {}),
      ...(typeof pack === 'string' ? { pack: links.packOffer(pack, buyer) ?? null } : {}),
    }),
    read(token) {
      const found = tokens.read(token);
      if (found === undefined || found.until < parts.clock.now()) throw new AppError('checkout_link_expired');
      const [accountId, userId, sold] = found.values as [AccountId, UserId, string];
      return { accountId, userId, sold };
    },
  };
  return links;
}
