import { type Catalogue, inCurrency } from '#platform/entitlements';
import { mailTime } from '#platform/mail';
import { type Cycle, cycleText } from '../cycles.ts';
import { moneyOf } from '../money-text.ts';

/** Each is a mail's template. */
export type NoticeKind = 'trial_ends' | 'renewal_ahead' | 'card_expires' | 'price_raised';

/** A subscription that is about to be charged. */
export interface ToldSubscription {
  readonly id: string;
  readonly product: string;
  readonly plan: string;
  readonly cycle: Cycle;
  readonly quantity: number;
  /** The price of one, in minor units. */
  readonly unit_amount: number;
  readonly currency: string;
  readonly trial_ends_at: Date | null;
  readonly period_ends_at: Date;
  readonly next_plan: string | null;
  readonly next_cycle: Cycle | null;
  readonly next_quantity: number | null;
  readonly next_at: Date | null;
  readonly next_unit_amount: number | null;
  readonly former_amount: number | null;
  readonly card_expires_at: Date | null;
  readonly ends_unpaid: boolean;
  /** Where a card is added. */
  readonly page: string;
}

/** Words of a notice, for people; amounts are without taxes, which are known when it is charged. */
export function noticeTexts(kind: NoticeKind, of: ToldSubscription, catalogue: Catalogue | undefined) {
  const plan = catalogue?.plans[of.plan]?.name ?? of.plan;
  return {
    product: catalogue?.name ?? of.product,
    plan,
    until: mailTime(of.period_ends_at),
    next: nextOf(kind, of, priceText(of, catalogue)),
  };
}

function nextOf(kind: NoticeKind, of: ToldSubscription, price: string): string {
  const unless = 'If you do not want that, end it before: then nothing is charged.';
  switch (kind) {
    case 'trial_ends':
      return of.ends_unpaid
        ? `No card is kept, and nothing is charged: the plan ends then. To go on, add a card before: ${of.page}. It costs ${price} then.`
        : `From then on it costs ${price}. ${unless}`;
    case 'renewal_ahead':
      return `It costs ${price}. ${unless}`;
    case 'card_expires':
      return `The card that pays for it is good until ${lastMonth(of.card_expires_at)}, and ${price} are due after that. Give another card before: else the payment fails.`;
    case 'price_raised':
      return `From then on it costs ${price}, in place of ${amountText(of, of.former_amount ?? of.unit_amount)}. ${unless}`;
  }
}

/** The price of the coming period: where another plan is arranged for it, that one's. */
function priceText(of: ToldSubscription, catalogue: Catalogue | undefined): string {
  const { next_at: at, next_plan: plan, next_cycle: cycle, next_quantity: quantity } = of;
  const less = 'before discounts and taxes';
  if (plan === null || cycle === null || at === null || at > of.period_ends_at)
    return `${amountText(of, of.next_unit_amount ?? of.unit_amount)} (${less})`;
  const declared = catalogue?.plans[plan];
  const sold = cycle === 'monthly' || cycle === 'yearly' ? cycle : undefined;
  const unit = declared && sold && inCurrency(declared.price, of.currency)?.[sold];
  const name = `the price of ${declared?.name ?? plan}`;
  return unit === undefined
    ? name
    : `${amountText({ ...of, cycle, quantity: quantity ?? of.quantity }, unit)} (${name}, ${less})`;
}

function amountText({ quantity, currency, cycle }: ToldSubscription, unit: number): string {
  return `${moneyOf(unit * quantity, currency)} ${cycleText(cycle)}`;
}

/** `12/2027`: the month that ends at the instant. */
function lastMonth(end: Date | null): string {
  const month = new Date((end?.getTime() ?? 0) - 1);
  return `${month.getUTCMonth() + 1}/${month.getUTCFullYear()}`;
}
