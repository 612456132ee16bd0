import '../errors.ts';
import { type Catalogue, localName, type Price } from '#platform/entitlements';
import { type AccountId, AppError, type Clock, type UserId } from '#platform/kernel';
import { createSignedTokens, type Secrets } from '#platform/secrets';

/** How long a link leads to a checkout. */
const GOOD_FOR = 3_600_000;
const CONTEXT = 'links to a checkout';
/** The page of this server behind a link; the token is behind the #, which browsers do not send. */
const PAGE = '/v1/billing/checkout/link';

/** An account that may buy, and the user who orders for it. */
export interface Buyer {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

export interface LinkedOrder extends Buyer {
  /** `product.plan`. */
  readonly plan: string;
}

/** A plan that would admit a denied call. */
export interface UpgradeOffer {
  readonly plan: string;
  readonly name: string;
  readonly price: Pick<Price, 'currency' | 'monthly'> & { readonly yearly: number | null };
  /** A page that leads to the checkout; null: nothing is sold here, or this caller does not buy for the account. */
  readonly checkout_url: string | null;
}

export interface CheckoutLinks {
  /** The offer of a plan by its id. Costs no I/O: the checkout is made when its link is followed. undefined: there is no such plan. */
  offer(plan: string, buyer: Buyer | undefined): UpgradeOffer | undefined;
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
  const linkTo = (plan: string, { accountId, userId }: Buyer) =>
    `${parts.reachedAt()}${PAGE}#${tokens.write([accountId, userId, plan], GOOD_FOR)}`;

  return {
    offer(id, buyer) {
      const [product = ''] = id.split('.', 1);
      const plan = catalogues.get(product)?.plans[localName(product, id)];
      if (plan === undefined) return undefined;
      const { currency, monthly, yearly = null } = plan.price;
      const isSold = parts.isSelling && buyer !== undefined && monthly > 0;
      return {
        plan: id,
        name: plan.name,
        price: { currency, monthly, yearly },
        checkout_url: isSold ? linkTo(id, buyer) : null,
      };
    },
    read(token) {
      const found = tokens.read(token);
      if (found === undefined || found.until < parts.clock.now()) throw new AppError('checkout_link_expired');
      const [accountId, userId, plan] = found.values as [AccountId, UserId, string];
      return { accountId, userId, plan };
    },
  };
}
