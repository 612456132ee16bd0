import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
import { afterEach, describe, expect, test } from 'vitest';
import { openSellingApp } from './fixture.ts';

const path = join(temporaryFolder(), 'plinth.plans.yaml');
writeFileSync(
  path,
  `products:
  studio:
    limits: { images: credits per month }
    features: { paint: { consumes: images, outside: account } }
    plans:
      free: { price: free, grants: { images: 3 } }
      pro: { price: { monthly: 19, jpy: { monthly: 2900 }, kwd: { monthly: 5.9 } }, grants: { images: 500 } }
    add_ons:
      hundred: { price: { once: 9, jpy: 1400, kwd: 2.99 }, credits: 100, limit: images, months: 12 }
    default_plan: free
`,
);
const death = plannedDeath();
const selling = await openSellingApp({ settings: { PLANS_FILE: path }, crashHook: death.crashHook });
await selling.passTheMonth();
const { buy, call, customer, db, drainEvents, sandbox, stripe } = selling;
const { topUps } = selling.app.modules.sales;
const second = (await selling.beside()).app.modules.sales.topUps;
afterEach(() => sandbox.faults.clear());

const ORDER = { product: 'studio', add_on: 'studio.hundred', threshold: 650, monthly_cap: 5_000 };
const USD = { unit_amount: 900, currency: 'usd' };
const set = ({ key }: Customer, more: Readonly<Record<string, unknown>> = {}) =>
  call(key, 'PUT /v1/billing/top-ups', { body: { ...ORDER, agreed: USD, ...more } });

/** A customer of the plan, whose card the provider has kept. */
async function holder(currency = 'usd'): Promise<Customer> {
  const who = await customer();
  await buy(who, { product: 'studio', plan: 'pro', currency });
  return who;
}

async function agreeing(more: Readonly<Record<string, unknown>> = {}): Promise<Customer> {
  const who = await holder();
  expect((await set(who, more)).status).toBe(200);
  return who;
}

/** A minute goes by, and the job runs. */
async function run(by = topUps): Promise<void> {
  await advance(db, '1 minute');
  await by.run();
}

async function topUp({ key }: Customer) {
  const { body } = await call(key, 'GET /v1/billing/top-ups');
  return (body['data'] as readonly Readonly<Record<string, unknown>>[])[0];
}

async function balance({ key }: Customer) {
  const { body } = await call(key, 'GET /v1/usage');
  const all = body['data'] as readonly { readonly product: string; readonly balance?: number }[];
  return all.find(({ product }) => product === 'studio')?.balance;
}

const payer = ({ accountId }: Customer) =>
  sandbox.world
    .table('customer')
    .list()
    .find(({ metadata }) => metadata['plinth_account'] === accountId)?.id ?? '';

/** Charges after that of the plan, oldest first; null: one that failed. */
async function charged(who: Customer): Promise<(number | null)[]> {
  const { data } = await stripe.charges.list({ customer: payer(who), limit: 100 });
  return data
    .toReversed()
    .slice(1)
    .map(({ paid, amount }) => (paid ? amount : null));
}

async function givesCard(who: Customer, card: string): Promise<void> {
  const method = await stripe.paymentMethods.attach(card, { customer: payer(who) });
  const by = { invoice_settings: { default_payment_method: method.id } };
  await stripe.customers.update(payer(who), by);
}

/** Reasons that the account was mailed and the endpoints were told. */
async function told({ accountId }: Customer): Promise<unknown[]> {
  const events = statement<{ reason: string }>(
    `select data ->> 'reason' as reason from webhooks.events where account_id = $1 and type = 'top_up.stopped' order by created_at, id`,
    [accountId],
  );
  const mails = statement<{ count: number }>(
    `select count(*)::int as count from mail.messages where account_id = $1 and template = 'top_up_stopped'`,
    [accountId],
  );
  const [reasons, [sent]] = [await db.asMigrator(events), await db.asMigrator(mails)];
  expect(sent?.count).toBe(reasons.length);
  return reasons.map(({ reason }) => reason);
}

const openInvoices = async (who: Customer) =>
  (await stripe.invoices.list({ customer: payer(who), status: 'open' })).data.length;

const withdraw = ({ key }: Customer) => call(key, 'DELETE /v1/billing/top-ups?product=studio&limit=images');

test('credits of a plan that the new month brings with its first use are no need', async () => {
  const who = await agreeing({ threshold: 400 });
  await selling.later(31);
  await run();
  expect(await balance(who)).toBe(500);
  expect((await charged(who)).filter((amount) => amount === 900)).toEqual([]);
});

test('a consent names the price that was shown, a kept card, and a cap that has room for a pack', async () => {
  expect(await set(await customer())).toMatchObject({
    status: 409,
    body: { error: { code: 'card_missing' } },
  });
  const who = await holder();
  const code = async (more: Readonly<Record<string, unknown>>) =>
    ((await set(who, more)).body['error'] as { readonly code: string }).code;
  expect(await code({ agreed: undefined })).toBe('validation_failed');
  expect(await code({ agreed: { ...USD, unit_amount: 901 } })).toBe('price_changed');
  expect(await code({ agreed: { unit_amount: 1_400, currency: 'jpy' } })).toBe('price_changed');
  expect(await code({ monthly_cap: 899 })).toBe('validation_failed');
  expect(await code({ add_on: 'pro' })).toBe('validation_failed');
  expect(await set(who)).toMatchObject({
    status: 200,
    body: {
      card: { brand: 'visa', last4: '4242' },
      limit: 'images',
      credits: 100,
      state: 'on',
      stopped: null,
    },
  });
  expect(await charged(who)).toEqual([]);
});

test.each([
  ['usd', 900],
  ['jpy', 1_400],
  ['kwd', 2_990],
])('one purchase in %s closes the whole shortfall, and no other one follows', async (currency, price) => {
  const who = await holder(currency);
  expect((await set(who, { agreed: { unit_amount: price, currency }, monthly_cap: 9_000 })).status).toBe(200);
  await run();
  expect(await charged(who)).toEqual([2 * price]);
  expect(await balance(who)).toBe(700);
  await drainEvents();
  await selling.app.modules.inbox.reconcile();
  await run();
  await run();
  expect(await charged(who)).toEqual([2 * price]);
  expect(await topUp(who)).toMatchObject({ state: 'on', spent: 2 * price });
  expect(await told(who)).toEqual([]);
});

test('two processes at once charge once for one need, and again for the next', async () => {
  const who = await agreeing();
  await advance(db, '1 minute');
  await Promise.allSettled([topUps.run(), second.run(), topUps.run()]);
  await run(second);
  expect(await charged(who)).toEqual([1_800]);
  expect((await set(who, { threshold: 750 })).status).toBe(200);
  await advance(db, '1 minute');
  await Promise.allSettled([second.run(), topUps.run()]);
  await run();
  expect(await charged(who)).toEqual([1_800, 900]);
  expect(await balance(who)).toBe(800);
});

describe('a process that dies', () => {
  const points = [
    ...['looked', 'begun', 'invoice', 'closed'].map((name) => `billing.top-up-${name}`),
    'billing.change',
    'billing.customer-held',
    'billing.looked',
  ];
  test.each(points.flatMap((point) => [`before ${point}`, `after ${point}`]))(
    '%s charges once, and the next one goes on',
    async (where) => {
      const who = await agreeing();
      death.plan(where);
      await run().catch(() => {});
      death.over();
      // A lease of the dead one runs out.
      await advance(db, '2 minutes');
      await run(second);
      await run(second);
      expect(await charged(who)).toEqual([1_800]);
      expect(await balance(who)).toBe(700);
      expect(await topUp(who)).toMatchObject({ state: 'on', spent: 1_800 });
    },
  );

  test('or to which the provider fails, before and after each step, charges once', async () => {
    const who = await agreeing();
    const failure = { kind: 'status', status: 500 } as const;
    const met = sandbox.faults.eachPost(failure, { ...failure, done: true });
    for (let minute = 0; minute < 12; minute += 1) await run().catch(() => {});
    const steps = ['', '/:id/finalize', '/:id/pay'].map((step) => `POST /v1/invoices${step}`);
    expect(met()).toEqual(expect.arrayContaining(['POST /v1/invoiceitems', ...steps]));
    expect(await charged(who)).toEqual([1_800]);
    expect(await balance(who)).toBe(700);
  });
});

test.each(['pm_card_chargeCustomerFail', 'pm_card_authenticationRequired'])(
  'where %s pays, it ends in a page and a mail, and goes on once that is paid',
  async (card) => {
    const who = await holder();
    await givesCard(who, card);
    await set(who);
    await run();
    const tried = await charged(who);
    for (let minute = 0; minute < 3; minute += 1) await run();
    expect(await charged(who)).toEqual(tried);
    expect(await told(who)).toEqual(['payment_failed']);
    const { stopped } = (await topUp(who)) as { stopped: { checkout_url: string } };
    expect(stopped).toMatchObject({ reason: 'payment_failed', resumes_at: null });
    await payPage(stopped.checkout_url);
    await drainEvents();
    await run();
    expect(await topUp(who)).toMatchObject({ state: 'on', stopped: null });
    expect(await balance(who)).toBe(700);
    expect((await charged(who)).filter((amount) => amount !== null)).toEqual([1_800]);
  },
);

test('a page that is not paid is closed after a week, or with another consent, whose card then pays', async () => {
  const [ada, bob] = [await holder(), await holder()];
  for (const who of [ada, bob]) {
    await givesCard(who, 'pm_card_chargeCustomerFail');
    await set(who);
  }
  await run();
  await givesCard(bob, 'pm_card_mastercard');
  expect((await set(bob)).body).toMatchObject({ state: 'on', card: { brand: 'mastercard' } });
  await run();
  await run();
  expect((await charged(bob)).filter((amount) => amount !== null)).toEqual([1_800]);
  await advance(db, '8 days');
  await run();
  expect([await openInvoices(ada), await openInvoices(bob)]).toEqual([0, 0]);
  expect(await told(ada)).toEqual(['payment_failed']);
  expect(await topUp(ada)).toMatchObject({ stopped: { reason: 'payment_failed', checkout_url: null } });
});

test('the monthly cap counts attempts, is told once, and is over with the month or a higher one', async () => {
  const who = await agreeing({ monthly_cap: 1_799 });
  await run();
  expect(await charged(who)).toEqual([900]);
  for (let minute = 0; minute < 3; minute += 1) await run();
  expect(await charged(who)).toEqual([900]);
  expect(await told(who)).toEqual(['monthly_cap']);
  expect(await topUp(who)).toMatchObject({
    spent: 900,
    stopped: { reason: 'monthly_cap', resumes_at: expect.stringMatching(/-01T00:00:00.000Z$/) },
  });
  await set(who, { monthly_cap: 1_800 });
  await run();
  expect(await charged(who)).toEqual([900, 900]);
});

test('a withdrawal charges nothing more, and closes a purchase that the provider was not asked to charge', async () => {
  const [ada, bob] = [await agreeing(), await agreeing()];
  expect((await withdraw(ada)).status).toBe(204);
  expect((await withdraw(ada)).status).toBe(204);
  death.plan('after billing.top-up-invoice');
  await run().catch(() => {});
  death.over();
  expect((await withdraw(bob)).status).toBe(204);
  await run();
  await run();
  expect([await charged(ada), await charged(bob)]).toEqual([[], []]);
  expect((await stripe.invoices.list({ customer: payer(bob), status: 'draft' })).data).toEqual([]);
  expect(await topUp(bob)).toBeUndefined();
});

test('another price, and money that goes back, stop it before anything is charged', async () => {
  const [ada, bob] = [await agreeing(), await agreeing()];
  await db.asMigrator(
    statement('update billing.top_ups set unit_amount = 850 where account_id = $1', [ada.accountId]),
  );
  await run();
  expect([await charged(ada), await charged(bob)]).toEqual([[], [1_800]]);
  expect(await told(ada)).toEqual(['price_changed']);
  const [charge] = (await stripe.charges.list({ customer: payer(bob), limit: 1 })).data;
  await stripe.refunds.create({ charge: charge?.id ?? '' });
  await drainEvents();
  await run();
  await run();
  expect(await charged(bob)).toEqual([1_800]);
  expect(await told(bob)).toEqual(['money_back']);
  await set(bob);
  await run();
  expect(await charged(bob)).toEqual([1_800, 1_800]);
});

/** A customer whose card failed, and who can pay on a page. */
async function unclosed(): Promise<Customer> {
  const who = await holder();
  await givesCard(who, 'pm_card_chargeCustomerFail');
  await set(who);
  await run();
  const [invoice] = (await stripe.invoices.list({ customer: payer(who), status: 'open' })).data;
  const refusal = { kind: 'status', status: 400, code: 'invoice_not_editable' } as const;
  sandbox.faults.always(`POST /v1/invoices/${invoice?.id}/void`, refusal);
  return who;
}
const attempts = async (who: Customer) =>
  ((await topUp(who)) as { attempts: readonly Readonly<Record<string, unknown>>[] }).attempts.map(
    ({ state, failure }) => [state, failure],
  );

describe('an invoice that the provider refuses to close', () => {
  test('ends its attempt and is told once; set again, another one is charged, once', async () => {
    const who = await unclosed();
    await advance(db, '8 days');
    await run();
    expect(await told(who)).toEqual(['payment_failed', 'not_closed']);
    expect(await attempts(who)).toEqual([['unclosed', 'generic_decline']]);
    for (let minute = 0; minute < 3; minute += 1) await run();
    expect(await told(who)).toEqual(['payment_failed', 'not_closed']);
    await givesCard(who, 'pm_card_visa');
    expect((await set(who)).body).toMatchObject({ state: 'on' });
    await run();
    await run();
    expect((await charged(who)).filter((amount) => amount !== null)).toEqual([1_800]);
    expect(await attempts(who)).toEqual([
      ['paid', null],
      ['unclosed', 'generic_decline'],
    ]);
  });

  test('is no second charge where it was paid meanwhile, also before that is known here', async () => {
    const who = await unclosed();
    await advance(db, '8 days');
    await run();
    const { attempts: all } = (await topUp(who)) as { attempts: readonly { checkout_url: string }[] };
    await givesCard(who, 'pm_card_visa');
    await set(who);
    await payPage(all[0]?.checkout_url ?? '');
    await run();
    await run();
    expect((await charged(who)).filter((amount) => amount !== null)).toEqual([1_800]);
    expect([await balance(who), await attempts(who)]).toEqual([700, [['paid', null]]]);
    expect(await topUp(who)).toMatchObject({ state: 'on' });
  });

  test('of a top-up that was withdrawn is told, too', async () => {
    const who = await unclosed();
    await withdraw(who);
    await run();
    await run();
    expect(await told(who)).toEqual(['payment_failed', 'not_closed']);
  });
});

const CARD = { number: '4242424242424242', expiry: '12 / 44', cvc: '123', name: 'Ada Lovelace' };

/** Pays an invoice at its page, as a browser does. */
async function payPage(page: string): Promise<void> {
  const paid = await fetch(`${page}/pay`, { method: 'POST', body: new URLSearchParams(CARD) });
  expect(paid.ok).toBe(true);
}
