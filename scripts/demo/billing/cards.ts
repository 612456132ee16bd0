import type { Person } from './stage.ts';

const PAGES = { success_url: 'https://shop.example/welcome', cancel_url: 'https://shop.example/plans' };

/** Orders a page, and pays there: with a card that is good, or from an account. */
export async function buys(who: Person, what: object, iban?: string): Promise<void> {
  const { checkout_url: page } = await who.call('POST /v1/billing/checkout', { ...PAGES, ...what });
  await who.stage.vendors.stripe.pay(String(page), iban === undefined ? {} : { iban });
}

/** From now on this card is charged. */
export async function uses(who: Person, card: string): Promise<void> {
  const { stripe } = who.stage;
  const customer = await customerOf(who);
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  const { data } = await stripe.subscriptions.list({ customer });
  for (const one of data) await stripe.subscriptions.update(one.id, { default_payment_method: id });
}

/** Who they are at Stripe: its dashboard finds them by our note. */
async function customerOf({ stage, accountId }: Person): Promise<string> {
  const { data } = await stage.stripe.customers.list({ limit: 100 });
  const found = data.find(({ metadata }) => metadata['plinth_account'] === accountId);
  if (found === undefined) throw new Error('Stripe knows no such customer');
  return found.id;
}

/** On the bank's page of an invoice. */
export async function decides(page: string, decision: 'confirm' | 'fail'): Promise<void> {
  await fetch(`${page}/bank`, {
    method: 'POST',
    body: new URLSearchParams({ decision }),
    redirect: 'manual',
  });
}
