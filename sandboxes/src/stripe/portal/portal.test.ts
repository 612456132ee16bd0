import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';
import { createFixture, failureOf, payer, sellMonthly } from '../testing/fixture.ts';

const { sandbox, stripe } = await createFixture();
const monthly = await sellMonthly(stripe);
const better = await sellMonthly(stripe, 3_000);
const offered = typeof better.product === 'string' ? better.product : better.product.id;

const FEATURES: Stripe.BillingPortal.ConfigurationCreateParams.Features = {
  customer_update: { enabled: true, allowed_updates: ['email', 'name', 'tax_id'] },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: { enabled: true, mode: 'at_period_end' },
  subscription_update: {
    enabled: true,
    default_allowed_updates: ['price'],
    proration_behavior: 'none',
    products: [{ product: offered, prices: [better.id] }],
  },
};
const configuration = await stripe.billingPortal.configurations.create({
  features: FEATURES,
  metadata: { ours: 'yes' },
});

interface Visit {
  readonly customer: string;
  readonly subscription: string;
  readonly url: string;
}

/** A customer with a subscription, in the portal. */
async function visit(more: Partial<Stripe.BillingPortal.SessionCreateParams> = {}): Promise<Visit> {
  const customer = await payer(stripe);
  const { id: subscription } = await stripe.subscriptions.create({
    customer,
    items: [{ price: monthly.id }],
  });
  const { url } = await stripe.billingPortal.sessions.create({
    customer,
    return_url: 'https://shop.example/plans',
    ...more,
  });
  return { customer, subscription, url };
}

async function fill(
  url: string,
  fields: Record<string, string>,
): Promise<{ location: string | null; html: string }> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  return { location: answer.headers.get('location'), html: await answer.text() };
}

const page = async (url: string) => (await fetch(url)).text();
const CARD = { expiry: '12/40', cvc: '123' };

describe('a person in the portal', () => {
  test('sees what they have, what they pay with and what they paid', async () => {
    const { url } = await visit();
    const html = await page(url);
    for (const words of [
      'Reel Pro',
      '$10.00 a month',
      'Renews on',
      'visa that ends in 4242',
      'paid',
      'https://shop.example/plans',
    ])
      expect(html).toContain(words);
  });

  test('cancels at the end of the period, and thinks better of it', async () => {
    const { url, subscription } = await visit();
    await fill(`${url}/cancel`, { subscription });
    expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({
      status: 'active',
      cancel_at_period_end: true,
    });
    expect(await page(url)).toContain('Ends on');
    await fill(`${url}/resume`, { subscription });
    expect((await stripe.subscriptions.retrieve(subscription)).cancel_at).toBeNull();
  });

  test('changes the card, after the bank’s question if there is one; a declined card is not saved', async () => {
    const { url, customer, subscription } = await visit();
    await stripe.subscriptions.update(subscription, { default_payment_method: await cardOf(customer) });
    expect((await fill(`${url}/card`, { ...CARD, number: '4000000000000002' })).html).toContain(
      'Your card was declined.',
    );
    const { html } = await fill(`${url}/card`, { ...CARD, number: '4000000000003220' });
    const intent = /name="intent" value="(\w+)"/.exec(html)?.[1] ?? '';
    expect((await fill(`${url}/bank`, { intent, decision: 'fail' })).html).toContain('The old one stays.');
    expect(await last4(customer, subscription)).toEqual(['4242', '4242']);
    await fill(`${url}/card`, { ...CARD, number: '5555555555554444' });
    expect(await last4(customer, subscription)).toEqual(['4444', '4444']);
  });

  test('changes the plan to one that is offered, and to no other', async () => {
    const { url, subscription } = await visit();
    await fill(`${url}/plan`, { subscription, price: better.id });
    const { items } = await stripe.subscriptions.retrieve(subscription);
    expect(items.data[0]?.price.id).toBe(better.id);
    const { html } = await fill(`${url}/plan`, { subscription, price: monthly.id });
    expect(html).toContain('can’t be chosen here');
  });

  test('pays an invoice that failed, and the subscription is active again', async () => {
    const { url, customer, subscription } = await visit();
    await fill(`${url}/card`, { ...CARD, number: '4000000000000341' });
    sandbox.advance(32 * 86_400);
    const failed = await stripe.subscriptions.retrieve(subscription, { expand: ['latest_invoice'] });
    expect(failed.status).toBe('past_due');
    const { hosted_invoice_url } = failed.latest_invoice as Stripe.Invoice;
    const fresh = await stripe.billingPortal.sessions.create({ customer });
    expect(await page(fresh.url)).toContain('The last payment failed');
    expect(await page(hosted_invoice_url ?? '')).toContain('Pay $10.00');
    await fill(`${hosted_invoice_url}/pay`, { ...CARD, number: '4000000000003220' });
    expect(await page(hosted_invoice_url ?? '')).toContain('Your bank asks');
    await fill(`${hosted_invoice_url}/bank`, { decision: 'confirm' });
    expect(await page(hosted_invoice_url ?? '')).toContain('This invoice is paid.');
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe('active');
    expect(await page(url)).toContain('This link has expired');
  });

  test('changes what is on their invoices', async () => {
    const { url, customer } = await visit();
    await fill(`${url}/details`, { name: 'Ada & Söhne', phone: '1', tax_id: 'DE123456789' });
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ name: 'Ada & Söhne', phone: null });
    expect((await stripe.customers.listTaxIds(customer)).data).toMatchObject([{ value: 'DE123456789' }]);
  });

  test('reaches nobody else’s subscription', async () => {
    const [own, other] = [await visit(), await visit()];
    const { html } = await fill(`${own.url}/cancel`, { subscription: other.subscription });
    expect(html).toContain('This subscription is over.');
    expect((await stripe.subscriptions.retrieve(other.subscription)).cancel_at).toBeNull();
  });

  test('can do only what the shop allows', async () => {
    const { id } = await stripe.billingPortal.configurations.create({
      features: { invoice_history: { enabled: true } },
    });
    const { url, subscription } = await visit({ configuration: id });
    const html = await page(url);
    expect(html).not.toContain('Cancel the subscription');
    for (const step of ['cancel', 'plan', 'card', 'details'])
      expect(
        (await fill(`${url}/${step}`, { ...CARD, number: '5555555555554444', subscription, name: 'x' })).html,
      ).toContain('here.');
    expect((await stripe.subscriptions.retrieve(subscription)).cancel_at).toBeNull();
  });

  test('who came for one task is led back when it is done', async () => {
    const { url } = await visit({
      flow_data: {
        type: 'payment_method_update',
        after_completion: { type: 'redirect', redirect: { return_url: 'https://shop.example/card-changed' } },
      },
    });
    const { location } = await fill(`${url}/card`, { ...CARD, number: '5555555555554444' });
    expect(location).toBe('https://shop.example/card-changed');
  });
});

describe('configurations', () => {
  test('are found by what is written on them, and changed in part', async () => {
    const { data } = await stripe.billingPortal.configurations.list({ active: true });
    expect(data.find(({ metadata }) => metadata?.['ours'] === 'yes')?.id).toBe(configuration.id);
    const { features } = await stripe.billingPortal.configurations.update(configuration.id, {
      features: { subscription_cancel: { enabled: true, mode: 'immediately' } },
    });
    expect(features.subscription_cancel.mode).toBe('immediately');
    expect(features.customer_update.allowed_updates).toEqual(['email', 'name', 'tax_id']);
    await stripe.billingPortal.configurations.update(configuration.id, { features: FEATURES });
  });

  test('a portal for nobody is refused', async () => {
    const error = await failureOf(stripe.billingPortal.sessions.create({ customer: 'cus_none' }));
    expect(error).toMatchObject({ code: 'resource_missing', param: 'customer' });
  });
});

async function cardOf(customer: string): Promise<string> {
  return (await stripe.customers.listPaymentMethods(customer)).data[0]?.id ?? '';
}

/** What customer and subscription pay with. */
async function last4(customer: string, subscription: string): Promise<(string | undefined)[]> {
  const expand = ['invoice_settings.default_payment_method'];
  const owner = await stripe.customers.retrieve(customer, { expand });
  const bought = await stripe.subscriptions.retrieve(subscription, { expand: ['default_payment_method'] });
  const own = owner.deleted === true ? null : owner.invoice_settings.default_payment_method;
  return [own, bought.default_payment_method].map((method) =>
    typeof method === 'object' ? method?.card?.last4 : undefined,
  );
}
