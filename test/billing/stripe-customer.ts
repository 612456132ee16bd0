import type { AccountId } from '#platform/kernel';
import type { StripeSandbox } from '#sandbox/stripe';
import type { Stripe } from 'stripe';
import type { DrivenStripe } from './driven-stripe.ts';

/** Stripe's cards for tests, by what banks do with them. */
const CARDS = {
  good: ['pm_card_visa', '4242424242424242'],
  declined: ['pm_card_chargeCustomerFail', '4000000000000341'],
  disputed: ['pm_card_createDispute', '4000000000000259'],
  inquired: ['pm_card_createDisputeInquiry', '4000000000001976'],
  asking: ['pm_card_authenticationRequired', '4000002760003184'],
} as const;
type CardName = keyof typeof CARDS;

export interface Choice {
  readonly cycle?: 'monthly' | 'yearly';
  readonly quantity?: number;
  readonly trialDays?: number;
  readonly card?: CardName;
  readonly coupon?: string;
  /** Days to pay invoices that are sent. */
  readonly term?: number;
}

/**
 * A customer at Stripe: what they click on its pages, and what the shop's owner clicks for them in its dashboard. They
 * know Stripe alone, by its official package, and nothing of Plinth.
 */
export class StripeCustomer {
  readonly #stripe: Stripe;
  readonly #pages: StripeSandbox;
  #customer = '';

  constructor({ stripe, sandbox }: Pick<DrivenStripe, 'stripe' | 'sandbox'>) {
    this.#stripe = stripe;
    this.#pages = sandbox;
  }

  get id(): string {
    return this.#customer;
  }

  /** Becomes a customer, with our note on whose it is or without. */
  async register(accountId: AccountId | undefined): Promise<void> {
    const metadata = accountId === undefined ? {} : { plinth_account: accountId };
    const { id } = await this.#stripe.customers.create({ email: 'ada@example.com', metadata });
    this.#customer = id;
  }

  async isNoted(accountId: AccountId): Promise<void> {
    await this.#stripe.customers.update(this.#customer, { metadata: { plinth_account: accountId } });
  }

  async subscribes(plan: string, choice: Choice = {}): Promise<void> {
    const { cycle = 'monthly', quantity = 1, trialDays, card = 'good', coupon, term } = choice;
    await this.uses(card);
    const price = await this.#priceOf(plan, cycle);
    await this.#stripe.subscriptions.create({
      customer: this.#customer,
      items: [{ price, quantity }],
      ...(trialDays === undefined ? {} : { trial_period_days: trialDays }),
      ...(coupon === undefined ? {} : { discounts: [{ coupon: await this.#coupon(coupon) }] }),
      ...(term === undefined ? {} : { collection_method: 'send_invoice' as const, days_until_due: term }),
      // As its page for checkouts does: nothing is active before it is paid.
      payment_behavior: card === 'asking' ? 'default_incomplete' : 'allow_incomplete',
    });
  }

  /** Subscribes to something of this shop that is none of Plinth's. */
  async subscribesElsewhere(): Promise<void> {
    await this.uses('good');
    const price = await this.#priceElsewhere();
    await this.#stripe.subscriptions.create({ customer: this.#customer, items: [{ price }] });
  }

  /** The shop's owner makes their subscription one to something that is none of Plinth's. */
  async isMovedElsewhere(): Promise<void> {
    const { id, item } = await this.#subscription();
    const price = await this.#priceElsewhere();
    await this.#stripe.subscriptions.update(id, {
      items: [{ id: item.id, price }],
      proration_behavior: 'none',
    });
  }

  /** Buys an add-on once, on Stripe's page. */
  async buys(addOn: string, { quantity = 1, card = 'good' }: Choice = {}): Promise<void> {
    const { url } = await this.#stripe.checkout.sessions.create({
      customer: this.#customer,
      mode: 'payment',
      line_items: [{ price: await this.#priceOf(addOn, 'once'), quantity }],
      invoice_creation: { enabled: true },
      success_url: 'https://shop.example/',
    });
    await this.#pages.pay(url ?? '', { card: CARDS[card][1] });
  }

  /** From now on it is charged. */
  async uses(card: CardName): Promise<void> {
    const customer = this.#customer;
    const { id } = await this.#stripe.paymentMethods.attach(CARDS[card][0], { customer });
    await this.#stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  }

  /** Nothing is left to charge. */
  async losesTheirCard(): Promise<void> {
    const { data } = await this.#stripe.paymentMethods.list({ customer: this.#customer, limit: 100 });
    for (const { id } of data) await this.#stripe.paymentMethods.detach(id);
  }

  async paysWhatIsOwed(): Promise<void> {
    for (const { id } of await this.#invoices('open')) await this.#stripe.invoices.pay(id);
  }

  async isForgivenWhatIsOwed(): Promise<void> {
    for (const { id } of await this.#invoices('open')) await this.#stripe.invoices.voidInvoice(id);
  }

  /** `credited`: the rest of the former plan goes onto the next invoice; otherwise all is charged at once. */
  async changesTo(plan: string, { cycle = 'monthly', quantity = 1, ...how }: Change = {}): Promise<void> {
    const { id, item } = await this.#subscription();
    const price = await this.#priceOf(plan, cycle);
    await this.#stripe.subscriptions.update(id, {
      items: [{ id: item.id, price, quantity }],
      proration_behavior: how.credited === true ? 'create_prorations' : 'always_invoice',
    });
  }

  /** The shop moves a customer to another price of its plan. */
  async isMovedToPrice(amount: number): Promise<void> {
    const { id, item } = await this.#subscription();
    const product = typeof item.price.product === 'string' ? item.price.product : item.price.product.id;
    const recurring = { interval: 'month' } as const;
    const price = await this.#stripe.prices.create({
      product,
      currency: 'usd',
      unit_amount: amount,
      recurring,
    });
    await this.#stripe.subscriptions.update(id, {
      items: [{ id: item.id, price: price.id }],
      proration_behavior: 'none',
    });
  }

  async arranges(plan: string, { cycle = 'monthly', quantity = 1 }: Choice = {}): Promise<void> {
    const { id } = await this.#subscription();
    const next = await this.#priceOf(plan, cycle);
    const { id: schedule, phases } = await this.#stripe.subscriptionSchedules.create({
      from_subscription: id,
    });
    const [present] = phases;
    if (present === undefined) throw new Error('a schedule without a phase');
    const items = present.items.map(({ price, quantity: many }) => ({
      price: idOf(price),
      quantity: many ?? 1,
    }));
    const { start_date, end_date } = present;
    await this.#stripe.subscriptionSchedules.update(schedule, {
      end_behavior: 'release',
      phases: [
        { items, start_date, end_date },
        {
          items: [{ price: next, quantity }],
          start_date: end_date,
          duration: { interval: 'month', interval_count: 1 },
        },
      ],
    });
  }

  async staysAfterAll(): Promise<void> {
    const { schedule } = await this.#subscription();
    if (schedule === null) throw new Error('nothing is arranged');
    await this.#stripe.subscriptionSchedules.release(idOf(schedule));
  }

  async cancels(when: 'now' | 'at the end'): Promise<void> {
    const { id } = await this.#subscription();
    if (when === 'now') await this.#stripe.subscriptions.cancel(id, { prorate: true });
    else await this.#stripe.subscriptions.update(id, { cancel_at_period_end: true });
  }

  async resumes(): Promise<void> {
    const { id } = await this.#subscription();
    await this.#stripe.subscriptions.update(id, { cancel_at_period_end: false });
  }

  async isPaused(behavior: 'void' | 'keep_as_draft'): Promise<void> {
    const { id } = await this.#subscription();
    await this.#stripe.subscriptions.update(id, { pause_collection: { behavior } });
  }

  async goesOn(): Promise<void> {
    const { id } = await this.#subscription();
    await this.#stripe.subscriptions.update(id, { pause_collection: '' });
  }

  /** Refunds their nth payment, the first is 0; all of it, or a part. */
  async isRefunded(payment: number, amount?: number): Promise<void> {
    const { data } = await this.#stripe.paymentIntents.list({ customer: this.#customer, limit: 100 });
    const paid = data.filter(({ status }) => status === 'succeeded').toReversed()[payment];
    if (paid === undefined) throw new Error('there is no such payment');
    await this.#stripe.refunds.create({
      payment_intent: paid.id,
      ...(amount === undefined ? {} : { amount }),
    });
  }

  /** Their bank takes their nth payment back, the first is 0. */
  async isChargedBack(payment: number): Promise<void> {
    const { data } = await this.#stripe.charges.list({ customer: this.#customer, limit: 100 });
    const charge = data.filter(({ status }) => status === 'succeeded').toReversed()[payment];
    if (charge === undefined) throw new Error('there is no such payment');
    this.#pages.bank.dispute(charge.id);
  }

  /** Their bank decides on the newest dispute. */
  async dispute(end: 'is won' | 'is lost'): Promise<void> {
    const { data } = await this.#stripe.disputes.list({ limit: 100, expand: ['data.charge'] });
    const own = data.find(({ charge }) => typeof charge !== 'string' && charge.customer === this.#customer);
    if (own === undefined) throw new Error('nothing is disputed');
    if (end === 'is lost') await this.#stripe.disputes.close(own.id);
    else
      await this.#stripe.disputes.update(own.id, {
        evidence: { uncategorized_text: 'winning_evidence' },
        submit: true,
      });
  }

  async #priceOf(sold: string, cycle: 'monthly' | 'yearly' | 'once'): Promise<string> {
    const { data } = await this.#stripe.prices.list({
      lookup_keys: [`plinth:${sold}:${cycle}`],
      active: true,
    });
    const [price] = data;
    if (price === undefined) throw new Error(`${sold} has no price`);
    return price.id;
  }

  async #priceElsewhere(): Promise<string> {
    const { id: product } = await this.#stripe.products.create({ name: 'Cheese of the month' });
    const recurring = { interval: 'month' } as const;
    const price = await this.#stripe.prices.create({ product, currency: 'usd', unit_amount: 900, recurring });
    return price.id;
  }

  async #coupon(percent: string): Promise<string> {
    const { id } = await this.#stripe.coupons.create({ percent_off: Number(percent), duration: 'once' });
    return id;
  }

  async #invoices(status: 'open'): Promise<readonly Stripe.Invoice[]> {
    const { data } = await this.#stripe.invoices.list({ customer: this.#customer, status, limit: 100 });
    return data;
  }

  /** Their newest. */
  async #subscription(): Promise<Stripe.Subscription & { readonly item: Stripe.SubscriptionItem }> {
    const { data } = await this.#stripe.subscriptions.list({
      customer: this.#customer,
      status: 'all',
      limit: 1,
    });
    const [subscription] = data;
    const [item] = subscription?.items.data ?? [];
    if (subscription === undefined || item === undefined) throw new Error('they have no subscription');
    return { ...subscription, item };
  }
}

interface Change extends Pick<Choice, 'cycle' | 'quantity'> {
  readonly credited?: true;
}

function idOf(reference: string | { readonly id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
