import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';
import { createFixture, failureOf, payer, sellMonthly, sellOnce } from '../testing/fixture.ts';

const { sandbox, stripe } = await createFixture();
const monthly = await sellMonthly(stripe);
const boost = await sellOnce(stripe);

const BACK = 'https://shop.example/done?session={CHECKOUT_SESSION_ID}';
type Params = Stripe.Checkout.SessionCreateParams;

/** A page on which to subscribe. */
function createSubscriptionSession(more: Partial<Params> = {}): Promise<Stripe.Checkout.Session> {
  return stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: monthly.id, quantity: 1 }],
    success_url: BACK,
    cancel_url: 'https://shop.example/plans',
    ...more,
  });
}

function createPaymentSession(more: Partial<Params> = {}): Promise<Stripe.Checkout.Session> {
  return stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: boost.id, quantity: 2 }],
    invoice_creation: { enabled: true },
    success_url: BACK,
    ...more,
  });
}

const read = (id: string, expand: string[] = []) => stripe.checkout.sessions.retrieve(id, { expand });
const customerOf = ({ customer }: Stripe.Checkout.Session) => (typeof customer === 'string' ? customer : '');
const urlOf = ({ url }: Stripe.Checkout.Session) => url ?? '';

/** Fills in a form of a page, as a browser does; where that leads, and what it shows. */
async function fill(
  url: string,
  fields: Record<string, string>,
): Promise<{ location: string | null; html: string; status: number }> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  return { location: answer.headers.get('location'), html: await answer.text(), status: answer.status };
}

const page = async (url: string) => (await fetch(url)).text();
const CARD = { expiry: '12/40', cvc: '123', name: 'Ada', email: 'ada@example.com' };

describe('a person with a browser', () => {
  test('sees what it costs, pays, and is led back to the shop', async () => {
    const { url, id } = await createSubscriptionSession();
    const html = await page(url ?? '');
    for (const words of [
      'A shop on the sandbox',
      'Subscribe to Reel Pro',
      '$10.00 a month',
      'Subscribe',
      '4242 4242 4242 4242',
    ])
      expect(html).toContain(words);
    const { status, location } = await fill(`${url}/pay`, { ...CARD, number: '4242 4242 4242 4242' });
    expect([status, location]).toEqual([303, `https://shop.example/done?session=${id}`]);
    const session = await read(id, ['customer', 'subscription.default_payment_method']);
    expect(session).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      url: null,
      customer: { email: 'ada@example.com' },
      subscription: { status: 'active', default_payment_method: { card: { last4: '4242' } } },
    });
  });

  test('reads why a card was declined, and pays with another', async () => {
    const { url, id } = await createSubscriptionSession();
    for (const number of ['4000000000000002', '4000000000000341']) {
      expect((await fill(`${url}/pay`, { ...CARD, number })).location).toBe(`/c/pay/${id}`);
      expect(await page(url ?? '')).toContain('Your card was declined.');
    }
    await fill(`${url}/pay`, { ...CARD, number: '4242424242424242', cvc: 'no' });
    expect(await page(url ?? '')).toContain('Your card&#39;s security code is incomplete.');
    await fill(`${url}/pay`, { ...CARD, number: '1234' });
    expect(await page(url ?? '')).toContain('Your card number is incorrect.');
    expect((await read(id)).status).toBe('open');
    await fill(`${url}/pay`, { ...CARD, number: '5555555555554444' });
    const { subscription, status } = await read(id, ['subscription']);
    expect([status, (subscription as Stripe.Subscription).status]).toEqual(['complete', 'active']);
    expect(
      (await stripe.subscriptions.list({ customer: customerOf(await read(id)), status: 'all' })).data,
    ).toHaveLength(1);
  });

  test('is asked by their bank, may refuse, and confirms', async () => {
    const { url, id } = await createPaymentSession();
    await fill(`${url}/pay`, { ...CARD, number: '4000002760003184' });
    expect(await page(url ?? '')).toContain('Do you want to pay $10.00?');
    await fill(`${url}/bank`, { decision: 'fail' });
    expect(await page(url ?? '')).toContain('We are unable to authenticate your payment method');
    await fill(`${url}/pay`, { ...CARD, number: '4000002760003184' });
    expect((await fill(`${url}/bank`, { decision: 'confirm' })).location).toContain(
      'https://shop.example/done',
    );
    expect((await read(id)).payment_status).toBe('paid');
  });

  test('types a promotion code and changes how many, until they tried to pay', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'HALF' });
    const { url, id } = await createSubscriptionSession({
      allow_promotion_codes: true,
      line_items: [{ price: monthly.id, quantity: 2, adjustable_quantity: { enabled: true, maximum: 5 } }],
    });
    expect((await fill(`${url}/code`, { code: 'NONE' })).html).toContain('This code is invalid.');
    await fill(`${url}/code`, { code: 'half' });
    const line = /name="line" value="([^"]+)"/.exec(await page(url ?? ''))?.[1] ?? '';
    expect((await fill(`${url}/quantity`, { line, quantity: '6' })).html).toContain('From 1 to 5.');
    await fill(`${url}/quantity`, { line, quantity: '3' });
    expect(await read(id)).toMatchObject({
      amount_subtotal: 3_000,
      amount_total: 1_500,
      total_details: { amount_discount: 1_500 },
    });
    await fill(`${url}/pay`, { ...CARD, number: '4242424242424242' });
    const { invoice } = await read(id, ['invoice']);
    expect(invoice).toMatchObject({ total: 1_500, status: 'paid' });
  });

  test('may think of a code after a card was declined, and pays with another', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'LATER' });
    const { url, id } = await createSubscriptionSession({ allow_promotion_codes: true });
    await fill(`${url}/pay`, { ...CARD, number: '4000000000000341' });
    expect(await page(url ?? '')).toContain('Promotion code');
    await fill(`${url}/code`, { code: 'later' });
    await fill(`${url}/pay`, { ...CARD, number: '4242424242424242' });
    const session = await read(id, ['invoice']);
    expect(session).toMatchObject({ status: 'complete', invoice: { total: 500, status: 'paid' } });
    const { data } = await stripe.subscriptions.list({ customer: customerOf(session), status: 'all' });
    expect(data.map(({ status }) => status).sort()).toEqual(['active', 'incomplete_expired']);
  });

  test('can do nothing on a page that is paid, has expired or never was', async () => {
    const { url, id } = await createSubscriptionSession();
    await fill(`${url}/pay`, { ...CARD, number: '4242424242424242' });
    expect(await page(url ?? '')).toContain('This is paid.');
    await fill(`${url}/pay`, { ...CARD, number: '4242424242424242' });
    expect((await stripe.charges.list({ customer: customerOf(await read(id)) })).data).toHaveLength(1);
    const late = await createSubscriptionSession();
    sandbox.advance(24 * 60 * 60);
    expect(await page(urlOf(late))).toContain('This page has expired.');
    await fill(`${urlOf(late)}/pay`, { ...CARD, number: '4242424242424242' });
    expect(await read(late.id)).toMatchObject({ status: 'expired', url: null, subscription: null });
    expect((await fetch(`${sandbox.url}/c/pay/cs_test_none`)).status).toBe(404);
  });

  test('is shown what others wrote as text, and a page that no other site may frame or script', async () => {
    const { id: product } = await stripe.products.create({ name: '<script>alert(1)</script>' });
    const { id: price } = await stripe.prices.create({ product, currency: 'usd', unit_amount: 100 });
    const answer = await fetch(urlOf(await createPaymentSession({ line_items: [{ price, quantity: 1 }] })));
    expect(await answer.text()).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('a session', () => {
  test('of a purchase is paid with an invoice that says what was bought', async () => {
    const customer = await payer(stripe);
    const { url, id, payment_intent } = await createPaymentSession({
      customer,
      metadata: { ours: 'yes' },
      payment_intent_data: { metadata: { of: 'boost' } },
    });
    expect(payment_intent).toBeNull();
    expect(await sandbox.pay(url ?? '')).toEqual({
      outcome: 'complete',
      says: null,
      location: BACK.replace(/\{.*\}/, id),
    });
    const session = await read(id, ['invoice.payments', 'payment_intent', 'line_items']);
    expect(session).toMatchObject({
      metadata: { ours: 'yes' },
      line_items: { data: [{ amount_total: 1_000, quantity: 2, price: { id: boost.id } }] },
      payment_intent: { metadata: { of: 'boost' }, status: 'succeeded', customer },
      invoice: {
        status: 'paid',
        amount_paid: 1_000,
        lines: { data: [{ quantity: 2, amount: 1_000, pricing: { price_details: { price: boost.id } } }] },
        payments: {
          data: [{ payment: { payment_intent: (session.payment_intent as Stripe.PaymentIntent).id } }],
        },
      },
    });
  });

  test('with a trial costs nothing today; the card is set up, and charged when the trial ends', async () => {
    const customer = (await stripe.customers.create({ email: 'trial@example.com' })).id;
    const { url, id, amount_total } = await createSubscriptionSession({
      customer,
      subscription_data: { trial_period_days: 7, metadata: { a: 'b' } },
    });
    expect(amount_total).toBe(0);
    expect(await page(url ?? '')).toContain('Free for 7 days.');
    expect((await sandbox.pay(url ?? '', { card: '4000000000003220', confirms: false })).outcome).toBe(
      'declined',
    );
    expect((await sandbox.pay(url ?? '', { card: '4000000000003220' })).outcome).toBe('complete');
    const session = await read(id, ['subscription']);
    expect(session).toMatchObject({
      payment_status: 'no_payment_required',
      subscription: { status: 'trialing', metadata: { a: 'b' } },
    });
    sandbox.advance(7 * 86_400 + 7_200);
    expect((await read(id, ['subscription'])).subscription).toMatchObject({ status: 'active' });
    expect((await stripe.charges.list({ customer })).data.map(({ amount }) => amount)).toEqual([1_000]);
  });

  test('with a trial asks for no card where it is to ask only if one is needed today; the trial ends as its settings say', async () => {
    const customer = (await stripe.customers.create({ email: 'no-card@example.com' })).id;
    const { url, id } = await createSubscriptionSession({
      customer,
      payment_method_collection: 'if_required',
      subscription_data: {
        trial_period_days: 7,
        trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
      },
    });
    const html = await page(url ?? '');
    expect([html.includes('No card is needed.'), html.includes('Card number')]).toEqual([true, false]);
    await fill(`${url}/pay`, {});
    expect(await read(id, ['subscription'])).toMatchObject({
      status: 'complete',
      payment_status: 'no_payment_required',
      setup_intent: null,
      subscription: { status: 'trialing', default_payment_method: null },
    });
    sandbox.advance(7 * 86_400 + 7_200);
    expect((await read(id, ['subscription'])).subscription).toMatchObject({ status: 'canceled' });
    expect((await stripe.charges.list({ customer })).data).toEqual([]);
    // A payment of today needs a card.
    const paid = await createSubscriptionSession({ payment_method_collection: 'if_required' });
    expect(await page(paid.url ?? '')).toContain('Card number');
  });

  test('adds tax, and passes a tax id on', async () => {
    const customer = (await stripe.customers.create()).id;
    const { url, id } = await createSubscriptionSession({
      customer,
      automatic_tax: { enabled: true },
      tax_id_collection: { enabled: true },
      customer_update: { name: 'auto', address: 'auto' },
    });
    expect((await sandbox.pay(url ?? '', { taxId: 'DE123456789' })).outcome).toBe('complete');
    const session = await read(id, ['invoice']);
    expect(session).toMatchObject({
      amount_total: 1_190,
      total_details: { amount_tax: 190 },
      invoice: { total: 1_190 },
    });
    expect((await stripe.customers.listTaxIds(customer)).data).toMatchObject([{ value: 'DE123456789' }]);
  });

  test('of an overage has the metered price on the subscription, and costs nothing for it today', async () => {
    const meter = await stripe.billing.meters.create({
      display_name: 'Calls',
      event_name: 'calls',
      default_aggregation: { formula: 'sum' },
    });
    const { id: product } = await stripe.products.create({ name: 'Calls' });
    const { id: price } = await stripe.prices.create({
      product,
      currency: 'usd',
      unit_amount_decimal: Stripe.Decimal.from('0.5'),
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    });
    const { url, id } = await createSubscriptionSession({
      line_items: [{ price: monthly.id, quantity: 1 }, { price }],
    });
    expect((await sandbox.pay(url ?? '')).outcome).toBe('complete');
    const { subscription, amount_total } = await read(id, ['subscription']);
    expect(amount_total).toBe(1_000);
    expect((subscription as Stripe.Subscription).items.data.map((item) => item.price.id)).toEqual([
      monthly.id,
      price,
    ]);
  });

  test('that is expired by hand is over, and so is what was begun; one that is paid cannot be', async () => {
    const customer = (await stripe.customers.create()).id;
    const { url, id } = await createSubscriptionSession({ customer });
    await sandbox.pay(url ?? '', { card: '4000000000000341' });
    expect((await stripe.checkout.sessions.expire(id)).status).toBe('expired');
    expect((await sandbox.pay(`${sandbox.url}/c/pay/${id}`)).outcome).toBe('expired');
    const { data } = await stripe.subscriptions.list({ customer, status: 'all' });
    expect(data.map(({ status }) => status)).toEqual(['incomplete_expired']);
    const paid = await createSubscriptionSession({ customer });
    await sandbox.pay(urlOf(paid));
    expect((await failureOf(stripe.checkout.sessions.expire(paid.id))).message).toContain(
      'a status of `complete`',
    );
    expect((await stripe.checkout.sessions.list({ customer })).data.map(({ status }) => status)).toEqual([
      'complete',
      'expired',
    ]);
  });

  test('that makes no sense is refused', async () => {
    const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
    const { id: first } = await stripe.promotionCodes.create({
      promotion: { type: 'coupon', coupon },
      restrictions: { first_time_transaction: true },
    });
    const bought = await payer(stripe);
    await stripe.subscriptions.create({ customer: bought, items: [{ price: monthly.id }] });
    const wrong: [Partial<Params>, string][] = [
      [{ line_items: [] }, 'line_items'],
      [{ line_items: [{ price: 'price_none', quantity: 1 }] }, 'line_items[0][price]'],
      [{ line_items: [{ price: boost.id, quantity: 1 }] }, 'line_items'],
      [{ line_items: [{ price: monthly.id }] }, 'line_items[0][quantity]'],
      [{ customer: 'cus_none' }, 'customer'],
      [{ expires_at: 1 }, 'expires_at'],
      [{ customer_update: { name: 'auto' } }, 'customer_update'],
      [{ subscription_data: { trial_period_days: 731 } }, 'subscription_data[trial_period_days]'],
      [{ discounts: [{ coupon }, { coupon }] }, 'discounts'],
      [{ customer: bought, discounts: [{ promotion_code: first }] }, 'discounts[0][promotion_code]'],
    ];
    for (const [more, param] of wrong)
      expect(await failureOf(createSubscriptionSession(more))).toMatchObject({ statusCode: 400, param });
    const { code } = await stripe.promotionCodes.retrieve(first);
    const visited = await createSubscriptionSession({ customer: bought, allow_promotion_codes: true });
    expect((await fill(`${visited.url}/code`, { code })).html).toContain('This code is invalid.');
    const { id: customer } = await stripe.customers.create();
    const [cheap, dear] = [await sellOnce(stripe, 49), await sellOnce(stripe, 10_000)];
    const said: [Partial<Params>, string][] = [
      [{ line_items: [{ price: monthly.id, quantity: 1 }] }, 'recurring price'],
      [{ line_items: [{ price: cheap.id, quantity: 1 }] }, 'at least 50 cents'],
      [{ line_items: [{ price: dear.id, quantity: 10_000 }] }, 'at most 99999999'],
      [{ customer, automatic_tax: { enabled: true } }, 'customer_update[address]'],
      [{ customer, tax_id_collection: { enabled: true } }, 'customer_update[name]'],
    ];
    for (const [more, words] of said)
      expect((await failureOf(createPaymentSession(more))).message).toContain(words);
  });
});
