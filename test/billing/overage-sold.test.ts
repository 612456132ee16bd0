import { statement } from '#platform/db';
import { createStripeSandbox } from '#sandbox/stripe';
import { advance } from '@plinth/testkit/factories';
import { permitOf, plannedCall } from '@plinth/testkit/fixtures/limits';
import { afterAll, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
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

// The counting itself is tried on both engines by overage.test.ts.
test.runIf(engine === 'postgres')(
  'units past a quota are chosen, used, and stand on the invoice of the period',
  async () => {
    const ada = await app.customer();
    const order = {
      product: 'gateway',
      plan: 'scale',
      cycle: 'monthly',
      success_url: 'https://a.example/',
      cancel_url: 'https://a.example/',
    };
    const opened = await app.call(ada.key, 'POST /v1/billing/checkout', { body: order });
    await sandbox.pay(String(opened.body['checkout_url']));
    await drainEvents();
    const choice = { product: 'gateway', limit: 'calls', most: 500, agreed: PRICE };
    const early = await app.call(ada.key, 'PUT /v1/billing/overage', { body: choice });
    expect(early).toMatchObject({ status: 409, body: { error: { code: 'overage_not_sold' } } });

    // Usage in a trial is on no invoice.
    await passSeconds(15 * DAY);
    const chosen = await app.call(ada.key, 'PUT /v1/billing/overage', { body: choice });
    expect(chosen).toMatchObject({
      status: 200,
      body: { plan: 'gateway.scale', included: 100_000, most: 500 },
    });

    // Most of the quota was used elsewhere: a hundred thousand calls take too long here.
    const { accountId } = ada;
    const elsewhere = {
      account_id: accountId,
      product: 'gateway',
      limit: 'calls',
      units: 99_990,
      reason: 'used elsewhere',
    };
    const admin = await app.admin();
    const headers = { 'idempotency-key': 'elsewhere' };
    const adjusted = await app.call(admin.key, 'POST /v1/admin/usage/adjustments', {
      body: elsewhere,
      headers,
    });
    expect(adjusted.status).toBe(201);
    const calls = {
      accountId: ada.accountId,
      userId: ada.userId,
      product: 'gateway',
      feature: 'external',
      units: 510,
    } as const;
    await permitOf(
      await limits.admit({ ...calls, call: plannedCall(0), as: 'inline', requestId: 'r' }),
    ).settle();
    await passSeconds(60);
    expect(await overage.run()).toBe(500);

    await passSeconds(46 * DAY);
    const lines = statement(
      `select quantity, amount, product from billing.invoice_lines where account_id = $1 and overage = 'calls'`,
      [ada.accountId],
    );
    expect(await app.db.asMigrator(lines)).toContainEqual({ quantity: 500, amount: 30, product: 'gateway' });
  },
);
