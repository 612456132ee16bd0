import type { Stripe } from 'stripe';
import { loadStripe } from '../package.ts';
import { cancel, changeNow } from '../subscription-changes.ts';
import { idOf, periodEnd, planItem } from '../subscription-reads.ts';
import { agreedNow, assertSeen, type Assumption, METER, type Stage } from './stage.ts';

const DAY = 86_400;
/** Days to pay an invoice that is sent. */
const TERM = 3;

/** Assumptions about what may be sold and ordered, and with what beside it. */
export const ORDERS: readonly Assumption[] = [
  {
    says: 'an amount is said whole or as a decimal; of three decimals the last is 0, and in isk and ugx both are',
    isNeverSent: true,
    async walk(stage) {
      const product = await stage.product('past');
      const { Decimal } = await loadStripe();
      const sell = (currency: string, unit_amount: number, more: Partial<Stripe.PriceCreateParams> = {}) =>
        stage.refusal((stripe) =>
          stripe.prices.create({ product, currency, unit_amount, active: false, ...more }),
        );
      await sell('usd', 1, { unit_amount_decimal: Decimal.from('1.5') });
      await sell('kwd', 1_005);
      await sell('isk', 550);
    },
  },
  {
    says: 'what a price says of taxes is never changed',
    isNeverSent: true,
    async walk(stage) {
      const price = await stage.price('past');
      await stage.ask((stripe) => stripe.prices.update(price, { tax_behavior: 'exclusive' }));
      await stage.refusal((stripe) => stripe.prices.update(price, { tax_behavior: 'inclusive' }));
    },
  },
  {
    says: "a product's default price is not archived",
    untried: 'a product that has a default price keeps one, and the check could not take it back',
  },
  {
    says: 'a trial has 730 days at most',
    isNeverSent: true,
    async walk(stage) {
      const [customer, price] = [await stage.customer(), await stage.price('pro')];
      await stage.refusal((stripe) =>
        stripe.subscriptions.create({ customer, items: [{ price }], trial_period_days: 731 }),
      );
    },
  },
  {
    says: 'what is paid once costs half a dollar at least, and eight digits at most',
    isNeverSent: true,
    async walk(stage) {
      for (const [name, quantity, code] of [
        ['penny', 1, 'amount_too_small'],
        ['boost', 400_000, 'amount_too_large'],
      ] as const) {
        const line = { price: await stage.price(name), quantity };
        const refused = await stage.refusal(await page(stage, { mode: 'payment', line_items: [line] }));
        assertSeen(refused.code === code, `It is refused as ${String(refused.code)}.`);
      }
    },
  },
  {
    says: 'a page for a known customer needs `customer_update` for taxes and tax ids',
    isNeverSent: true,
    async walk(stage) {
      const line_items = [{ price: await stage.price('pro'), quantity: 1 }];
      const asked = { mode: 'subscription', line_items, tax_id_collection: { enabled: true } } as const;
      await stage.refusal(await page(stage, { ...asked, line_items }));
    },
  },
  {
    says: 'a code may be of another customer or currency, or for a first purchase; the refusal names the parameter',
    async walk(stage) {
      const { id } = await stage.subscribe('pro');
      const discounts = [{ promotion_code: await stage.promotion(await stage.customer()) }];
      const { param } = await stage.refusal((stripe) => stripe.subscriptions.update(id, { discounts }));
      assertSeen(/promotion_code|discounts/.test(param), `It names "${param}".`);
    },
  },
  {
    says: 'a subscription whose invoices are sent is active at once, at a price made in place; its invoice is a draft, due so many days after, and past due then until it is paid',
    async walk(stage) {
      const customer = await stage.customer({ email: 'stripe-check@example.com' });
      const product = await stage.product('pro');
      const price_data = {
        product,
        currency: 'usd',
        unit_amount: 700,
        recurring: { interval: 'month' },
      } as const;
      const made = await stage.ask((stripe) =>
        stripe.subscriptions.create({
          customer,
          items: [{ price_data }],
          collection_method: 'send_invoice',
          days_until_due: TERM,
        }),
      );
      const id = idOf(made.latest_invoice) ?? '';
      const draft = await stage.ask((stripe) => stripe.invoices.retrieve(id));
      const due = draft.created + TERM * DAY;
      assertSeen(made.status === 'active', `It is ${made.status}.`);
      assertSeen(
        draft.status === 'draft' && draft.due_date === due,
        `It is ${draft.status}, due ${draft.due_date}.`,
      );
      await stage.advance(made, due + DAY);
      const status = async () => (await stage.ask((stripe) => stripe.subscriptions.retrieve(made.id))).status;
      const late = await status();
      assertSeen(late === 'past_due', `Once it was due it is ${late}.`);
      await stage.ask((stripe) => stripe.invoices.pay(id, { paid_out_of_band: true }));
      const paid = await status();
      assertSeen(paid === 'active', `Once it was paid it is ${paid}.`);
    },
  },
  {
    says: 'a change is prorated from within the present period',
    async walk(stage) {
      const { id, items, start_date: start } = await stage.subscribe('pro');
      const item = { id: items.data[0]?.id ?? '', quantity: 2 };
      const { param } = await stage.refusal((stripe) =>
        stripe.subscriptions.update(id, { items: [item], proration_date: start - 1 }),
      );
      assertSeen(param.includes('proration_date'), `It names "${param}".`);
    },
  },
  {
    says: 'a change that waits takes discounts, since 2026-05-27',
    async walk(stage) {
      const { id, customer } = await stage.subscribe('pro');
      await stage.payWith(idOf(customer) ?? '', 'pm_card_authenticationRequired');
      const change = await stage.change('max', { promotion: await stage.promotion() });
      const waits = await changeNow(stage.client, id, await agreedNow(stage.client, id, change));
      assertSeen(waits !== undefined, 'No change waited for the bank.');
    },
  },
  {
    says: 'a canceled subscription takes notes alone',
    isNeverSent: true,
    async walk(stage) {
      const { id } = await stage.subscribe('pro');
      await cancel(stage.client, id, 'now');
      await stage.refusal((stripe) =>
        stripe.subscriptions.update(id, { pause_collection: { behavior: 'void' } }),
      );
      await stage.ask((stripe) => stripe.subscriptions.update(id, { metadata: { note: '1' } }));
    },
  },
  {
    says: 'a first phase says when it began; a phase ends by a date or a duration, and its trial within it; its prices recur, in one currency',
    isNeverSent: true,
    async walk(stage) {
      const subscription = await stage.subscribe('pro');
      const { id, phases } = await stage.ask((stripe) =>
        stripe.subscriptionSchedules.create({ from_subscription: subscription.id }),
      );
      const items = [{ price: planItem(subscription)?.price.id ?? '', quantity: 1 }];
      const end_date = periodEnd(subscription);
      const first = { items, start_date: phases[0]?.start_date ?? 0, end_date };
      const wrong: readonly Stripe.SubscriptionScheduleUpdateParams.Phase[][] = [
        [{ items, end_date }],
        [{ ...first, duration: { interval: 'month' } }],
        [{ ...first, trial_end: end_date + DAY }],
        [first, { items: [{ price: await stage.price('boost') }] }],
      ];
      for (const asked of wrong)
        await stage.refusal((stripe) => stripe.subscriptionSchedules.update(id, { phases: [...asked] }));
    },
  },
  {
    says: 'a subscription has 20 items at most',
    untried: 'it would leave twenty prices behind',
  },
  {
    says: 'units of the last 35 days are taken, of 15 digits at most',
    isNeverSent: true,
    async walk(stage) {
      const customer = await stage.customer();
      await stage.meter();
      const use = (value: string, timestamp: number) =>
        stage.refusal((stripe) =>
          stripe.billing.meterEvents.create({
            event_name: METER,
            timestamp,
            payload: { stripe_customer_id: customer, value },
          }),
        );
      await use('1', stage.now() - 36 * DAY);
      await use('1'.repeat(16), stage.now());
    },
  },
];

async function page(stage: Stage, asked: Stripe.Checkout.SessionCreateParams) {
  const customer = await stage.customer();
  const urls = { success_url: 'https://example.com/done', cancel_url: 'https://example.com/' };
  return (stripe: Stripe) => stripe.checkout.sessions.create({ customer, ...urls, ...asked });
}
