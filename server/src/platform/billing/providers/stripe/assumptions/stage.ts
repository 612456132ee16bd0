import { AppError } from '#platform/kernel';
import type { Stripe } from 'stripe';
import { refusedParam, type StripeClient } from '../client.ts';
import { meterName } from '../meters.ts';
import { productIdOf } from '../product-ids.ts';
import { type AgreedChange, previewChange } from '../subscription-changes.ts';
import type { Change, PricedChange } from '../wanted-change.ts';
import { idOf } from '../subscription-reads.ts';

/** One thing that billing relies on, in the words of the README beside. */
export type Assumption = { readonly says: string } & (
  | {
      /** Has Stripe show that it is so. Throws Differs, or what Stripe refuses. */
      readonly walk: (stage: Stage) => Promise<void>;
      /** It is a refusal of what billing never sends: an account where Stripe takes it is as good. */
      readonly isNeverSent?: true;
    }
  | { /** Why it is not walked through. */ readonly untried: string }
);

/** It is not as it is assumed. The message says what was seen in its place. */
export class Differs extends Error {}

/** Stripe takes what it was assumed to refuse. */
export class Taken extends Differs {}

export function assertSeen(isSeen: boolean, otherwise: string): void {
  if (!isSeen) throw new Differs(otherwise);
}

/** No product of anybody is called so. */
const PRODUCT = 'stripe_check';
const LIMIT = 'units';
const CLOCK = 'plinth stripe check';
const NAMES = ['pro', 'max', 'boost', 'penny', 'yearly', 'past'] as const;
type PriceName = (typeof NAMES)[number] | typeof LIMIT;

/** Minor units, and how they are paid. Of `past` nothing is sold any more. */
const PRICES: Readonly<Record<PriceName, { amount: number; interval: 'month' | 'year' | undefined }>> = {
  pro: { amount: 1_000, interval: 'month' },
  max: { amount: 3_000, interval: 'month' },
  yearly: { amount: 30_000, interval: 'year' },
  past: { amount: 900, interval: 'month' },
  boost: { amount: 500, interval: undefined },
  penny: { amount: 1, interval: undefined },
  units: { amount: 2, interval: 'month' },
};

/** How often it is asked whether a clock has got there, and how often at most: two minutes. */
const ASK_AFTER = 1_000;
const MOST_OFTEN = 120;

export interface StageParts {
  readonly client: StripeClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

/** Ground of a step at Stripe: a test clock of its own, whose customers go with it, and prices that all steps share. */
export class Stage {
  readonly client: StripeClient;
  readonly #parts: StageParts;
  readonly #clocks: string[] = [];
  readonly #coupons: string[] = [];

  constructor(parts: StageParts) {
    this.client = parts.client;
    this.#parts = parts;
  }

  ask<T>(asking: (stripe: Stripe) => Promise<T>): Promise<T> {
    return this.client.change(asking);
  }

  /** Has Stripe refuse something; answers its code and what it names. Throws Taken where it goes through. */
  async refusal(asking: (stripe: Stripe) => Promise<unknown>): Promise<{ code: unknown; param: string }> {
    try {
      await this.ask(asking);
    } catch (error) {
      if (error instanceof AppError && error.code === 'store_refused')
        return { code: error.details?.['code'], param: refusedParam(error) };
      throw error;
    }
    throw new Taken('Stripe took what it was assumed to refuse.');
  }

  /** A new customer on a clock of their own, with a card of Stripe's list for tests. */
  async customer(more: Stripe.CustomerCreateParams = {}): Promise<string> {
    const frozen = this.now();
    const clock = await this.ask((stripe) =>
      stripe.testHelpers.testClocks.create({ frozen_time: frozen, name: CLOCK }),
    );
    this.#clocks.push(clock.id);
    const { id } = await this.ask((stripe) => stripe.customers.create({ test_clock: clock.id, ...more }));
    await this.payWith(id, 'pm_card_visa');
    return id;
  }

  /** From now on they pay with that card; answers its payment method. */
  async payWith(customer: string, card: string): Promise<Stripe.PaymentMethod> {
    const method = await this.ask((stripe) => stripe.paymentMethods.attach(card, { customer }));
    const settings = { default_payment_method: method.id };
    await this.ask((stripe) => stripe.customers.update(customer, { invoice_settings: settings }));
    return method;
  }

  async subscribe(...names: readonly PriceName[]): Promise<Stripe.Subscription> {
    const customer = await this.customer();
    const prices = await Promise.all(names.map((name) => this.price(name)));
    const items = prices.map((price) => ({ price }));
    return this.ask((stripe) => stripe.subscriptions.create({ customer, items }));
  }

  /** An open invoice of so many lines, which no customer is asked to pay. */
  async invoice(customer: string, lines: number): Promise<Stripe.Invoice> {
    const price = await this.price('boost');
    for (let line = 0; line < lines; line += 1)
      await this.ask((stripe) => stripe.invoiceItems.create({ customer, pricing: { price } }));
    const { id } = await this.ask((stripe) =>
      stripe.invoices.create({
        customer,
        pending_invoice_items_behavior: 'include',
        auto_advance: false,
      }),
    );
    return this.ask((stripe) => stripe.invoices.finalizeInvoice(id, { auto_advance: false }));
  }

  /** A code for a tenth off, of one customer alone where that is said. */
  async promotion(customer?: string): Promise<string> {
    const { id: coupon } = await this.ask((stripe) =>
      stripe.coupons.create({ duration: 'once', percent_off: 10, name: CLOCK }),
    );
    this.#coupons.push(coupon);
    const promotion = { type: 'coupon' as const, coupon };
    const of = customer === undefined ? {} : { customer };
    return (await this.ask((stripe) => stripe.promotionCodes.create({ promotion, ...of }))).id;
  }

  /** A change to another plan as the server makes it. */
  async change(plan: 'max' | 'pro', more: Partial<PricedChange> = {}): Promise<PricedChange> {
    return {
      of: { product: PRODUCT, plan, cycle: 'monthly' },
      price: await this.price(plan),
      when: 'now',
      quantity: 1,
      metered: [],
      dearer: plan === 'max',
      keepsTrial: false,
      promotion: undefined,
      proratedAt: undefined,
      ...more,
    };
  }

  /** Moves a subscription's clock on, and waits until all that falls due by then has happened. */
  async advance({ test_clock: clock }: Stripe.Subscription, instant: number): Promise<void> {
    const id = idOf(clock ?? null) ?? '';
    await this.ask((stripe) => stripe.testHelpers.testClocks.advance(id, { frozen_time: instant }));
    for (let asked = 0; asked < MOST_OFTEN; asked += 1) {
      const { status } = await this.ask((stripe) => stripe.testHelpers.testClocks.retrieve(id));
      if (status === 'ready') return;
      if (status === 'internal_failure') throw new Differs('Stripe could not advance its test clock.');
      await this.#parts.pause(ASK_AFTER);
    }
    throw new Differs('The test clock was not there after two minutes.');
  }

  /** Takes away the clocks of this step, with their customers and subscriptions, and its codes. */
  async leave(): Promise<void> {
    for (const id of this.#coupons.splice(0)) await this.ask((stripe) => stripe.coupons.del(id));
    for (const id of this.#clocks.splice(0))
      await this.ask((stripe) => stripe.testHelpers.testClocks.del(id));
  }

  /** Seconds since 1970. */
  now(): number {
    return Math.floor(this.#parts.now() / 1_000);
  }

  /** The price's id: made once an account, and sold again while a check runs. */
  async price(name: PriceName): Promise<string> {
    const key = `plinth:${PRODUCT}.${name}`;
    const { data } = await this.ask((stripe) => stripe.prices.list({ lookup_keys: [key], limit: 1 }));
    const active = name !== 'past';
    const price = data[0] ?? (await this.#makePrice(name, key));
    if (price.active !== active) await this.ask((stripe) => stripe.prices.update(price.id, { active }));
    return price.id;
  }

  async #makePrice(name: PriceName, key: string): Promise<Stripe.Price> {
    const product = await this.product(name);
    const { amount, interval } = PRICES[name];
    const metered = name === LIMIT ? { usage_type: 'metered' as const, meter: await this.meter() } : {};
    return this.ask((stripe) =>
      stripe.prices.create({
        product,
        currency: 'usd',
        unit_amount: amount,
        lookup_key: key,
        ...(interval === undefined ? {} : { recurring: { interval, ...metered } }),
      }),
    );
  }

  /** The product of a price. */
  async product(name: PriceName): Promise<string> {
    const id = productOf(name);
    const { data } = await this.ask((stripe) => stripe.products.list({ ids: [id], limit: 1 }));
    if (data[0] === undefined)
      await this.ask((stripe) => stripe.products.create({ id, name: `${CLOCK}: ${name}` }));
    return id;
  }

  /** Counts the units of a customer past a limit. */
  async meter(): Promise<string> {
    const found = await this.#findMeter();
    if (found?.status === 'active') return found.id;
    if (found === undefined)
      return (
        await this.ask((stripe) =>
          stripe.billing.meters.create({
            display_name: CLOCK,
            event_name: METER,
            default_aggregation: { formula: 'sum' },
          }),
        )
      ).id;
    return (await this.ask((stripe) => stripe.billing.meters.reactivate(found.id))).id;
  }

  async #findMeter(): Promise<Stripe.Billing.Meter | undefined> {
    const all = await this.ask((stripe) => stripe.billing.meters.list({ limit: 100 }).autoPagingToArray(ALL));
    return all.find(({ event_name: event }) => event === METER);
  }

  /** The second when a check began that is not cleared away; undefined: there is none. */
  async foundSince(): Promise<number | undefined> {
    const clocks = await this.#leftClocks();
    return clocks.length === 0 ? undefined : Math.max(...clocks.map(({ created }) => created));
  }

  /** Takes away what a check made, also one that was ended half-way. Prices and meters stay, archived: Stripe deletes none. */
  async clear(): Promise<void> {
    for (const { id } of await this.#leftClocks())
      await this.ask((stripe) => stripe.testHelpers.testClocks.del(id));
    const coupons = await this.ask((stripe) => stripe.coupons.list({ limit: 100 }).autoPagingToArray(ALL));
    for (const { id } of coupons.filter(({ name }) => name === CLOCK))
      await this.ask((stripe) => stripe.coupons.del(id));
    const keys = [...NAMES, LIMIT].map((name) => `plinth:${PRODUCT}.${name}`);
    const { data: prices } = await this.ask((stripe) =>
      stripe.prices.list({ lookup_keys: keys, active: true, limit: 100 }),
    );
    for (const { id } of prices) await this.ask((stripe) => stripe.prices.update(id, { active: false }));
    const meter = await this.#findMeter();
    if (meter?.status === 'active') await this.ask((stripe) => stripe.billing.meters.deactivate(meter.id));
  }

  async #leftClocks(): Promise<Stripe.TestHelpers.TestClock[]> {
    const all = await this.ask((stripe) =>
      stripe.testHelpers.testClocks.list({ limit: 100 }).autoPagingToArray(ALL),
    );
    return all.filter(({ name }) => name === CLOCK);
  }
}

/** A change whose caller agrees to its price at this moment. */
export async function agreedNow(client: StripeClient, id: string, change: Change): Promise<AgreedChange> {
  return { ...change, agreed: await previewChange(client, id, change) };
}

const ALL = { limit: 1_000 };
export const METER = meterName({ product: PRODUCT, limit: LIMIT });

const productOf = (name: PriceName) =>
  productIdOf({ product: PRODUCT, ...(name === LIMIT ? { overage: name } : { plan: name }) });
