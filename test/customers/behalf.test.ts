import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type Customer, type Reply } from '@plinth/testkit/services/app';
import { CANCEL, idOf, openSellingApp, SUCCESS } from '../selling/fixture.ts';

const counter = await openSellingApp();
const { app, db, drainEvents, later, sandbox, stripe } = counter;
let operator: Customer;
beforeAll(async () => {
  operator = await counter.admin();
});

/** A call of the operator's backend for a customer. */
const callFor = (customer: string, name: string, body?: unknown): Promise<Reply> =>
  counter.call(operator.key, name, {
    body,
    headers: { 'idempotency-key': randomUUID(), 'x-customer-id': customer },
  });

async function putCustomer(more: object = {}): Promise<{ id: string; accountId: string }> {
  const id = `org_${randomUUID()}`;
  const { body } = await counter.call(operator.key, `PUT /v1/customers/${id}`, { body: more });
  return { id, accountId: String(body['account_id']) };
}

/** Mails and audited actions of an account. */
async function toldOf(accountId: string) {
  const [mails, events] = await Promise.all([
    db.asMigrator(
      statement<{ template: string }>('select template from mail.messages where account_id = $1', [
        accountId,
      ]),
    ),
    db.asMigrator(
      statement<{ action: string }>('select action from audit.events where account_id = $1', [accountId]),
    ),
  ]);
  return { mails: mails.map(({ template }) => template), actions: events.map(({ action }) => action) };
}

test('a customer of the operator buys, fails to pay and cancels, and no mail is written', async () => {
  const { id, accountId } = await putCustomer({ name: 'Northwind', email: 'billing@northwind.example' });
  const order = { product: 'reel', plan: 'basic', success_url: SUCCESS, cancel_url: CANCEL };
  const page = await callFor(id, 'POST /v1/billing/checkout', order);
  expect(page.status).toBe(201);
  await sandbox.pay(String(page.body['checkout_url']));
  await drainEvents();
  const read = async () => (await callFor(id, 'GET /v1/billing/subscription?product=reel')).body;
  expect(await read()).toMatchObject({ plan: 'reel.basic' });
  const { data } = await stripe.subscriptions.list({ limit: 1 });
  const payer = await stripe.customers.retrieve(idOf(data[0]?.customer));
  expect(payer).toMatchObject({ name: 'Northwind', email: 'billing@northwind.example' });
  expect((await callFor(id, 'POST /v1/billing/portal', { return_url: SUCCESS })).status).toBe(201);
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
    customer: idOf(data[0]?.customer),
  });
  await stripe.subscriptions.update(data[0]?.id ?? '', { default_payment_method: bad.id });
  await later(32);
  expect(await read()).toMatchObject({ grace_ends_at: expect.any(String) });
  expect((await callFor(id, 'DELETE /v1/billing/subscription?product=reel&when=now')).status).toBe(200);
  await drainEvents();
  const { mails, actions } = await toldOf(accountId);
  expect(mails).toEqual([]);
  expect(actions).toEqual(
    expect.arrayContaining(['checkout.opened', 'portal.opened', 'subscription.cancel']),
  );
});

test('a customer without an address buys too, and a limit that is near sends no mail', async () => {
  const { id, accountId } = await putCustomer();
  const page = await callFor(id, 'POST /v1/billing/checkout', {
    product: 'gateway',
    plan: 'scale',
    success_url: SUCCESS,
    cancel_url: CANCEL,
  });
  await sandbox.pay(String(page.body['checkout_url']));
  await drainEvents();
  const events = [{ id: randomUUID(), product: 'gateway', feature: 'external', cost_micros: 24_000_000 }];
  expect((await callFor(id, 'POST /v1/usage-events', { events })).body['data']).toMatchObject([
    { status: 'posted' },
  ]);
  await app.modules.dispatcher.runNow();
  const { mails, actions } = await toldOf(accountId);
  expect([mails, actions.includes('usage.reported')]).toEqual([[], true]);
});

test('a model is called for a customer, whose ledger and limits have the call', async () => {
  const { id, accountId } = await putCustomer();
  const chat = { model: 'sandbox/sandbox-small', messages: [{ role: 'user', content: 'Hello' }] };
  expect((await callFor(id, 'GET /v1/ai/models')).status).toBe(200);
  expect((await callFor(id, 'POST /v1/ai/chat/completions', chat)).status).toBe(200);
  const { body } = await callFor(id, 'GET /v1/usage/mine');
  expect(body).toMatchObject({ key: null, today: { calls: 1 } });
  expect(await counter.count({ accountId: accountId as Customer['accountId'] }, 'limits.usage_events')).toBe(
    1,
  );
  expect(await counter.count(operator, 'limits.usage_events')).toBe(0);
  expect((await callFor(id, 'GET /v1/licenses')).status).toBe(200);
});
