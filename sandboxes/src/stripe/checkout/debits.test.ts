import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';
import { createFixture } from '../testing/fixture.ts';

const LATER = 3_600;
const { sandbox, stripe } = await createFixture({ settings: { receiptSeconds: LATER } });
const DAY = 86_400;
const GOOD = 'AT61 1904 3002 3457 3201';
const BAD = 'AT861904300235473202';

const product = (await stripe.products.create({ name: 'Reel Pro' })).id;
const once = await stripe.prices.create({ product, currency: 'eur', unit_amount: 500 });
const recurring = { interval: 'month' } as const;
const monthly = await stripe.prices.create({ product, currency: 'eur', unit_amount: 900, recurring });

function createSession(more: Partial<Stripe.Checkout.SessionCreateParams>): Promise<Stripe.Checkout.Session> {
  const success_url = 'https://shop.example/done';
  return stripe.checkout.sessions.create({ success_url, ...more });
}

const createPaymentSession = () =>
  createSession({
    mode: 'payment',
    line_items: [{ price: once.id, quantity: 1 }],
    invoice_creation: { enabled: true },
  });
const createSubscriptionSession = () =>
  createSession({ mode: 'subscription', line_items: [{ price: monthly.id, quantity: 1 }] });

const page = async ({ id }: Stripe.Checkout.Session) => (await fetch(`${sandbox.url}/c/pay/${id}`)).text();
const read = (id: string, expand: string[] = []) => stripe.checkout.sessions.retrieve(id, { expand });

/** What was told of a page. */
const toldOf = (id: string) =>
  sandbox
    .events()
    .flatMap(({ type, data: { object } }) =>
      'id' in object && object.id === id ? [type.replace('checkout.session.', '')] : [],
    );

/** Types of what was told since. */
function watchEvents(): () => string[] {
  const before = sandbox.events().length;
  return () =>
    sandbox
      .events()
      .slice(before)
      .map(({ type }) => type);
}

describe('a page of what is sold in euros', () => {
  test('takes an account, is complete before it is paid, and tells when it is', async () => {
    const session = await createSubscriptionSession();
    expect(await page(session)).toContain('Or by direct debit');
    const body = new URLSearchParams({ iban: GOOD, name: 'Ada', email: 'ada@example.com' });
    const { status } = await fetch(`${session.url}/pay`, { method: 'POST', body, redirect: 'manual' });
    expect(status).toBe(303);
    expect(await page(session)).toContain('The bank was asked to pay.');
    expect(await read(session.id, ['subscription'])).toMatchObject({
      status: 'complete',
      payment_status: 'unpaid',
      subscription: { status: 'incomplete' },
    });
    sandbox.advance(5 * DAY - 1);
    expect(toldOf(session.id)).toEqual(['completed']);
    sandbox.advance(1);
    expect(toldOf(session.id)).toEqual(['completed', 'async_payment_succeeded']);
    expect(await read(session.id, ['subscription.default_payment_method'])).toMatchObject({
      payment_status: 'paid',
      subscription: { status: 'active', default_payment_method: { type: 'sepa_debit' } },
    });
    // Months later nothing more is told of it.
    sandbox.advance(60 * DAY);
    expect(toldOf(session.id)).toHaveLength(2);
  });

  test('says that it was not paid, once, and there is no subscription and no receipt', async () => {
    const [plan, thing] = [await createSubscriptionSession(), await createPaymentSession()];
    for (const { url } of [plan, thing])
      expect((await sandbox.pay(url ?? '', { iban: BAD })).outcome).toBe('complete');
    const told = watchEvents();
    sandbox.advance(20 * DAY);
    for (const { id } of [plan, thing]) {
      expect(toldOf(id)).toEqual(['completed', 'async_payment_failed']);
      expect((await read(id)).payment_status).toBe('unpaid');
    }
    expect((await read(plan.id, ['subscription'])).subscription).toMatchObject({
      status: 'incomplete_expired',
    });
    expect(told().filter((type) => type === 'invoice.created')).toEqual([]);
  });

  test('is not paid by an account that there is not', async () => {
    const { url } = await createPaymentSession();
    expect(await sandbox.pay(url ?? '', { iban: 'DE00' })).toMatchObject({ outcome: 'declined' });
  });
});

describe('a receipt', () => {
  test.each([
    ['a card', {}, 0],
    ['a debit', { iban: GOOD }, 5 * DAY],
  ])('of %s is made an hour after the money came', async (_, paying, paidAfter) => {
    const session = await createPaymentSession();
    await sandbox.pay(session.url ?? '', paying);
    sandbox.advance(paidAfter);
    expect(await read(session.id)).toMatchObject({ payment_status: 'paid', invoice: null });
    const told = watchEvents();
    sandbox.advance(LATER - 1);
    expect(told()).toEqual([]);
    sandbox.advance(1);
    expect(told()).toEqual([
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice_payment.paid',
    ]);
    expect(await read(session.id, ['invoice'])).toMatchObject({ invoice: { status: 'paid', total: 500 } });
  });

  test('of a customer who is deleted before is none', async () => {
    const session = await createPaymentSession();
    await sandbox.pay(session.url ?? '');
    const { customer } = await read(session.id);
    await stripe.customers.del(typeof customer === 'string' ? customer : '');
    sandbox.advance(2 * LATER);
    expect((await read(session.id)).invoice).toBeNull();
  });
});
