import type { Stripe } from 'stripe';
import { sellAgain, releaseSchedule } from '../schedule.ts';
import {
  cancel,
  changeLater,
  changeNow,
  endingWithPlan,
  presentPrice,
  previewChange,
  resume,
} from '../subscription-changes.ts';
import { idOf, meteredItems, periodEnd, planItem, readSubscription } from '../subscription-reads.ts';
import { dropPendingChange } from '../pending-change.ts';
import type { Change } from '../wanted-change.ts';
import { agreedNow, type Assumption, assertSeen, METER, type Stage } from './stage.ts';

const HOUR = 3_600;

/** How plans are changed, renewed and ended. */
export const CHANGES: readonly Assumption[] = [
  {
    says: 'a pending update takes price and quantity of items, and no `deleted`',
    async walk(stage) {
      const subscription = await stage.subscribe('pro', 'units');
      const change = await stage.change('max');
      const deleted = meteredItems(subscription).map(({ id }) => ({ id, deleted: true }));
      await stage.refusal((stripe) =>
        stripe.subscriptions.update(subscription.id, {
          items: [{ id: planItem(subscription)?.id ?? '', price: change.price }, ...deleted],
          payment_behavior: 'pending_if_incomplete',
          proration_behavior: 'always_invoice',
        }),
      );
      await makes(stage, subscription, change);
      assertSeen((await priceOf(stage, subscription)) === change.price, 'The plan did not change.');
    },
  },
  {
    says: 'a change that waits is forgotten when its invoice is voided, and expires by itself',
    async walk(stage) {
      const subscription = await stage.subscribe('pro');
      const change = await stage.change('max');
      await stage.payWith(idOf(subscription.customer) ?? '', 'pm_card_authenticationRequired');
      const page = await makes(stage, subscription, change);
      assertSeen(page !== undefined, 'No change waited for the bank.');
      await dropPendingChange(stage.client, await read(stage, subscription));
      assertSeen((await read(stage, subscription)).pending_update === null, 'A voided change still waits.');
      await makes(stage, subscription, change);
      const expires = (await read(stage, subscription)).pending_update?.expires_at ?? 0;
      assertSeen(expires > 0, 'No change waited for the bank.');
      await stage.advance(subscription, expires + HOUR);
      assertSeen((await read(stage, subscription)).pending_update === null, 'The change did not expire.');
      assertSeen((await priceOf(stage, subscription)) !== change.price, 'An unpaid change was made.');
    },
  },
  {
    says: 'methods of payment that take days let no change wait',
    untried: 'a debit needs a mandate, which a person gives at a page',
  },
  {
    says: 'a subscription under a schedule is not canceled, and lets no change wait; once that is released it does both',
    async walk(stage) {
      const subscription = await stage.subscribe('max');
      await arranges(stage, subscription, await stage.change('pro'));
      const arranged = await read(stage, subscription);
      assertSeen(arranged.schedule !== null, 'A schedule of a subscription does not show at it.');
      await stage.refusal((stripe) =>
        stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }),
      );
      const [id, price] = [planItem(arranged)?.id ?? '', await stage.price('pro')];
      const waiting: Stripe.SubscriptionUpdateParams = {
        items: [{ id, price }],
        payment_behavior: 'pending_if_incomplete',
        proration_behavior: 'always_invoice',
      };
      await stage.refusal((stripe) => stripe.subscriptions.update(subscription.id, waiting));
      await releaseSchedule(stage.client, arranged);
      await stage.ask((stripe) => stripe.subscriptions.update(subscription.id, waiting));
      await stage.ask((stripe) =>
        stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }),
      );
    },
  },
  {
    says: 'a schedule stays for its whole last phase',
    async walk(stage) {
      const subscription = await stage.subscribe('max');
      const change = await stage.change('pro');
      await arranges(stage, subscription, change);
      await stage.advance(subscription, periodEnd(subscription) + 2 * HOUR);
      assertSeen((await priceOf(stage, subscription)) === change.price, 'The plan did not change by itself.');
      assertSeen((await read(stage, subscription)).schedule !== null, 'The schedule was released by itself.');
    },
  },
  {
    says: 'a phase takes no archived price',
    isNeverSent: true,
    async walk(stage) {
      const subscription = await stage.subscribe('pro');
      const past = await stage.price('past');
      const { id, phases } = await stage.ask((stripe) =>
        stripe.subscriptionSchedules.create({ from_subscription: subscription.id }),
      );
      const [start_date, end_date] = [phases[0]?.start_date ?? 0, periodEnd(subscription)];
      const present = { start_date, end_date, items: [{ price: await stage.price('pro'), quantity: 1 }] };
      const next = { items: [{ price: past, quantity: 1 }] };
      const arrange = (stripe: Stripe) =>
        stripe.subscriptionSchedules.update(id, { phases: [present, next] });
      await stage.refusal(arrange);
      await sellAgain(stage.client, [await stage.ask((stripe) => stripe.prices.retrieve(past))]);
      await stage.ask(arrange);
    },
  },
  {
    says: 'a plan of a year is sold with units that are billed each month, by invoices of their own; canceled by `max_period_end` it ends with its year, and by `cancel_at_period_end` with the month',
    async walk(stage) {
      const subscription = await stage.subscribe('yearly', 'units');
      const end = periodEnd(subscription);
      const [units] = meteredItems(subscription);
      const month = units?.current_period_end ?? end;
      assertSeen(month < end, 'The units have the period of the plan.');
      const ending = await stage.ask((stripe) =>
        stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }),
      );
      assertSeen(ending.cancel_at === month, 'It does not end with the month.');
      const { cancel_at: at } = await stage.ask((stripe) =>
        stripe.subscriptions.update(subscription.id, endingWithPlan(subscription)),
      );
      assertSeen(at === end, 'It does not end with its year.');
      const customer = idOf(subscription.customer) ?? '';
      await stage.meter();
      const payload = { stripe_customer_id: customer, value: '50' };
      await stage.ask((stripe) => stripe.billing.meterEvents.create({ event_name: METER, payload }));
      await stage.advance(subscription, month + 2 * HOUR);
      const { lines } = await latestInvoice(stage, subscription);
      const used = lines.data.map(({ amount, quantity }) => `${quantity} for ${amount}`).join(', ');
      assertSeen(used === '50 for 100', `The month is billed as ${used}.`);
    },
  },
  {
    says: 'a change gives back a share of what was billed, of no discount that comes with it',
    async walk(stage) {
      const subscription = await stage.subscribe('pro');
      const { current_period_start: start } = planItem(subscription) ?? { current_period_start: 0 };
      const end = periodEnd(subscription);
      await stage.advance(subscription, start + 10 * 24 * HOUR);
      const [price, promotion] = [await stage.price('max'), await stage.promotion()];
      const { lines } = await stage.ask((stripe) =>
        stripe.invoices.createPreview({
          subscription: subscription.id,
          subscription_details: {
            items: [{ id: planItem(subscription)?.id ?? '', price }],
            proration_behavior: 'always_invoice',
          },
          discounts: [{ promotion_code: promotion }],
        }),
      );
      const credit = lines.data.find(({ amount }) => amount < 0);
      const share = (end - (credit?.period.start ?? end)) / (end - start);
      const given = -(credit?.amount ?? 0);
      assertSeen(Math.abs(given - 1_000 * share) <= 1, `Of 1000, ${given} are given back.`);
    },
  },
  {
    says: 'a subscription renews by itself, and the invoice is charged an hour later',
    async walk(stage) {
      const subscription = await stage.subscribe('pro');
      const end = periodEnd(subscription);
      await stage.advance(subscription, end + 60);
      const { status } = await latestInvoice(stage, subscription);
      assertSeen(status === 'draft', `A minute after the turn the invoice is ${status}.`);
      await stage.advance(subscription, end + 2 * HOUR);
      const { status: later, billing_reason: why } = await latestInvoice(stage, subscription);
      assertSeen(later === 'paid', `Two hours after the turn the invoice is ${later}.`);
      assertSeen(why === 'subscription_cycle', `The invoice of a renewal is of a ${why}.`);
    },
  },
  {
    says: 'a renewal that is declined leaves the subscription `past_due`, and its invoice says when it is tried again',
    async walk(stage) {
      const subscription = await stage.subscribe('pro');
      await stage.payWith(idOf(subscription.customer) ?? '', 'pm_card_chargeCustomerFail');
      await stage.advance(subscription, periodEnd(subscription) + 2 * HOUR);
      const { status } = await read(stage, subscription);
      assertSeen(status === 'past_due', `The subscription is ${status}.`);
      const { next_payment_attempt: next } = await latestInvoice(stage, subscription);
      assertSeen(next !== null, 'Nothing is tried again: see Billing > Revenue recovery > Retries.');
    },
  },
  {
    says: 'a subscription that is to end is previewed as one that goes on, where that is asked for',
    async walk(stage) {
      const { id } = await stage.subscribe('pro');
      await cancel(stage.client, id, 'period_end');
      const { due_now: due } = await previewChange(stage.client, id, await stage.change('max'));
      assertSeen(due > 0, `A larger plan costs ${due}.`);
    },
  },
  {
    says: 'what is canceled for the end of its period goes on until then, may be kept, and ends by itself',
    async walk(stage) {
      const subscription = await stage.subscribe('pro');
      const end = await cancel(stage.client, subscription.id, 'period_end');
      await resume(stage.client, subscription.id, presentPrice(subscription));
      const kept = await read(stage, subscription);
      assertSeen(
        kept.status === 'active' && kept.cancel_at === null,
        'A cancellation could not be taken back.',
      );
      await cancel(stage.client, subscription.id, 'period_end');
      await stage.advance(subscription, end.getTime() / 1_000 + HOUR);
      const { status } = await read(stage, subscription);
      assertSeen(status === 'canceled', `An hour after its end the subscription is ${status}.`);
    },
  },
];

const makes = async ({ client }: Stage, { id }: Stripe.Subscription, change: Change) =>
  changeNow(client, id, await agreedNow(client, id, change));
const arranges = async ({ client }: Stage, { id }: Stripe.Subscription, change: Change) =>
  changeLater(client, id, await agreedNow(client, id, { ...change, when: 'period_end' }));

const read = ({ client }: Stage, { id }: Stripe.Subscription) => readSubscription(client, id);

async function priceOf(stage: Stage, subscription: Stripe.Subscription): Promise<string | undefined> {
  return planItem(await read(stage, subscription))?.price.id;
}

async function latestInvoice(stage: Stage, subscription: Stripe.Subscription): Promise<Stripe.Invoice> {
  const { latest_invoice: latest } = await read(stage, subscription);
  const id = idOf(latest) ?? '';
  return stage.ask((stripe) => stripe.invoices.retrieve(id));
}
