import { actorOf } from '#platform/audit';
import { commitPoint } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import { type AccountId, AppError, invalidInput, minorDigits, sha256 } from '#platform/kernel';
import type { SoldCycle } from '../cycles.ts';
import { subscribedTo } from '../providers/stripe/checkout.ts';
import { customersOf, payerOf } from '../providers/stripe/customers.ts';
import { holdCustomer } from '../providers/stripe/hold-customer.ts';
import {
  addressedCustomer,
  createInvoiced,
  findInvoiced,
  type InvoicedPlan,
} from '../providers/stripe/invoiced-subscription.ts';
import { intervalOf } from '../providers/stripe/price-catalog.ts';
import { productIdOf } from '../providers/stripe/product-ids.ts';
import { type AskedOverrides, type Billing, overridesOf } from '../service.ts';
import { assertNotPaidInAStore, closeCheckout } from '../subscriptions/checkouts.ts';
import { catalogueOf, planOf } from '../subscriptions/order.ts';
import { pricesOf } from '../subscriptions/prices.ts';
import { payingCurrency, type SellingParts } from '../subscriptions/selling-parts.ts';
import { presentSubscriptions, type SubscriptionRow } from '../subscriptions/store.ts';
import type { AccountCaller } from '../visitor.ts';
import { grantOf, isAudited } from './store.ts';

const SOLD = commitPoint(
  'billing.invoiced',
  'who sold a plan that is paid by invoice, at which price and term',
);
const ACTION = 'subscription.sell';

/** A plan that an operator sells to one account by agreement. */
export interface InvoicedOrder {
  readonly product: string;
  readonly plan: string;
  readonly cycle: SoldCycle;
  readonly quantity: number;
  readonly currency?: string | undefined;
  readonly days_until_due: number;
  /** The price of one, a cycle, in place of the plan's. Minor units. */
  readonly unit_amount?: number | undefined;
  readonly overrides?: AskedOverrides | undefined;
  readonly comment?: string | undefined;
}

export interface InvoicedParts extends SellingParts {
  readonly entitlements: Pick<Entitlements, 'assertAgreeable'>;
  readonly override: Billing['override'];
}

/**
 * Sells a plan that is paid by invoice. All that can be refused is refused before Stripe is asked for a subscription. Repeated with its key it
 * goes on where it was. Throws `already_subscribed`, `managed_elsewhere`, `wrong_account_kind`, `customer_archived`, and `subscription_over` where
 * what it sold has ended since.
 */
export async function sellInvoiced(
  parts: InvoicedParts,
  visitor: AccountCaller,
  { key, ...order }: InvoicedOrder & { readonly key: string },
): Promise<SubscriptionRow> {
  const { accountId, caller } = visitor;
  const sender = caller.keyId ?? caller.userId;
  const id = sha256(JSON.stringify([accountId, sender, key, order.product, order.plan])).slice(0, 40);
  const plan = { id, ...(await planFor(parts, accountId, order)) };
  const { product } = order;
  const subscription = await holdCustomer(parts, accountId, (sold) => subscribe(sold, product, plan));
  await parts.refresh([{ kind: 'subscription', id: subscription }]);
  const { mode } = parts.stripe.client;
  const [rows] = await parts.db.tenant(accountId, [presentSubscriptions(accountId, mode)]);
  const row = rows.find(({ store_id }) => store_id === subscription);
  // Stripe has made it, and this was not read back in time: repeated, the call goes on from here.
  if (row === undefined) throw new AppError('store_unavailable', { retryAfter: 5 });
  await agree(parts, visitor, { row, order });
  return row;
}

/** The sale in Stripe's words, with the customer who gets its invoices. */
async function planFor(
  parts: InvoicedParts,
  accountId: AccountId,
  { unit_amount: amount, ...order }: InvoicedOrder,
): Promise<Omit<InvoicedPlan, 'id'>> {
  const catalogue = catalogueOf(parts.catalogues, order.product);
  const paysIn = await payingCurrency(parts, accountId);
  const bought = planOf(catalogue, { ...order, currency: order.currency ?? paysIn });
  const { plan, cycle, currency, quantity } = bought;
  if (paysIn !== undefined && currency !== paysIn)
    throw invalidInput('body.currency', `This account pays in ${paysIn}, as long as it has a subscription.`);
  if (order.overrides !== undefined)
    parts.entitlements.assertAgreeable(catalogue, plan, overridesOf(order.overrides));
  // Stripe takes amounts of three decimals in tens.
  if (amount !== undefined && minorDigits(currency) === 3 && amount % 10 !== 0)
    throw invalidInput('body.unit_amount', `In ${currency} the last digit of an amount is 0.`);
  const email = await addressOf(parts, accountId, catalogue.holds);
  const { product } = catalogue;
  const { price, metered } = await pricesOf(parts, { ...bought, product });
  const { client, tax } = parts.stripe;
  const interval = intervalOf({ cycle, charged: 'recurring' }) ?? 'month';
  const own = { currency, product: productIdOf({ product, plan }), recurring: { interval } };
  return {
    accountId,
    customer: await addressedCustomer({ db: parts.db, client }, accountId, email),
    item:
      amount === undefined
        ? { price, quantity }
        : { price_data: { ...own, unit_amount: amount, tax_behavior: tax.behavior }, quantity },
    metered: metered.map((one) => one.price),
    daysUntilDue: order.days_until_due,
  };
}

async function addressOf({ db }: SellingParts, accountId: AccountId, holds: string): Promise<string | null> {
  const [[payer]] = await db.system('billing.customers', [payerOf(accountId)]);
  if (payer === undefined || payer.is_closed)
    throw new AppError('not_found', { message: 'There is no such account.' });
  if (payer.is_archived) throw new AppError('customer_archived');
  if (holds !== 'both' && payer.kind !== holds)
    throw new AppError('wrong_account_kind', { details: { needed: holds } });
  return payer.email;
}

/** Pages on which the product could be bought are closed before Stripe is asked what the account has, and those that were opened meanwhile after it. */
async function subscribe(parts: SellingParts, product: string, plan: InvoicedPlan): Promise<string> {
  const { accountId } = plan;
  const { client } = parts.stripe;
  await closeCheckout(parts, { accountId }, product);
  const known = await findInvoiced(parts.stripe, plan);
  if (known !== undefined && known.ended_at !== null) throw new AppError('subscription_over');
  if (known !== undefined) return known.id;
  const customers = await customersOf({ db: parts.db, client }, accountId);
  if ((await subscribedTo(client, { customers, product })) === 'now')
    throw new AppError('already_subscribed');
  await assertNotPaidInAStore(parts, { accountId, product });
  const made = await createInvoiced(parts.stripe, plan);
  await closeCheckout(parts, { accountId }, product);
  return made;
}

/** Puts the agreed sizes on the purchase, and one line into the audit. */
async function agree(
  { db, audit, override }: InvoicedParts,
  { accountId, caller, origin }: AccountCaller,
  { row, order }: { readonly row: SubscriptionRow; readonly order: InvoicedOrder },
): Promise<void> {
  const [[known], [grant]] = await db.tenant(accountId, [
    isAudited(accountId, ACTION, row.id),
    grantOf(accountId, row.store_id),
  ]);
  if (known?.known === true) return;
  const { overrides, ...changes } = order;
  if (overrides !== undefined) {
    // Its commit is that of the subscription: the next try has both.
    if (grant === undefined) throw new AppError('store_unavailable', { retryAfter: 5 });
    await override(grant.id, overrides, { caller, origin });
  }
  await db.tenant(accountId, SOLD, (tx) =>
    audit.recordIn(tx, {
      action: ACTION,
      actor: actorOf(caller),
      accountId,
      target: { kind: 'subscription', id: row.id },
      changes,
      origin,
    }),
  );
}
