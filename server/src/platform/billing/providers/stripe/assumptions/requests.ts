import { randomUUID } from 'node:crypto';
import { closeSession, openSession, sessionParams } from '../checkout.ts';
import { type Assumption, assertSeen, METER } from './stage.ts';

const DAY = 86_400;
/** A level too deep. */
const TOO_DEEP = 'latest_invoice.payments.data.payment.payment_intent';

/** How requests of every kind are answered. */
export const REQUESTS: readonly Assumption[] = [
  {
    says: 'the same Idempotency-Key hears the same answer for a day, a 5xx too, and is refused with other parameters',
    async walk(stage) {
      const customer = await stage.customer();
      const options = { idempotencyKey: randomUUID() };
      const move = (amount: number) =>
        stage.ask((stripe) =>
          stripe.customers.createBalanceTransaction(customer, { amount, currency: 'usd' }, options),
        );
      const [first, again] = [await move(-100), await move(-100)];
      assertSeen(first.id === again.id, 'It was done twice.');
      await stage.refusal(() => move(-200));
    },
  },
  {
    says: 'a meter knows the identifier of an event for at least 24 hours',
    async walk(stage) {
      const [customer, identifier] = [await stage.customer(), randomUUID()];
      await stage.meter();
      const payload = { stripe_customer_id: customer, value: '1' };
      const asked = { event_name: METER, identifier, payload };
      await stage.ask((stripe) => stripe.billing.meterEvents.create(asked));
      const { code } = await stage.refusal((stripe) => stripe.billing.meterEvents.create(asked));
      assertSeen(code === 'duplicate_meter_event', `It is refused as ${String(code)}.`);
    },
  },
  {
    says: 'metadata are 50 at most, of 40 and 500 characters',
    isNeverSent: true,
    async walk(stage) {
      const customer = await stage.customer();
      const many = Object.fromEntries(Array.from({ length: 51 }, (_, nth) => [`k${nth}`, '1']));
      const keep = (length: number) =>
        stage.ask((stripe) => stripe.customers.update(customer, { metadata: { long: 'x'.repeat(length) } }));
      await keep(500);
      await stage.refusal(() => keep(501));
      for (const metadata of [many, { ['k'.repeat(41)]: '1' }])
        await stage.refusal((stripe) => stripe.customers.update(customer, { metadata }));
    },
  },
  {
    says: 'lists give 100 at once, and events for 30 days',
    isNeverSent: true,
    async walk(stage) {
      await stage.ask((stripe) => stripe.events.list({ limit: 100 }));
      await stage.refusal((stripe) => stripe.events.list({ limit: 101 }));
    },
  },
  {
    says: 'objects expand four levels deep; an invoice shows ten of its lines',
    isNeverSent: true,
    async walk(stage) {
      const { id } = await stage.subscribe('pro');
      const read = (path: string) =>
        stage.ask((stripe) => stripe.subscriptions.retrieve(id, { expand: [path] }));
      await read('latest_invoice.payments.data.payment');
      await stage.refusal(() => read(TOO_DEEP));
      const { lines } = await stage.invoice(await stage.customer(), 11);
      assertSeen(lines.data.length === 10 && lines.has_more, `It shows ${lines.data.length} of 11.`);
    },
  },
  {
    says: 'messages are signed `v1` over time and body, come in any order, and again for three days',
    untried: 'it needs an address that Stripe reaches: `plinth doctor` looks at messages once there is one',
  },
  {
    says: 'a deleted customer is told as `deleted`, one that never was as `resource_missing`',
    async walk(stage) {
      const customer = await stage.customer();
      await stage.ask((stripe) => stripe.customers.del(customer));
      const { deleted } = await stage.ask((stripe) => stripe.customers.retrieve(customer));
      assertSeen(deleted === true, 'It is told as if it was there.');
      const { code } = await stage.refusal((stripe) => stripe.customers.retrieve('cus_plinthneverwas'));
      assertSeen(code === 'resource_missing', `One that never was is refused as ${String(code)}.`);
    },
  },
  {
    says: 'a checkout session can be ended, and ends by itself within 24 hours',
    async walk(stage) {
      const order = {
        customer: await stage.customer(),
        recurring: true,
        price: await stage.price('pro'),
        quantity: 1,
        metered: [await stage.price('units')],
        trialDays: 7,
        trialNeedsCard: false,
        promotion: undefined,
        successUrl: 'https://example.com/done',
        cancelUrl: 'https://example.com/',
        addsTax: false,
        accountId: 'stripe-check',
      };
      const session = await openSession(stage.client, {
        id: randomUUID(),
        asked: sessionParams(order),
        attempt: 0,
      });
      const { created, expires_at: ends } = await stage.ask((stripe) =>
        stripe.checkout.sessions.retrieve(session.id),
      );
      assertSeen(ends - created <= DAY, `It ends after ${ends - created} s.`);
      const { state } = await closeSession(stage.client, session.id);
      assertSeen(state === 'expired', `It is ${state}.`);
    },
  },
  {
    says: "a text has 5,000 characters at most, a lookup key 200, a customer's name 256, an event of a meter and its identifier 100",
    isNeverSent: true,
    async walk(stage) {
      const [customer, payer] = [await stage.customer(), { stripe_customer_id: 'cus_nobody', value: '1' }];
      await stage.meter();
      const [long, longer] = ['x'.repeat(257), 'x'.repeat(5_001)];
      await stage.refusal((stripe) => stripe.customers.update(customer, { name: long }));
      await stage.refusal((stripe) => stripe.customers.update(customer, { description: longer }));
      await stage.refusal((stripe) =>
        stripe.billing.meterEvents.create({ event_name: METER, identifier: long, payload: payer }),
      );
    },
  },
  {
    says: 'an empty text unsets, and is refused where nothing can be unset',
    async walk(stage) {
      const customer = await stage.customer({ name: 'Ada' });
      const { name } = await stage.ask((stripe) => stripe.customers.update(customer, { name: '' }));
      assertSeen(name === null, 'A name is still there.');
      await stage.refusal((stripe) => stripe.invoices.list({ customer: '' }));
    },
  },
  {
    says: 'an Idempotency-Key is a header of 255 characters at most',
    isNeverSent: true,
    async walk(stage) {
      const customer = await stage.customer();
      const idempotencyKey = randomUUID().padEnd(256, 'x');
      await stage.refusal((stripe) => stripe.customers.update(customer, { name: 'Ada' }, { idempotencyKey }));
    },
  },
  {
    says: 'events are listed by 20 names at most, and no `*` among them',
    isNeverSent: true,
    async walk(stage) {
      const names = Array.from({ length: 21 }, (_, nth) => `invoice.nth${nth}`);
      await stage.refusal((stripe) => stripe.events.list({ types: names }));
      await stage.refusal((stripe) => stripe.events.list({ types: ['*'] }));
    },
  },
  {
    says: 'messages are sent to no address of loopback',
    untried: 'a server that Stripe does not reach hears nothing, and `plinth doctor` says so',
  },
  {
    says: 'who asks too often gets 429, and is let in again soon',
    untried: 'it would keep everything else out of the account meanwhile',
  },
];
