import { localName } from '#platform/entitlements';
import { type AccountId, AppError, invalidInput } from '#platform/kernel';
import type { ChangePrice } from '../agreed.ts';
import { aYear, type Cycle, type SoldCycle } from '../cycles.ts';
import type { AccountCaller } from '../visitor.ts';
import {
  type Change,
  changeLater,
  changeNow,
  previewChange,
} from '../providers/stripe/subscription-changes.ts';
import type { Confirmation } from '../providers/stripe/pending-change.ts';
import { findPromotion } from '../providers/stripe/checkout.ts';
import { asRefusedOrder, catalogueOf, planOf } from './order.ts';
import { pricesOf } from './prices.ts';
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
  readonly to: { readonly plan: string; readonly cycle: SoldCycle; readonly quantity: number };
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
  const wanted = order.plan ?? row.plan;
  const bySeat = catalogue.plans[localName(product, wanted)]?.perSeat !== undefined;
  const to = planOf(catalogue, {
    plan: wanted,
    cycle: order.cycle ?? row.cycle,
    quantity: order.quantity ?? (bySeat ? row.quantity : 1),
    currency: row.currency,
  });
  const { price, metered } = await pricesOf(parts, { product, ...to });
  const { plan, cycle, quantity } = to;
  // Seats are changed at the price that the subscription has.
  const unitAmount = plan === row.plan && cycle === row.cycle ? row.unit_amount : to.unitAmount;
  const dearer = aYear(cycle, unitAmount * quantity) > aYear(row.cycle, row.unit_amount * row.quantity);
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
