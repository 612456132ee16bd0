import { type Catalogue, localName } from '#platform/entitlements';
import { type AccountId, AppError, invalidInput } from '#platform/kernel';
import type { ChangePrice } from '../agreed.ts';
import { aYear, type Cycle, type SoldCycle } from '../cycles.ts';
import type { AccountCaller } from '../visitor.ts';
import { changeLater, changeNow, previewChange } from '../providers/stripe/subscription-changes.ts';
import type { Change } from '../providers/stripe/wanted-change.ts';
import type { Confirmation } from '../providers/stripe/pending-change.ts';
import { findPromotion } from '../providers/stripe/checkout.ts';
import { asRefusedOrder, assertSeats, catalogueOf, planOf } from './order.ts';
import { pricesIfSold, pricesOf } from './prices.ts';
import {
  changeableSubscription,
  recordChange,
  type SellingParts,
  type LimitExceeded,
} from './selling-parts.ts';
import { isRecent, type SubscriptionRow } from './store.ts';
import type { PreviewView } from './views.ts';

/** The new form of a subscription; fields that are not said stay. */
export interface ChangeOrder {
  readonly product?: string | undefined;
  readonly plan?: string | undefined;
  readonly cycle?: SoldCycle | undefined;
  readonly quantity?: number | undefined;
  /** Not said: at once for what costs more, with the end of what is paid for what costs less. */
  readonly when?: 'now' | 'period_end' | undefined;
  readonly promotion_code?: string | undefined;
  readonly prorated_at?: string | null | undefined;
}

/** The same, with the price that its caller saw. */
export interface AgreedOrder extends ChangeOrder {
  readonly agreed: ChangePrice;
}

interface PlannedChange {
  readonly row: SubscriptionRow;
  readonly change: Change;
  readonly to: { readonly plan: string; readonly cycle: Cycle; readonly quantity: number };
  readonly notFitting: readonly LimitExceeded[];
}

export interface ChangeResult {
  readonly row: SubscriptionRow;
  readonly notFitting: readonly LimitExceeded[];
  /** It is not made yet: there the customer confirms its payment. */
  readonly confirmation: Confirmation | undefined;
}

/**
 * Changes it. Below present use it is refused at once (`does_not_fit`, with the list), and arranged for the end of the period
 * with the same list: nothing is deleted. Throws `payment_declined` and `price_changed`, and then it is what it was.
 */
export async function change(
  parts: SellingParts,
  visitor: AccountCaller,
  order: AgreedOrder,
): Promise<ChangeResult> {
  const planned = await planFor(parts, visitor.accountId, order);
  const { row, to, notFitting } = planned;
  const { when } = planned.change;
  if (when === 'now' && notFitting.length > 0)
    throw new AppError('does_not_fit', { details: { not_fitting: notFitting } });
  if (when === 'now') await parts.overage.reportNow(visitor.accountId, row.product);
  const { client } = parts.stripe;
  const makes = when === 'now' ? changeNow : changeLater;
  const agreed = { ...planned.change, agreed: order.agreed };
  const confirmation = await makes(client, row.store_id, agreed).catch(throwRefused);
  const after = await recordChange(parts, visitor, {
    row,
    action: 'subscription.change',
    changes: { ...to, when, ...(confirmation === undefined ? {} : { waits_for: 'customer' }) },
  });
  return { row: after, notFitting, confirmation };
}

/** Effect and cost of a `change`. */
export async function preview(
  parts: SellingParts,
  accountId: AccountId,
  order: ChangeOrder,
): Promise<PreviewView> {
  const { row, change: asked, notFitting } = await planFor(parts, accountId, order);
  const { client } = parts.stripe;
  const { proratedAt, ...price } = await previewChange(client, row.store_id, asked).catch(throwRefused);
  const { when } = asked;
  const at = when === 'period_end' ? row.period_ends_at.toISOString() : null;
  const prorated_at = proratedAt?.toISOString() ?? null;
  return { when, at, ...price, prorated_at, not_fitting: [...notFitting] };
}

function throwRefused(error: unknown): never {
  throw asRefusedOrder(error);
}

async function planFor(
  parts: SellingParts,
  accountId: AccountId,
  order: ChangeOrder,
): Promise<PlannedChange> {
  const row = await changeableSubscription(parts, accountId, order.product);
  const catalogue = catalogueOf(parts.catalogues, row.product);
  const { product } = catalogue;
  const to = wantedOf(catalogue, row, order);
  const { plan, cycle, quantity } = to;
  const find = to.isHeld ? pricesIfSold : pricesOf;
  const { price, metered } = await find(parts, { product, plan, addOn: null, cycle, currency: row.currency });
  const dearer = aYear(cycle, to.unitAmount * quantity) > aYear(row.cycle, row.unit_amount * row.quantity);
  const when = order.when ?? (isMore(row, to, dearer) ? 'now' : 'period_end');
  return {
    row,
    to: { plan, cycle, quantity },
    notFitting: await parts.notFitting(accountId, { product, plan, quantity }),
    change: {
      of: { product, plan, cycle },
      price,
      when,
      metered,
      quantity,
      dearer,
      keepsTrial: !dearer && to.trialDays !== undefined,
      promotion: await promotionOf(parts, order.promotion_code),
      proratedAt: await previewedAt(parts, accountId, order.prorated_at),
    },
  };
}

/** The form that an order asks for: another plan or cycle is one that is sold; seats of the present one are changed at its price, also where it is sold no more. */
function wantedOf(catalogue: Catalogue, row: SubscriptionRow, order: ChangeOrder) {
  const plan = localName(catalogue.product, order.plan ?? row.plan);
  const cycle = order.cycle ?? row.cycle;
  const declared = Object.hasOwn(catalogue.plans, plan) ? catalogue.plans[plan] : undefined;
  const quantity = order.quantity ?? (declared?.perSeat === undefined ? 1 : row.quantity);
  const isHeld = declared !== undefined && plan === row.plan && cycle === row.cycle;
  if (!isHeld) return { ...planOf(catalogue, { plan, cycle, quantity, currency: row.currency }), isHeld };
  assertSeats(declared, quantity);
  return { plan, cycle, quantity, unitAmount: row.unit_amount, trialDays: declared.trialDays, isHeld };
}

async function promotionOf({ stripe }: SellingParts, code: string | undefined): Promise<string | undefined> {
  if (code === undefined) return undefined;
  const found = await findPromotion(stripe.client, code);
  if (found === undefined) throw invalidInput('body.promotion_code', 'There is no such code, or it is over.');
  return found;
}

/** Only that of a preview a moment ago: any other instant of the period would be a price of the customer's own making. */
async function previewedAt(
  { db }: SellingParts,
  accountId: AccountId,
  asked: string | null | undefined,
): Promise<Date | undefined> {
  if (asked === undefined || asked === null) return undefined;
  const [[is]] = await db.tenant(accountId, [isRecent(asked)]);
  if (is?.recent !== true)
    throw invalidInput('body.prorated_at', 'It is that of a preview of the last quarter of an hour.');
  return new Date(asked);
}

/** Fewer months at once are less, although each of them costs more: a paid period is had to its end. */
function isMore(
  row: SubscriptionRow,
  to: { readonly plan: string; readonly cycle: Cycle; readonly quantity: number },
  dearer: boolean,
): boolean {
  if (to.cycle === row.cycle) return dearer;
  if (aYear(to.cycle, 1) < aYear(row.cycle, 1)) return true;
  return dearer && (to.plan !== row.plan || to.quantity > row.quantity);
}
