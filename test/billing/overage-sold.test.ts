import { statement } from '#platform/db';
import { createStripeSandbox } from '#sandbox/stripe';
import { advance } from '@plinth/testkit/factories';
import { permitOf, plannedCall } from '@plinth/testkit/fixtures/limits';
import { afterAll, describe, expect, test } from 'vitest';
import { type Customer, testApp } from '@plinth/testkit/services/app';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { engine } from '@plinth/testkit/services';

const DAY = 86_400;
const PRICE = { unit_micros: 600, currency: 'usd' };
const sandbox = await createStripeSandbox({ driven: true });
afterAll(() => sandbox.close());
const app = await testApp({ work: false, stripe: sandbox });
const { inbox, limits, overage } = app.app.modules;

/** Processes all events of Stripe. */
async function drainEvents(): Promise<void> {
  await sandbox.idle();
  await inbox.drain();
}

async function passSeconds(seconds: number): Promise<void> {
  await advance(app.db, `${seconds} seconds`);
  sandbox.advance(seconds);
  await drainEvents();
}

async function buy(cycle: 'monthly' | 'yearly'): Promise<Customer> {
  const customer = await app.customer();
  const order = {
    product: 'gateway',
    plan: 'scale',
    cycle,
    success_url: 'https://a.example/',
    cancel_url: 'https://a.example/',
  };
  const opened = await app.call(customer.key, 'POST /v1/billing/checkout', { body: order });
  await sandbox.pay(String(opened.body['checkout_url']));
  await drainEvents();
  return customer;
}

const choose = ({ key }: Customer, most: number) =>
  app.call(key, 'PUT /v1/billing/overage', {
    body: { product: 'gateway', limit: 'calls', most, agreed: PRICE },
  });

/** Uses so many units past the quota of a window in which nothing was used; most of it elsewhere: a hundred thousand calls take too long here. */
async function useInWindow(customer: Customer, units: number): Promise<void> {
  await useNow(customer, units);
  await passSeconds(60);
  expect(await overage.run()).toBe(units);
}

async function useNow({ accountId, userId }: Customer, units: number): Promise<void> {
  const elsewhere = { account_id: accountId, product: 'gateway', limit: 'calls', units: 99_990 };
  const { status } = await app.call((await app.admin()).key, 'POST /v1/admin/usage/adjustments', {
    body: { ...elsewhere, reason: 'used elsewhere' },
    headers: { 'idempotency-key': `elsewhere-${accountId}-${units}` },
  });
  expect(status).toBe(201);
  const what = { accountId, userId, product: 'gateway', feature: 'external', units: units + 10 };
  await permitOf(
    await limits.admit({ ...what, call: plannedCall(0), as: 'inline', requestId: 'r' }),
  ).settle();
}

async function storeIdOf({ accountId }: Customer): Promise<string | undefined> {
  const stored = 'select store_id from billing.subscriptions where account_id = $1';
  return (await app.db.asMigrator(statement<{ store_id: string }>(stored, [accountId])))[0]?.store_id;
}

const linesOf = ({ accountId }: Customer) =>
  app.db.asMigrator(
    statement<{ quantity: number; amount: number }>(
      `select l.quantity, l.amount::float8, l.product
         from billing.invoice_lines l join billing.invoices i on i.account_id = l.account_id and i.id = l.invoice_id
        where l.account_id = $1 and l.overage = 'calls' and l.quantity > 0 order by i.issued_at`,
      [accountId],
    ),
  );

// The counting itself is tried on both engines by overage.test.ts.
describe.runIf(engine === 'postgres')('units past a quota', () => {
  test('are chosen, used, and stand on the invoice of the period', async () => {
    const ada = await buy('monthly');
    const early = await choose(ada, 500);
    expect(early).toMatchObject({ status: 409, body: { error: { code: 'overage_not_sold' } } });
    // Usage in a trial is on no invoice.
    await passSeconds(15 * DAY);
    expect(await choose(ada, 500)).toMatchObject({
      status: 200,
      body: { plan: 'gateway.scale', included: 100_000, most: 500 },
    });
    await useInWindow(ada, 500);
    await passSeconds(46 * DAY);
    expect(await linesOf(ada)).toMatchObject([{ quantity: 500, amount: 30, product: 'gateway' }]);
  });

  test.each(['the customer', 'the operator'])(
    'of the last minute are billed where %s ends the plan at once',
    async (who) => {
      const ada = await buy('monthly');
      await passSeconds(15 * DAY);
      expect((await choose(ada, 500)).status).toBe(200);
      await useNow(ada, 400);
      const admin = await app.admin();
      const { status } =
        who === 'the customer'
          ? await app.call(ada.key, 'DELETE /v1/billing/subscription?product=gateway&when=now')
          : await app.call(admin.key, 'POST /v1/admin/billing/cancellations', {
              body: { account_id: ada.accountId, product: 'gateway', when: 'now', reason: 'other' },
              headers: { 'idempotency-key': `end-${ada.accountId}` },
            });
      expect(status).toBe(200);
      await drainEvents();
      expect(await linesOf(ada)).toMatchObject([{ quantity: 400, amount: 24, product: 'gateway' }]);
      // They are billed once.
      await passSeconds(60);
      expect(await overage.run()).toBe(0);
    },
  );

  test('of a plan that is paid by invoice stand on the next one that is sent', async () => {
    const bob = await app.customer();
    const sold = await app.call((await app.admin()).key, 'POST /v1/admin/billing/invoiced-subscriptions', {
      body: { account_id: bob.accountId, product: 'gateway', plan: 'scale', days_until_due: 60 },
      headers: { 'idempotency-key': 'contract' },
    });
    expect(sold.status).toBe(200);
    await passSeconds(60);
    expect((await choose(bob, 300)).status).toBe(200);
    await useInWindow(bob, 300);
    await passSeconds(32 * DAY);
    expect(await linesOf(bob)).toMatchObject([{ quantity: 300, amount: 18, product: 'gateway' }]);
    const { data: invoices } = (await app.call(bob.key, 'GET /v1/billing/invoices')).body;
    expect(invoices).toMatchObject([
      { state: 'open', total: 4_918 },
      { state: 'open', total: 4_900 },
    ]);
    await packageAt(sandbox).subscriptions.cancel((await storeIdOf(bob)) ?? '');
    await drainEvents();
  });

  test('of a plan that is paid by the year are billed each month, and change nothing of its monthly revenue', async () => {
    const eve = await buy('yearly');
    await passSeconds(15 * DAY);
    await choose(eve, 2_000);
    const used: number[] = [];
    for (let month = 1; month <= 14; month += 1) {
      const now = sandbox.now();
      const tenth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 10);
      await passSeconds(Math.floor((tenth - now.getTime()) / 1_000));
      // Use of a month ago is billed by now, once.
      const lines = await linesOf(eve);
      expect(lines.map(({ quantity }) => quantity)).toEqual(used);
      expect(lines.map(({ amount }) => amount)).toEqual(used.map((units) => units * 0.06));
      used.push(month * 50);
      await useInWindow(eve, month * 50);
    }
    const plans = statement(
      `select count(*)::integer as bills from billing.invoice_lines where account_id = $1 and plan = 'scale' and amount > 0`,
      [eve.accountId],
    );
    expect(await app.db.asMigrator(plans)).toEqual([{ bills: 2 }]);
    const report = await app.call((await app.admin()).key, 'GET /v1/admin/billing/recurring?group=product');
    // A twelfth of the year's price, and the month of the other customer.
    expect(report.body).toMatchObject({
      data: [
        {
          product: 'gateway',
          mrr_minor: Math.round(49_000 / 12 + 4_900),
          expansion_minor: 0,
          contraction_minor: 0,
        },
      ],
    });
  });
});
