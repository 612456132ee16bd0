import { statement } from '#platform/db';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { beforeEach, describe, expect, test } from 'vitest';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const death = plannedDeath();
const selling = await openSellingApp({ crashHook: death.crashHook });
const { admin, app, buy, call, customer, db, drainEvents, later, order, plan, read, sandbox, stripe } =
  selling;
const { change, mailsOf, storeId } = subscriptionCalls(selling);
const operator = await admin();
const SELL = 'POST /v1/admin/billing/invoiced-subscriptions';
const BASIC = { product: 'reel', plan: 'basic', days_until_due: 14 };
const PRICE = 595;
let keys = 0;

beforeEach(() => sandbox.faults.clear());

const sell = (who: Customer, more: Readonly<Record<string, unknown>> = {}, key = `key-${(keys += 1)}`) =>
  call(operator.key, SELL, {
    body: { account_id: who.accountId, ...BASIC, ...more },
    headers: { 'idempotency-key': key },
  });

const codeOf = ({ status, body }: Reply) => [status, (body['error'] as { code: string }).code];

/** Sells it, and has the hour go by that its invoice is a draft. */
async function invoiced(more: Readonly<Record<string, unknown>> = {}) {
  const who = await customer();
  expect((await sell(who, more)).status).toBe(200);
  await later(0.1);
  return { who, subscription: await storeId(who) };
}

async function invoicesOf(subscription: string) {
  return (await stripe.invoices.list({ subscription, limit: 100 })).data;
}

const subscriptionsOf = async (who: Customer) => {
  const { data } = await stripe.customers.list({ limit: 100 });
  const own = data.filter(({ metadata }) => metadata['plinth_account'] === who.accountId);
  const all = await Promise.all(
    own.map(({ id }) => stripe.subscriptions.list({ customer: id, status: 'all', limit: 100 })),
  );
  return all.flatMap(({ data: some }) => some);
};

async function revenueOf({ accountId }: Customer) {
  const range = `from=${sandbox.now().getUTCFullYear() - 1}-12-31&account_id=${accountId}`;
  return (await call(operator.key, `GET /v1/admin/billing/revenue?group=product&${range}`)).body['data'];
}

const auditOf = ({ accountId }: Customer) =>
  db.asMigrator(
    statement<{ action: string; user_id: string; changes: Record<string, unknown> }>(
      `select action, user_id, changes from audit.events
        where account_id = $1 and action in ('subscription.sell', 'grant.changed') order by created_at, id`,
      [accountId],
    ),
  );

describe('a plan that is paid by invoice', () => {
  test('is had at once; each invoice is paid within its term, and is revenue once it is', async () => {
    const who = await customer();
    const sold = await sell(who, { comment: 'Contract 118' });
    expect(sold).toMatchObject({
      status: 200,
      body: {
        plan: 'reel.basic',
        state: 'active',
        price: { unit_amount: PRICE },
        invoiced: { days_until_due: 14 },
      },
    });
    expect(await plan(who)).toBe('reel.basic');
    expect(await auditOf(who)).toMatchObject([
      {
        action: 'subscription.sell',
        user_id: operator.userId,
        changes: { comment: 'Contract 118', days_until_due: 14 },
      },
    ]);
    await later(0.1);
    const [first] = await invoicesOf(await storeId(who));
    expect(first).toMatchObject({ status: 'open', collection_method: 'send_invoice', attempt_count: 0 });
    expect(await revenueOf(who)).toEqual([]);
    await stripe.invoices.pay(first?.id ?? '', { paid_out_of_band: true });
    await drainEvents();
    const { body } = await call(who.key, 'GET /v1/billing/invoices');
    expect(body['data']).toMatchObject([{ state: 'paid', total: PRICE, paid: PRICE }]);
    expect(await revenueOf(who)).toMatchObject([{ sales: 1, gross_minor: PRICE }]);
    const shown = await call(operator.key, `GET /v1/admin/customers/${who.accountId}`);
    expect(shown.body).toMatchObject({ customer: { money: [{ mrr_minor: PRICE }] } });

    await later(31);
    const [second] = await invoicesOf(await storeId(who));
    expect(second).toMatchObject({ status: 'open', billing_reason: 'subscription_cycle' });
    expect(await read(who)).toMatchObject({
      state: 'active',
      grace_ends_at: null,
      invoiced: { days_until_due: 14 },
    });
    expect(await mailsOf(who)).not.toContain('payment_failed');
    await selling.endAll();
  });

  test('is no failed payment before the invoice is due, also where a card is declined on its page', async () => {
    const { who, subscription } = await invoiced();
    const [invoice] = await invoicesOf(subscription);
    const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: idOf(invoice?.customer),
    });
    await expect(stripe.invoices.pay(invoice?.id ?? '', { payment_method: card.id })).rejects.toThrow();
    await later(13.8);
    expect(await read(who)).toMatchObject({ state: 'active', grace_ends_at: null });
    expect(await mailsOf(who)).toEqual([]);
    await selling.endAll();
  });

  test('is overdue then, which a mail says, and had for seven days more; paid late all is well', async () => {
    const { who, subscription } = await invoiced();
    await later(14);
    const { state, grace_ends_at: grace, suspended_by: by } = await read(who);
    const [invoice] = await invoicesOf(subscription);
    const due = (invoice?.due_date ?? 0) * 1_000;
    expect([state, by]).toEqual(['past_due', 'payment']);
    expect((Date.parse(String(grace)) - due) / 86_400_000).toBeCloseTo(7, 0);
    expect(await mailsOf(who)).toEqual(['invoice_overdue']);
    expect(await plan(who)).toBe('reel.basic');
    await stripe.invoices.pay(invoice?.id ?? '', { paid_out_of_band: true });
    await drainEvents();
    expect(await read(who)).toMatchObject({ state: 'active', grace_ends_at: null, suspended_by: null });
    expect(await mailsOf(who)).toEqual(['invoice_overdue', 'payment_recovered']);
    await selling.endAll();
  });

  test('is not had any more when the days are over, and ends as Stripe is set up', async () => {
    const { who } = await invoiced();
    await later(14);
    await later(7.2);
    expect(await plan(who)).toBeNull();
    await app.modules.suspensions.run();
    expect(await mailsOf(who)).toEqual(['invoice_overdue', 'subscription_suspended']);
    await later(24);
    expect((await subscriptionsOf(who)).map(({ status }) => status)).toEqual(['canceled']);
    await selling.endAll();
  });

  test('is changed to a dearer one by the account, with an invoice of the same term and without a card', async () => {
    const { who, subscription } = await invoiced();
    expect((await change(who, { product: 'reel', plan: 'pro' })).status).toBe(200);
    expect(await plan(who)).toBe('reel.pro');
    const [invoice] = await invoicesOf(subscription);
    expect(invoice).toMatchObject({ status: 'open', billing_reason: 'subscription_update' });
    expect(invoice?.due_date).toBeGreaterThan(0);
    await drainEvents();
    expect(await mailsOf(who)).toEqual(['plan_changed']);
    await selling.endAll();
  });
});

test('a price and sizes by agreement are in effect with the plan, and kept through its renewal', async () => {
  const { who } = await invoiced({ unit_amount: 12_300, overrides: { generations: 5_000 } });
  expect(await read(who)).toMatchObject({
    plan: 'reel.basic',
    price: { unit_amount: 12_300, currency: 'usd' },
  });
  const sizes = async () => {
    const { body } = await call(operator.key, `GET /v1/admin/grants?account_id=${who.accountId}`);
    return (body['data'] as readonly Record<string, unknown>[])[0]?.['overrides'];
  };
  expect(await sizes()).toEqual({ generations: 5_000 });
  const [invoice] = await invoicesOf(await storeId(who));
  await stripe.invoices.pay(invoice?.id ?? '', { paid_out_of_band: true });
  await later(31);
  expect((await invoicesOf(await storeId(who)))[0]).toMatchObject({ total: 12_300, status: 'open' });
  expect(await sizes()).toEqual({ generations: 5_000 });
  await selling.endAll();
});

describe('a sale is made once', () => {
  test('by a repeat, and by two at once', async () => {
    const who = await customer();
    const [one, other] = await Promise.all([0, 1].map(() => sell(who, {}, 'same')));
    expect([one?.status, other?.status]).toContain(200);
    const again = await sell(who, {}, 'same');
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(codeOf(await sell(who, { days_until_due: 30 }, 'same'))).toEqual([422, 'idempotency_mismatch']);
    expect(await subscriptionsOf(who)).toHaveLength(1);
    const bob = await customer();
    const two = await Promise.all([0, 1].map(() => sell(bob)));
    expect(new Set(two.map(({ status }) => status))).toEqual(new Set([200, 409]));
    expect(await subscriptionsOf(bob)).toHaveLength(1);
    expect(await auditOf(bob)).toHaveLength(1);
  });

  test.each([
    [{ kind: 'status', status: 500, done: true }],
    [
      { kind: 'reset', done: true },
      { kind: 'reset', done: true },
      { kind: 'reset', done: true },
    ],
    [{ kind: 'status', status: 500 }],
  ] as const)('when Stripe fails (%o), and its caller comes back', async (...faults) => {
    const who = await customer();
    sandbox.faults.at('POST /v1/subscriptions', ...faults);
    let reply = await sell(who, {}, `fails-${(keys += 1)}`);
    const key = `fails-${keys}`;
    for (let tries = 0; reply.status === 503 && tries < 5; tries += 1) reply = await sell(who, {}, key);
    expect(reply.status).toBe(200);
    expect(await subscriptionsOf(who)).toHaveLength(1);
  });

  test.each([
    'before billing.change',
    'after billing.change',
    'before billing.overridden',
    'after billing.overridden',
    'before billing.invoiced',
    'after billing.invoiced',
    'before idempotency.kept',
  ])('by a call whose process died: %s', async (where) => {
    const who = await customer();
    const key = where.replaceAll(/\W/g, '-');
    const sold = { overrides: { generations: 700 } };
    death.plan(where);
    await sell(who, sold, key).catch(() => undefined);
    death.over();
    await drainEvents();
    await later(0.01);
    expect((await sell(who, sold, key)).status).toBe(200);
    expect(await subscriptionsOf(who)).toHaveLength(1);
    expect(await plan(who)).toBe('reel.basic');
    const audited = await auditOf(who);
    expect(audited.filter(({ action }) => action === 'subscription.sell')).toHaveLength(1);
    expect(audited.filter(({ action }) => action === 'grant.changed').length).toBeGreaterThan(0);
  });

  test('and not again after it has ended', async () => {
    const who = await customer();
    const body = { account_id: who.accountId, when: 'now' };
    await sell(who, {}, 'ends');
    await call(operator.key, 'POST /v1/admin/billing/cancellations', { body });
    await db.asMigrator(statement('delete from idempotency.keys where true'));
    expect(codeOf(await sell(who, {}, 'ends'))).toEqual([409, 'subscription_over']);
    expect((await sell(who)).status).toBe(200);
  });
});

describe('a sale closes', () => {
  test('the page of a checkout of the product, so that it is not paid twice', async () => {
    const who = await customer();
    const { body } = await order(who, { product: 'reel', plan: 'pro' });
    expect((await sell(who)).status).toBe(200);
    expect(await sandbox.pay(String(body['checkout_url']))).toMatchObject({ outcome: 'expired' });
    expect(codeOf(await order(who, { product: 'reel', plan: 'pro' }))).toEqual([409, 'already_subscribed']);
  });
});

describe('a sale is refused', () => {
  test('where the account has the product', async () => {
    const who = await customer();
    await buy(who, { product: 'reel', plan: 'basic' });
    expect(codeOf(await sell(who))).toEqual([409, 'already_subscribed']);
  });

  test.each([
    [{ plan: 'none' }, 400, 'validation_failed'],
    [{ plan: 'free' }, 400, 'validation_failed'],
    [{ product: 'none' }, 400, 'validation_failed'],
    [{ cycle: 'yearly' }, 400, 'validation_failed'],
    [{ quantity: 3 }, 400, 'validation_failed'],
    [{ currency: 'jpy' }, 400, 'validation_failed'],
    [{ days_until_due: 91 }, 400, 'validation_failed'],
    [{ unit_amount: 0 }, 400, 'validation_failed'],
    [{ overrides: { nothing: 3 } }, 400, 'validation_failed'],
    [{ account_id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f99' }, 404, 'not_found'],
  ])('of %o, and Stripe makes nothing', async (more, status, code) => {
    const who = await customer();
    expect(codeOf(await sell(who, more))).toEqual([status, code]);
    expect(await subscriptionsOf(who)).toEqual([]);
  });

  test('to a customer who is archived, or has no address', async () => {
    const made = async (id: string, body: Readonly<Record<string, unknown>>) => {
      expect((await call(operator.key, `PUT /v1/customers/${id}`, { body })).status).toBeLessThan(300);
      return { customer: id, account_id: undefined };
    };
    const nameless = await made('org_nameless', { name: 'Nameless' });
    const gone = await made('org_gone', { name: 'Gone', email: 'ap@gone.example' });
    await call(operator.key, 'DELETE /v1/customers/org_gone');
    const who = await customer();
    expect(codeOf(await sell(who, nameless))).toEqual([400, 'validation_failed']);
    expect(codeOf(await sell(who, gone))).toEqual([409, 'customer_archived']);
    await made('org_nameless', { name: 'Nameless', email: 'ap@nameless.example' });
    expect((await sell(who, nameless)).status).toBe(200);
  });

  test('to who is no admin', async () => {
    const who = await customer();
    const body = { account_id: who.accountId, ...BASIC };
    const headers = { 'idempotency-key': 'own' };
    expect((await call(who.key, SELL, { body, headers })).status).toBe(403);
  });
});
