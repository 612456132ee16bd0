import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { Coupon, Discount, PromotionCode, Subscription } from '../objects.ts';
import { monthsAfter } from '../periods.ts';
import type { World } from '../world.ts';

const createCoupon: Operation = ({ world, params }) => {
  const form = new Form(params);
  form.ignore('applies_to', 'currency_options');
  const coupon: Coupon = {
    id: form.text('id') ?? world.id('coupon').slice(3, 11),
    object: 'coupon',
    amount_off: form.integer('amount_off') ?? null,
    created: world.now(),
    currency: form.text('currency') ?? null,
    duration: form.choice('duration', ['forever', 'once', 'repeating']) ?? 'once',
    duration_in_months: form.integer('duration_in_months') ?? null,
    livemode: false,
    max_redemptions: form.integer('max_redemptions') ?? null,
    metadata: mergeMetadata(null, form.hash('metadata')),
    name: form.text('name') ?? null,
    percent_off: form.decimal('percent_off') ?? null,
    redeem_by: form.integer('redeem_by') ?? null,
    times_redeemed: 0,
    valid: true,
  };
  form.done();
  if ((coupon.amount_off === null) === (coupon.percent_off === null)) {
    throw invalidRequest('Must provide either amount_off or percent_off.', { param: 'percent_off' });
  }
  if (world.table('coupon').find(coupon.id) !== undefined) {
    throw invalidRequest('Coupon already exists.', { code: 'resource_already_exists', param: 'id' });
  }
  world.emit('coupon.created', world.table('coupon').add(coupon));
  return coupon;
};

const removeCoupon: Operation = ({ world, ids: [id = ''] }) => {
  const coupon = world.table('coupon').get(id);
  coupon.valid = false;
  world.emit('coupon.deleted', coupon);
  return { id, object: 'coupon', deleted: true };
};

const createCode: Operation = ({ world, params }) => {
  const form = new Form(params);
  const promotion = form.part('promotion');
  promotion?.ignore('type');
  const coupon = world
    .table('coupon')
    .get(promotion?.required('coupon') ?? form.required('promotion'), 'promotion[coupon]');
  const code: PromotionCode = {
    id: world.id('promotion_code'),
    object: 'promotion_code',
    active: form.flag('active') ?? true,
    code: form.text('code') ?? world.token('').slice(1, 9).toUpperCase(),
    created: world.now(),
    customer: form.text('customer') ?? null,
    customer_account: null,
    expires_at: form.integer('expires_at') ?? null,
    livemode: false,
    max_redemptions: form.integer('max_redemptions') ?? null,
    metadata: mergeMetadata(null, form.hash('metadata')),
    promotion: { coupon: coupon.id, type: 'coupon' },
    restrictions: {
      first_time_transaction: form.part('restrictions')?.flag('first_time_transaction') ?? false,
      minimum_amount: null,
      minimum_amount_currency: null,
    },
    times_redeemed: 0,
  };
  form.done();
  if (activeCode(world, code.code) !== undefined) {
    throw invalidRequest(`An active promotion code with \`code: ${code.code}\` already exists.`, {
      param: 'code',
    });
  }
  world.emit('promotion_code.created', world.table('promotion_code').add(code));
  return code;
};

/** A code that a person types, in any case. */
export function activeCode(world: World, typed: string): PromotionCode | undefined {
  const codes = world.table('promotion_code').list();
  return codes.find((code) => code.code.toLowerCase() === typed.toLowerCase() && isUsable(world, code));
}

function isUsable(world: World, code: PromotionCode): boolean {
  const coupon = couponOf(world, code.promotion.coupon);
  const used = code.max_redemptions !== null && code.times_redeemed >= code.max_redemptions;
  const expired = code.expires_at !== null && code.expires_at <= world.now();
  return code.active && !used && !expired && coupon !== undefined && isValid(world, coupon);
}

function isValid(world: World, coupon: Coupon): boolean {
  const used = coupon.max_redemptions !== null && coupon.times_redeemed >= coupon.max_redemptions;
  const expired = coupon.redeem_by !== null && coupon.redeem_by <= world.now();
  return coupon.valid && !used && !expired;
}

export function couponOf(world: World, coupon: string | { readonly id: string } | null): Coupon | undefined {
  return coupon === null ? undefined : world.table('coupon').find(idOf(coupon));
}

export interface AskedDiscount {
  readonly coupon: string;
  readonly promotionCode: string | null;
  /** One that the subscription has, to be kept. */
  readonly discount?: string | undefined;
}

/** `discounts` of a request: coupons, promotion codes, or discounts that are there, by id. Throws for those that are used up. */
export function readDiscounts(world: World, form: Form): AskedDiscount[] | undefined {
  const parts = form.parts('discounts');
  return parts?.map((part) => {
    const code = part.text('promotion_code');
    const coupon = part.text('coupon');
    const discount = part.text('discount');
    if (discount !== undefined) {
      const { id, source } = world.table('discount').get(discount, 'discounts[0][discount]');
      return { coupon: idOf(source.coupon ?? ''), promotionCode: null, discount: id };
    }
    if (code !== undefined) return discountByCode(world, code);
    const found = world.table('coupon').get(coupon ?? part.required('coupon'), 'discounts[0][coupon]');
    if (!isValid(world, found))
      throw invalidRequest(`Coupon ${found.id} is expired.`, { code: 'coupon_expired' });
    return { coupon: found.id, promotionCode: null };
  });
}

function discountByCode(world: World, id: string): AskedDiscount {
  const code = world.table('promotion_code').get(id, 'discounts[0][promotion_code]');
  const coupon = couponOf(world, code.promotion.coupon);
  if (coupon === undefined || !isUsable(world, code)) {
    throw invalidRequest('This promotion code is expired or was used up.', { code: 'coupon_expired' });
  }
  return { coupon: coupon.id, promotionCode: code.id };
}

/** Throws for a code that is another customer's, for a first purchase alone, or takes off another currency. `customer`: null where there is none yet. */
export function checkDiscounts(
  world: World,
  asked: readonly AskedDiscount[],
  { customer, currency }: { readonly customer: string | null; readonly currency: string },
): void {
  for (const [nth, { coupon, promotionCode }] of asked.entries()) {
    const code = promotionCode === null ? undefined : world.table('promotion_code').get(promotionCode);
    const param = `discounts[${nth}][${code === undefined ? 'coupon' : 'promotion_code'}]`;
    const refuse = (why: string) =>
      invalidRequest(`This promotion code cannot be redeemed because ${why}.`, { param });
    if (code?.customer != null && idOf(code.customer) !== customer)
      throw refuse('it belongs to another customer');
    if (code?.restrictions.first_time_transaction === true && hasBought(world, customer))
      throw refuse('the associated customer has prior transactions');
    const own = world.table('coupon').get(coupon).currency;
    if (own !== null && own !== currency)
      throw invalidRequest(
        `The promotion code default currency (${own}) does not match the line item currency (${currency}).`,
        { param },
      );
  }
}

function hasBought(world: World, customer: string | null): boolean {
  const invoices = world.table('invoice').list();
  const own = invoices.filter((one) => one.customer !== null && idOf(one.customer) === customer);
  return own.some(({ status }) => status !== 'draft' && status !== 'void');
}

/** Gives a subscription these discounts, instead of those that it had. */
export function redeem(world: World, subscription: Subscription, asked: readonly AskedDiscount[]): void {
  const had = subscription.discounts.map(idOf);
  const kept = new Set(asked.flatMap(({ discount }) => discount ?? []));
  for (const id of had) if (!kept.has(id)) drop(world, id);
  subscription.discounts = asked.flatMap(({ coupon: couponId, promotionCode, discount }) => {
    // One that was used up meanwhile is over.
    if (discount !== undefined) return had.includes(discount) ? discount : [];
    const coupon = world.table('coupon').get(couponId);
    coupon.times_redeemed += 1;
    const code = promotionCode === null ? undefined : world.table('promotion_code').get(promotionCode);
    if (code !== undefined) code.times_redeemed += 1;
    return addDiscount(world, subscription, { coupon, promotionCode }).id;
  });
}

function addDiscount(
  world: World,
  subscription: Subscription,
  { coupon, promotionCode }: { coupon: Coupon; promotionCode: string | null },
): Discount {
  const months = coupon.duration === 'repeating' ? coupon.duration_in_months : null;
  const discount: Discount = {
    id: world.id('discount'),
    object: 'discount',
    checkout_session: null,
    customer: idOf(subscription.customer),
    customer_account: null,
    end: months === null ? null : monthsAfter(world.now(), months),
    invoice: null,
    invoice_item: null,
    promotion_code: promotionCode,
    source: { coupon: coupon.id, type: 'coupon' },
    start: world.now(),
    subscription: subscription.id,
    subscription_item: null,
  };
  world.emit('customer.discount.created', world.table('discount').add(discount));
  return discount;
}

/** Discounts stay readable, for the invoices that name them. */
function drop(world: World, id: string): void {
  const discount = world.table('discount').find(id);
  if (discount !== undefined) world.emit('customer.discount.deleted', discount);
}

/** Those of a subscription that still count now. */
export function currentDiscounts(world: World, subscription: Subscription): Discount[] {
  return subscription.discounts
    .map((reference) => world.table('discount').get(idOf(reference)))
    .filter((discount) => discount.end === null || discount.end > world.now());
}

/** Once is once: such a discount is gone after the first invoice. */
export function useUp(world: World, subscription: Subscription): void {
  for (const discount of currentDiscounts(world, subscription)) {
    if (couponOf(world, discount.source.coupon)?.duration !== 'once') continue;
    world.change(subscription, 'customer.subscription.updated', (changed) => {
      changed.discounts = changed.discounts.filter((reference) => idOf(reference) !== discount.id);
    });
    drop(world, discount.id);
  }
}

/** What a coupon takes off an amount, minor units, never more than all of it. */
export function takenOff(coupon: Coupon, amount: number): number {
  if (amount <= 0) return 0;
  const off =
    coupon.percent_off === null ? (coupon.amount_off ?? 0) : Math.round((amount * coupon.percent_off) / 100);
  return Math.min(amount, off);
}

const updateCode: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [active, metadata] = [form.flag('active'), form.hash('metadata')];
  form.done();
  return world.change(world.table('promotion_code').get(id), 'promotion_code.updated', (code) => {
    code.active = active ?? code.active;
    code.metadata = mergeMetadata(code.metadata, metadata);
  });
};

const listCodes: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [typed, active] = [form.text('code'), form.flag('active')];
  return world
    .table('promotion_code')
    .list()
    .filter((code) => typed === undefined || code.code.toLowerCase() === typed.toLowerCase())
    .filter((code) => active === undefined || code.active === active);
};

export const discounts: Operations = {
  'POST /v1/coupons': createCoupon,
  'GET /v1/coupons': ({ world }) =>
    world
      .table('coupon')
      .list()
      .filter((coupon) => coupon.valid),
  'GET /v1/coupons/:id': ({ world, ids: [id = ''] }) => world.table('coupon').get(id),
  'DELETE /v1/coupons/:id': removeCoupon,
  'POST /v1/promotion_codes': createCode,
  'GET /v1/promotion_codes': listCodes,
  'GET /v1/promotion_codes/:id': ({ world, ids: [id = ''] }) => world.table('promotion_code').get(id),
  'POST /v1/promotion_codes/:id': updateCode,
};
