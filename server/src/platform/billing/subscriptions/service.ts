import { assertRunning, localName } from '#platform/entitlements';
import { type HtmlPage, type Page, page } from '#platform/http';
import { type AccountId, AppError, invalidInput } from '#platform/kernel';
import { resume } from '../providers/stripe/subscription-changes.ts';
import { refusedFor } from '../providers/stripe/client.ts';
import { payingCustomer } from '../providers/stripe/customers.ts';
import { holdCustomer } from '../providers/stripe/hold-customer.ts';
import { openPortal } from '../providers/stripe/portal.ts';
import type { RequestOrigin } from '#platform/audit';
import type { z } from 'zod';
import type { ChangePrice, RecurringPrice } from '../agreed.ts';
import { type AgreedOrder, change, type ChangeOrder, preview } from './changes.ts';
import { checkoutLinkPage } from './checkout-link-page.ts';
import { checkout, type CheckoutPage } from './checkouts.ts';
import { priceListOf } from '../price-list.ts';
import { type CheckoutRequest, completeOrder, orderOf } from './order.ts';
import type { AccountCaller } from '../visitor.ts';
import type { Buyer } from './checkout-links.ts';
import {
  changeableSubscription,
  endSubscription,
  payingCurrency,
  subscriptionFor,
  recordBehalf,
  recordChange,
  sellingPartsOf,
  type SellingParts,
  type SubscriptionsParts,
} from './selling-parts.ts';
import {
  type InvoiceRow,
  invoicesPage,
  type PageRequest,
  type SubscriptionRow,
  subscriptionsPage,
} from './store.ts';
import {
  type ChangeView,
  changeView,
  type followedLinkReply,
  invoiceView,
  type PreviewView,
  subscriptionView,
  type SubscriptionView,
} from './views.ts';

/** The page of this server after a checkout. */
const CLOSED = '/v1/billing/checkout/closed';

/** The product and its agreed price. */
interface Resumption {
  readonly product?: string | undefined;
  readonly agreed: RecurringPrice;
}

interface FollowedLink {
  readonly token: string;
  readonly agreed?: ChangePrice | undefined;
}

/** An account's purchases, and their changes. All that changes is changed at the provider, and seen here by looking there. */
export interface Subscriptions {
  checkout(visitor: AccountCaller, request: CheckoutRequest): Promise<CheckoutPage>;
  /** The checkout of a link, or the change of the subscription that the account has already: its price first, and once that is agreed, it. */
  followLink(link: FollowedLink, origin: RequestOrigin): Promise<z.infer<typeof followedLinkReply>>;
  /** The page behind a checkout link. */
  linkPage(sold: string): HtmlPage;
  /** The provider's own pages, where cards and invoices are. */
  portal(visitor: AccountCaller, returnUrl: string): Promise<string>;
  /** The one of the product; of the account, where it has one alone. Throws `not_found` and `validation_failed`. */
  read(accountId: AccountId, product: string | undefined): Promise<SubscriptionView>;
  list(accountId: AccountId, at: PageRequest): Promise<Page<SubscriptionView>>;
  /** Answers when it ends. */
  cancel(visitor: AccountCaller, product: string | undefined, when: 'now' | 'period_end'): Promise<Date>;
  resume(visitor: AccountCaller, what: Resumption): Promise<SubscriptionView>;
  change(visitor: AccountCaller, order: AgreedOrder): Promise<ChangeView>;
  preview(accountId: AccountId, order: ChangeOrder): Promise<PreviewView>;
  invoices(accountId: AccountId, at: PageRequest): Promise<Page<ReturnType<typeof invoiceView>>>;
}

/** Sales at Stripe; those of other providers begin on a phone and are only read here. */
export function createSubscriptions(parts: SubscriptionsParts): Subscriptions {
  const { db } = parts;
  const held: Held = async (visitor, does) =>
    holdCustomer(sellingPartsOf(parts, visitor), visitor.accountId, does);
  return {
    async checkout(visitor, request) {
      const { accountId, caller, spender = caller } = visitor;
      // A trial is one of the customer's owner, and not of the operator.
      const opened = await open(parts, { accountId, userId: spender.userId }, request);
      await recordBehalf(parts, visitor, 'checkout.opened');
      return opened;
    },
    linkPage(sold) {
      const [product = ''] = sold.split('.', 1);
      const catalogue = parts.catalogues.get(product);
      return checkoutLinkPage(priceListOf(catalogue === undefined ? [] : [catalogue]), sold);
    },
    followLink: (link, origin) => followLink(parts, held, { link, origin }),
    async portal(visitor, returnUrl) {
      const { accountId } = visitor;
      parts.returns.assertCustomer({ return_url: returnUrl });
      await recordBehalf(parts, visitor, 'portal.opened');
      return portal(sellingPartsOf(parts), accountId, returnUrl);
    },
    read: async (accountId, product) =>
      subscriptionView(await subscriptionFor(sellingPartsOf(parts), accountId, product)),
    async list(accountId, { limit, before }) {
      const [rows] = await db.tenant(accountId, [subscriptionsPage(accountId, { limit: limit + 1, before })]);
      return page(rows, limit, { item: subscriptionView, position: subscriptionPosition });
    },
    cancel: (visitor, product, when) =>
      held(visitor, (sold) => cancelSubscription(sold, visitor, { product, when })),
    resume: (visitor, what) => held(visitor, (sold) => resumeSubscription(sold, visitor, what)),
    async change(visitor, order) {
      return changeView(await held(visitor, (sold) => change(sold, visitor, order)));
    },
    preview: (accountId, order) => preview(sellingPartsOf(parts), accountId, order),
    async invoices(accountId, { limit, before }) {
      const [rows] = await db.tenant(accountId, [invoicesPage(accountId, { limit: limit + 1, before })]);
      return page(rows, limit, { item: invoiceView, position: invoicePosition });
    },
  };
}

const subscriptionPosition = ({ starts_at: at, id }: SubscriptionRow) => [at.toISOString(), id];
const invoicePosition = ({ issued_at: at, id }: InvoiceRow) => [at.toISOString(), id];

/** Opens the provider's page for an order. */
async function open(
  parts: SubscriptionsParts,
  buyer: Buyer,
  request: CheckoutRequest,
): Promise<CheckoutPage> {
  const sold = sellingPartsOf(parts);
  const asked = completeOrder(request, { tiers: parts.tiers, closedPage: `${parts.reachedAt()}${CLOSED}` });
  parts.returns.assertCustomer({ success_url: asked.success_url, cancel_url: asked.cancel_url });
  const paysIn = await payingCurrency(sold, buyer.accountId);
  const { currency = paysIn } = asked;
  if (paysIn !== undefined && currency !== paysIn)
    throw invalidInput('body.currency', `This account pays in ${paysIn}, as long as it has a subscription.`);
  return checkout(sold, { ...buyer, order: orderOf(parts.catalogues, { ...asked, currency }) });
}

type Held = <T>(visitor: AccountCaller, does: (sold: SellingParts) => Promise<T>) => Promise<T>;

async function followLink(
  parts: SubscriptionsParts,
  held: Held,
  { link: { token, agreed }, origin }: { readonly link: FollowedLink; readonly origin: RequestOrigin },
): Promise<z.infer<typeof followedLinkReply>> {
  const { accountId, userId, sold } = parts.links.read(token);
  const [product = ''] = sold.split('.', 1);
  const addOns = parts.catalogues.get(product)?.addOns ?? {};
  const isAddOn = Object.hasOwn(addOns, localName(product, sold));
  if (agreed !== undefined) {
    const caller = { userId, accountId, platformRole: 'user', scopes: [] } as const;
    const changed = await held({ accountId, caller, origin }, (selling) =>
      change(selling, { accountId, caller, origin }, { product, plan: sold, agreed }),
    );
    return { checkout_url: changed.confirmation?.url ?? null, price: null };
  }
  try {
    const { url } = await open(
      parts,
      { accountId, userId },
      { product, ...(isAddOn ? { add_on: sold } : { plan: sold }), cycle: 'monthly', quantity: 1 },
    );
    return { checkout_url: url, price: null };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'already_subscribed') throw error;
    const price = await preview(sellingPartsOf(parts), accountId, { product, plan: sold });
    const { due_now, unit_amount, quantity, currency } = price;
    return { checkout_url: null, price: { due_now, unit_amount, quantity, currency } };
  }
}

async function portal(
  { db, stripe: { client } }: SellingParts,
  accountId: AccountId,
  returnUrl: string,
): Promise<string> {
  const customer = await payingCustomer({ db, client }, accountId);
  if (customer === undefined)
    throw new AppError('not_found', { message: 'This account has never bought anything.' });
  return openPortal(client, { customer, returnUrl }).catch((error: unknown) => {
    if (!refusedFor(error, 'resource_missing')) throw error;
    throw new AppError('not_found', {
      message: 'The payment provider no longer has this customer.',
      cause: error,
    });
  });
}

async function cancelSubscription(
  parts: SellingParts,
  visitor: AccountCaller,
  { product, when }: { readonly product: string | undefined; readonly when: 'now' | 'period_end' },
): Promise<Date> {
  const row = await changeableSubscription(parts, visitor.accountId, product);
  const { store_id: id, product: ended } = row;
  const endsAt = await endSubscription(parts, { accountId: visitor.accountId, product: ended, id }, { when });
  const changes = { when, ends_at: endsAt };
  await recordChange(parts, visitor, { row, action: 'subscription.cancel', changes });
  return endsAt;
}

async function resumeSubscription(
  parts: SellingParts,
  visitor: AccountCaller,
  { product, agreed }: Resumption,
): Promise<SubscriptionView> {
  const row = await changeableSubscription(parts, visitor.accountId, product);
  assertRunning(parts.catalogues.get(row.product));
  await resume(parts.stripe.client, row.store_id, agreed);
  return subscriptionView(
    await recordChange(parts, visitor, { row, action: 'subscription.resume', changes: {} }),
  );
}
