import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStripeClient, createStripeMeter, syncStripe } from '#platform/billing';
import { commitPoint, statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { createStripeSandbox } from '#sandbox/stripe';
import { products } from '#products';
import { advance } from '@plinth/testkit/factories';
import { expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import type { Customer } from '@plinth/testkit/services/app';
import { testDatabase } from '@plinth/testkit/services';
import { CANCEL, idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const SEEDED = commitPoint('test.failures.seeded', 'what a payee is owed');
const ROOMS = 'server/src/platform/billing/providers/stripe';
const [BASIC, PRO] = [
  { product: 'reel', plan: 'basic' },
  { product: 'reel', plan: 'pro' },
];

/** The package's functions that change something. */
const POSTS: Readonly<Record<string, string>> = {
  'accountLinks.create': '/v1/account_links',
  'accounts.create': '/v1/accounts',
  'billing.meterEvents.create': '/v1/billing/meter_events',
  'billing.meters.create': '/v1/billing/meters',
  'billingPortal.configurations.create': '/v1/billing_portal/configurations',
  'billingPortal.configurations.update': '/v1/billing_portal/configurations/:id',
  'billingPortal.sessions.create': '/v1/billing_portal/sessions',
  'checkout.sessions.create': '/v1/checkout/sessions',
  'checkout.sessions.expire': '/v1/checkout/sessions/:id/expire',
  'creditNotes.create': '/v1/credit_notes',
  'customers.create': '/v1/customers',
  'customers.update': '/v1/customers/:id',
  'customers.createBalanceTransaction': '/v1/customers/:id/balance_transactions',
  'invoiceItems.create': '/v1/invoiceitems',
  'invoices.create': '/v1/invoices',
  'invoices.createPreview': '/v1/invoices/create_preview',
  'invoices.finalizeInvoice': '/v1/invoices/:id/finalize',
  'invoices.pay': '/v1/invoices/:id/pay',
  'invoices.voidInvoice': '/v1/invoices/:id/void',
  'prices.create': '/v1/prices',
  'prices.update': '/v1/prices/:id',
  'products.create': '/v1/products',
  'products.update': '/v1/products/:id',
  'subscriptionSchedules.create': '/v1/subscription_schedules',
  'subscriptionSchedules.release': '/v1/subscription_schedules/:id/release',
  'subscriptionSchedules.update': '/v1/subscription_schedules/:id',
  'subscriptions.create': '/v1/subscriptions',
  'subscriptions.resume': '/v1/subscriptions/:id/resume',
  'subscriptions.update': '/v1/subscriptions/:id',
  'transfers.create': '/v1/transfers',
  'transfers.createReversal': '/v1/transfers/:id/reversals',
  'webhookEndpoints.create': '/v1/webhook_endpoints',
  'webhookEndpoints.update': '/v1/webhook_endpoints/:id',
};

/** Nothing was done; then, of the next request, everything was, and its answer is a failure all the same. */
const FAILURES = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 500, done: true },
] as const;
/** As many kinds of POST as one act has, each failing so often. */
const MOST_TRIES = 20;

/** Does something as its caller would, who comes back while it fails. */
async function untilDone<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}

const selling = await openSellingApp();
const { call, customer, db, drainEvents, order, plan, sandbox, stripe } = selling;
const operator = await selling.admin();
const { ids, refundedCredits, sharing } = selling.app.modules;
const { cancel, change, resume, storeId } = subscriptionCalls(selling);

/** An HTTP call that answered well. */
async function good(asking: Promise<{ readonly status: number; readonly body: Record<string, unknown> }>) {
  const { status, body } = await asking;
  if (status >= 400) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

async function subscriber(): Promise<Customer> {
  const who = await customer();
  await untilDone(async () => void (await good(order(who, BASIC))));
  // Another page takes the place of the one that is open.
  const { checkout_url: url } = await untilDone(() => good(order(who, PRO)));
  await sandbox.pay(String(url));
  await drainEvents();
  expect(await plan(who)).toBe('reel.pro');
  const customers = (await stripe.customers.list({ limit: 100 })).data;
  expect(customers.filter(({ metadata }) => metadata['plinth_account'] === who.accountId)).toHaveLength(1);
  return who;
}

async function payee(): Promise<{ readonly accountId: Customer['accountId']; readonly storeId: string }> {
  const { accountId, key } = await customer();
  const body = { return_url: CANCEL };
  const { url } = await untilDone(() => good(call(key, 'POST /v1/developer/payee', { body })));
  const made = (await stripe.accounts.list({ limit: 100 })).data.filter(
    ({ metadata }) => metadata?.['plinth_account'] === accountId,
  );
  expect(made).toHaveLength(1);
  const [account] = made;
  expect(url).toContain(account?.id);
  sandbox.connect.onboard(account?.id ?? '');
  await drainEvents();
  return { accountId, storeId: account?.id ?? '' };
}

/** A share that can be paid, or that went back. */
const owe = (
  accountId: string,
  sale: string,
  { amount, recover = false }: { amount: number; recover?: boolean },
) =>
  db.system('billing.payouts', SEEDED, [
    statement(
      `insert into billing.shares (account_id, id, mode, sale_id, product, item, currency, amount, total, why, payable_at, to_recover, created_at)
       values ($1, $2, 'sandbox', $3, 'reel', 'a', 'usd', $4, $4, 'paid', app.now() - interval '1 day', $5, '2026-01-15')`,
      [accountId, ids.next(), sale, amount, recover],
    ),
  ]);

test('each POST that fails at Stripe, before and after it was done, is done once when its caller comes back', async () => {
  const met = sandbox.faults.eachPost(...FAILURES);

  const who = await subscriber();
  await untilDone(() => good(change(who, { ...BASIC, when: 'period_end' })));
  await untilDone(() => good(change(who, { ...PRO })));
  await untilDone(() => good(cancel(who)));
  await untilDone(() => good(resume(who)));
  await untilDone(() => good(call(who.key, 'POST /v1/billing/portal', { body: { return_url: CANCEL } })));
  const payer = idOf((await stripe.subscriptions.retrieve(await storeId(who))).customer);

  // An item, which the kept card pays, and one that is given up.
  const seller = await payee();
  const offer = {
    accountId: who.accountId,
    item: 'a',
    name: 'A',
    amount: 999,
    currency: 'usd',
    payee: seller.accountId,
    product: 'reel',
    agreed: { amount: 999, currency: 'usd' },
  };
  expect(await untilDone(() => sharing.open(offer))).toMatchObject({ state: 'paid' });
  const charges = (await stripe.charges.list({ customer: payer, limit: 100 })).data;
  expect(charges.filter(({ amount }) => amount === 999)).toHaveLength(1);
  const poor = await customer();
  const unpaid = { ...offer, accountId: poor.accountId, item: 'b' };
  expect(await untilDone(() => sharing.open(unpaid))).toMatchObject({ state: 'open' });
  await sharing.close(unpaid);
  await untilDone(() => sharing.settle());

  // A transfer, and what is taken back of it.
  sandbox.connect.fund(10_000, 'usd');
  const sale = ids.next();
  await owe(seller.accountId, sale, { amount: 500 });
  await good(call(operator.key, 'POST /v1/admin/payouts', { body: { period: '2026-01' } }));
  const settle = async () => {
    await advance(db, '10 minutes');
    await sharing.settle();
    const { owed = 0, sent = 0 } = (await sharing.earnings(seller.accountId, undefined)).balances[0] ?? {};
    return { owed, sent };
  };
  await untilDone(async () => expect(await settle()).toMatchObject({ sent: 500 }));
  await owe(seller.accountId, sale, { amount: -200, recover: true });
  await untilDone(async () => expect(await settle()).toMatchObject({ sent: 300 }));
  const sent = (await stripe.transfers.list({ destination: seller.storeId, limit: 100 })).data;
  expect(sent.map(({ amount, amount_reversed: back }) => [amount, back])).toEqual([[500, 200]]);

  // Credit of a plan whose payment the bank takes back.
  await untilDone(() => good(change(who, { ...BASIC, when: 'now' })));
  await untilDone(() => good(call(who.key, 'GET /v1/billing/subscription/preview?product=reel&plan=pro')));
  await drainEvents();
  const [paid] = charges.filter(({ amount }) => amount > 999);
  sandbox.bank.dispute(paid?.id ?? '');
  await drainEvents();
  await untilDone(async () => {
    await advance(db, '10 minutes');
    await refundedCredits.run();
    expect(await stripe.customers.retrieve(payer)).toMatchObject({ balance: 0 });
  });

  for (const act of [refund, invoiced]) await act();
  await meter(payer);
  // As after a trial without a card.
  sandbox.world.table('subscription').get(await storeId(who)).status = 'paused';
  await untilDone(() => good(resume(who)));
  expect(missing([...met(), ...(await syncPosts())])).toEqual([]);
});

/** A part of a payment goes back once. */
async function refund(): Promise<void> {
  const who = await subscriber();
  const customers = await stripe.customers.list({ limit: 100 });
  const payer = customers.data.find(({ metadata }) => metadata['plinth_account'] === who.accountId);
  const [charge] = (await stripe.charges.list({ customer: payer?.id ?? '' })).data;
  const body = { account_id: who.accountId, payment: idOf(charge?.payment_intent), amount_minor: 100 };
  const headers = { 'idempotency-key': 'a-part-goes-back' };
  await untilDone(() => good(call(operator.key, 'POST /v1/admin/billing/refunds', { body, headers })));
  expect(await stripe.charges.retrieve(charge?.id ?? '')).toMatchObject({ amount_refunded: 100 });
}

/** A plan that is paid by invoice is sold once, to a customer whose address Stripe is told with it. */
async function invoiced(): Promise<void> {
  const who = await customer();
  await untilDone(() => good(order(who, BASIC)));
  const customers = await stripe.customers.list({ limit: 100 });
  const payer = customers.data.find(({ metadata }) => metadata['plinth_account'] === who.accountId)?.id ?? '';
  sandbox.world.table('customer').get(payer).email = null;
  const body = { account_id: who.accountId, ...BASIC, days_until_due: 30 };
  const headers = { 'idempotency-key': 'an-agreement' };
  const route = 'POST /v1/admin/billing/invoiced-subscriptions';
  await untilDone(() => good(call(operator.key, route, { body, headers })));
  expect((await stripe.subscriptions.list({ customer: payer, status: 'all' })).data).toHaveLength(1);
  expect(await stripe.customers.retrieve(payer)).toMatchObject({ email: expect.stringContaining('@') });
}

/** Units past a limit are told once. */
async function meter(payer: string): Promise<void> {
  const client = createStripeClient({ ...sandbox, mode: 'sandbox' });
  const units = { product: 'gateway', limit: 'calls', id: 'a', customer: payer, units: 3, at: sandbox.now() };
  await untilDone(() => createStripeMeter(client).report(units));
  client.close();
}

/** Tells another Stripe what is sold, then with another price and name; answers the kinds of POST that failed. */
async function syncPosts(): Promise<readonly string[]> {
  const { db: own } = await testDatabase();
  const other = await createStripeSandbox({ driven: true });
  const client = createStripeClient({ ...other, mode: 'sandbox' });
  atEndOfFile(async () => {
    client.close();
    await other.close();
  });
  const met = other.faults.eachPost(...FAILURES);
  const catalogues = products.map(({ catalogue }) => catalogue);
  const tax = { behavior: 'exclusive', code: 'txcd_10103001' } as const;
  const sync = (sold: readonly Catalogue[], code: string = tax.code) =>
    untilDone(() =>
      syncStripe({
        db: own,
        client,
        catalogues: sold,
        tax: { ...tax, code },
        baseUrl: 'https://api.example.com',
      }),
    );
  await sync(catalogues);
  await sync(catalogues.map(dearer), 'txcd_10103000');
  const [endpoint] = other.world.table('webhook_endpoint').list();
  if (endpoint !== undefined) endpoint.status = 'disabled';
  await sync(catalogues);
  const active = other.world
    .table('price')
    .list()
    .filter((price) => price.active);
  const keys = active.map((price) => price.lookup_key);
  expect(new Set(keys).size).toBe(keys.length);
  return met();
}

function dearer(catalogue: Catalogue): Catalogue {
  const { pro } = catalogue.plans;
  if (catalogue.product !== 'reel' || pro === undefined) return catalogue;
  return {
    ...catalogue,
    plans: { ...catalogue.plans, pro: { ...pro, price: { ...pro.price, monthly: 9_900 } } },
  };
}

const missing = (met: readonly string[]) =>
  Object.values(POSTS).filter((path) => !met.includes(`POST ${path}`));

const sources = readdirSync(ROOMS)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => [file, readFileSync(join(ROOMS, file), 'utf8')] as const);

test('every POST that this server makes is among those that fail', () => {
  const asked = sources.flatMap(([, text]) =>
    [...text.matchAll(/\bstripe\s*\.([\w.]+\.(?!retrieve|list|del\b|cancel)\w+)\(/g)].map(
      ([, name = '']) => name,
    ),
  );
  const known = new Set([...Object.keys(POSTS), 'webhooks.constructEvent', 'webhooks.constructEventAsync']);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});

test('a key is told to Stripe by the one function that knows when it is good', () => {
  const telling = sources.filter(([, text]) => text.includes('idempotencyKey')).map(([file]) => file);
  expect(telling).toEqual(['client.ts']);
});
