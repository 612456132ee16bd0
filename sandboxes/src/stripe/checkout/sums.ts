import type { CheckoutSession, Price, World } from '../world/index.ts';
import { takenOff } from '../world/catalogue/discounts.ts';
import { priceOf } from '../world/invoices/lines.ts';
import { automaticRate, taxesOf } from '../world/customers/taxes.ts';
import { hasTrial, type Visit, type VisitLine } from './visit.ts';

/** What a line costs now, minor units. */
export interface LineSum {
  readonly line: VisitLine;
  readonly price: Price;
  readonly subtotal: number;
  readonly discount: number;
  readonly tax: number;
}

/** What each line costs now: as the invoice will say, to the last cent. */
export function sumsOf(
  world: World,
  visit: Visit,
  { automatic_tax: tax }: Pick<CheckoutSession, 'automatic_tax'>,
): LineSum[] {
  const coupon = visit.discount === null ? undefined : world.table('coupon').get(visit.discount.coupon);
  const lines = visit.lines.map((line) => {
    const price = world.table('price').get(line.price);
    return { line, price, subtotal: dueNow(price, line, visit) };
  });
  let base = lines.reduce((total, { subtotal }) => total + subtotal, 0);
  let rest = coupon === undefined ? 0 : takenOff(coupon, base);
  const rates = tax.enabled ? [automaticRate(world)] : [];
  return lines.map((one) => {
    const discount = base === 0 ? 0 : Math.round((rest * one.subtotal) / base);
    [rest, base] = [rest - discount, base - one.subtotal];
    const taxes = taxesOf(rates, one.subtotal - discount);
    return { ...one, discount, tax: taxes.reduce((total, { amount }) => total + amount, 0) };
  });
}

/** Metered usage is paid later, and a trial is free. */
function dueNow(price: Price, { quantity }: VisitLine, visit: Visit): number {
  const isLater = price.recurring?.usage_type === 'metered' || (price.recurring !== null && hasTrial(visit));
  return isLater ? 0 : priceOf(price, quantity);
}

/** Puts the sums on the session. */
export function sumUp(world: World, session: CheckoutSession, visit: Visit): void {
  const sums = sumsOf(world, visit, session);
  const sumOf = (of: (sum: LineSum) => number) => sums.reduce((total, sum) => total + of(sum), 0);
  session.amount_subtotal = sumOf(({ subtotal }) => subtotal);
  session.amount_total = sumOf(({ subtotal, discount, tax }) => subtotal - discount + tax);
  session.total_details = {
    amount_discount: sumOf(({ discount }) => discount),
    amount_shipping: 0,
    amount_tax: sumOf(({ tax }) => tax),
  };
  session.discounts =
    visit.discount === null
      ? []
      : [
          {
            coupon: visit.discount.promotionCode === null ? visit.discount.coupon : null,
            promotion_code: visit.discount.promotionCode,
          },
        ];
}
