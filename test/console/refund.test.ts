import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('an operator at a customer’s purchases', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const sandbox = await createStripeSandbox();
  atEndOfFile(() => sandbox.close());
  const { app, page, signIn, faults, look, url, call, customer } = await visitConsole({ stripe: sandbox });
  const ada = await customer();
  const order = { product: 'reel', plan: 'pro', success_url: `${url}/`, cancel_url: `${url}/` };
  const { body } = await call(ada.key, 'POST /v1/billing/checkout', { body: order });
  await sandbox.pay(String(body['checkout_url']));
  await sandbox.idle();
  await app.modules.inbox.drain();
  await signIn();
  const region = (name: string) => page.getByRole('region', { name, exact: true });
  const planOf = async () => (await call(ada.key, 'GET /v1/billing/subscription?product=reel')).body;

  test('refunds half and keeps the plan, which the story tells', async () => {
    await page.goto(`${url}/app/customers?account=${ada.accountId}`);
    await region('Payments').getByRole('button', { name: 'Refund' }).click();
    const form = region('Refund a payment');
    const amount = form.getByLabel('Amount in USD');
    expect(await amount.inputValue()).toBe('39.95');
    await amount.fill('40');
    expect(await form.getByRole('button', { name: /^Refund/ }).isDisabled()).toBe(true);
    await amount.fill('19.97');
    await form.getByLabel('Reason').selectOption('Not satisfied');
    await form.getByLabel('Why, for the audit').fill('Half of the month was lost');
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await form.getByRole('button', { name: 'Refund $19.97' }).click();
    await region('Payments').getByRole('cell', { name: '$19.97' }).waitFor();
    const told = region('What happened').getByRole('row').filter({ hasText: 'An operator refunded' });
    expect(await told.innerText()).toMatch(/\$19\.97.*Half of the month was lost/);
    expect(await planOf()).toMatchObject({ plan: 'reel.pro', cancels_at: null });
  });

  test('then gives back the rest, and the plan ends with its period', async () => {
    await region('Payments').getByRole('button', { name: 'Refund' }).click();
    const form = region('Refund a payment');
    expect(await form.getByLabel('Amount in USD').inputValue()).toBe('19.98');
    await form.getByLabel('The plan').selectOption({ label: await endsLater() });
    await form.getByRole('button', { name: 'Refund $19.98' }).click();
    await region('Subscriptions')
      .getByText(/^ends on /)
      .waitFor();
    expect(await region('Payments').getByRole('button', { name: 'Refund' }).count()).toBe(0);
    const { cancels_at: end, period_ends_at: period } = await planOf();
    expect(end).toBe(period);
  });

  test('ends it now, with a reason', async () => {
    await region('Subscriptions').getByRole('button', { name: 'Cancel the plan' }).click();
    const form = region('Cancel the plan: reel.pro');
    await form.getByLabel('When').selectOption('Now; nothing is paid back');
    await form.getByLabel('Reason').selectOption('Too expensive');
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await form.getByRole('button', { name: 'Cancel the plan' }).click();
    await region('Subscriptions')
      .getByText(/^ended on /)
      .waitFor();
    const told = region('What happened').getByRole('row').filter({ hasText: 'The plan was canceled' });
    expect(await told.innerText()).toContain('reason: too_expensive');
  });

  test('sells a plan by invoice, at a price by agreement', async () => {
    await page.getByRole('button', { name: 'Sell by invoice' }).click();
    const form = region('Sell a plan by invoice');
    await form.getByLabel('Plan', { exact: true }).selectOption('reel.pro');
    await form.getByLabel('Days to pay').fill('91');
    const sell = form.getByRole('button', { name: 'Sell reel.pro' });
    expect(await sell.isDisabled()).toBe(true);
    await form.getByLabel('Days to pay').fill('14');
    await form.getByLabel('Price of one in USD, if not $39.95').fill('29.50');
    await form.getByLabel('Why, for the audit').fill('Contract 118');
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await sell.click();
    await region('Subscriptions')
      .getByText(/^renews on /)
      .waitFor();
    expect(await planOf()).toMatchObject({
      plan: 'reel.pro',
      state: 'active',
      price: { unit_amount: 2_950 },
      invoiced: { days_until_due: 14 },
    });
  });

  /** Words of the choice, with the day and the price that it names. */
  async function endsLater(): Promise<string> {
    const words = await region('Refund a payment').getByLabel('The plan').locator('option').allInnerTexts();
    const [found = ''] = words.filter((text) =>
      /^reel\.pro ends on .+, and \$39\.95 is charged no more$/.test(text),
    );
    return found;
  }
});
