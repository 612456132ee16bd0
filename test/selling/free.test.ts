import { expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { openSellingApp } from './fixture.ts';

const counter = await openSellingApp({ settings: { FREE_ACCOUNTS_PER_USER: '1' } });
const { app, db, sandbox, stripe, call, customer, order, drainEvents, later, plan, read } = counter;
const { accounts, identity, endings } = app.modules;
const OPENED = commitPoint('test.selling.free', 'further accounts of a customer');
const SCALE = { product: 'gateway', plan: 'scale' };
const CARDS = ['5555555555554444', '378282246310005', '4000000000000259', '4000000000007726'];

/** Another organization that a customer makes, with a key of its own. */
async function createOrganization({ userId, ...who }: Customer): Promise<Customer> {
  return db.system('owner.first-start', OPENED, async (tx) => {
    const accountId = await accounts.makeOrganization(tx, { userId, email: who.email }, 'Another');
    const made = { accountId, userId, name: 'a key', scopes: ['*'], actor: { kind: 'system' } as const };
    return { ...who, userId, accountId, key: (await identity.createKey(tx, made)).key };
  });
}

/** Asks for the page and pays there; answers what was said of a trial. */
async function pays(who: Customer, card: string): Promise<unknown> {
  const { body } = await order(who, SCALE);
  await sandbox.pay(String(body['checkout_url']), { card });
  await drainEvents();
  return body['trial_days'];
}

const errorOf = ({ status, body }: Reply) => {
  const { request_id: _, docs_url: _docs, ...error } = body['error'] as Readonly<Record<string, unknown>>;
  // Its link is the account's own.
  const { offer: _offer, ...details } = (error['details'] ?? {}) as Readonly<Record<string, unknown>>;
  const said: Readonly<Record<string, unknown>> = { ...error, details };
  return { status, error: said };
};
const chat = ({ key }: Customer) =>
  call(key, 'POST /v1/ai/chat/completions', {
    body: { model: 'sandbox-small', messages: [{ role: 'user', content: 'Hello' }] },
  });
const gatewayOf = async ({ key }: Customer) => {
  const { body } = await call(key, 'GET /v1/billing/entitlements');
  return (body['data'] as Readonly<Record<string, unknown>>[]).find(({ product }) => product === 'gateway');
};
const chargedTo = async (who: Customer) => {
  const { body } = await call(who.key, 'GET /v1/billing/invoices');
  return (body['data'] as { total: number }[]).reduce((sum, { total }) => sum + total, 0);
};

test('however many organizations one user makes, one of their accounts is used for nothing, and the others are denied as any without a plan', async () => {
  const ada = await customer();
  expect((await chat(ada)).status).toBe(200);
  const denials = [];
  for (let n = 0; n < 3; n += 1) denials.push(errorOf(await chat(await createOrganization(ada))));
  const [denied] = denials;
  expect(denied).toMatchObject({
    status: 402,
    error: { code: 'plan_required', details: { plan: null, upgrade: 'gateway.scale' } },
  });
  // The same for any other account, and for a product without a default plan.
  const bob = await customer();
  expect([...denials, errorOf(await chat(await createOrganization(bob)))]).toEqual(
    Array.from(denials, () => denied).concat(denied),
  );
  const never = errorOf(
    await call(bob.key, 'POST /v1/create', {
      body: { platform: 'linkedin', topic: 'Why small teams ship faster' },
      headers: { 'idempotency-key': 'a-first-post' },
    }),
  );
  expect([never.status, never.error['message']]).toEqual([402, denied?.error['message']]);
  // What one account holds says nothing of another: the first is still as it was, and a bought plan is one everywhere.
  expect((await chat(ada)).status).toBe(200);
  expect(await gatewayOf(ada)).toMatchObject({ plan: 'gateway.developer', source: 'default' });
});

test('a product is tried in one account of a user; in the others it is paid at once, and the page says so', async () => {
  const ada = await customer();
  const [second, third] = [await createOrganization(ada), await createOrganization(ada)];
  expect(await gatewayOf(second)).toMatchObject({ trial_available: true });
  // A page that offers a trial, opened while it was to be had.
  expect((await order(third, SCALE)).body).toMatchObject({ trial_days: 14 });
  expect(await pays(second, CARDS[0] ?? '')).toBe(14);
  expect(await read(second, 'gateway')).toMatchObject({ state: 'trialing' });
  for (const other of [ada, third]) {
    expect(await gatewayOf(other)).toMatchObject({ trial_available: false });
    expect(await pays(other, CARDS[0] ?? '')).toBe(null);
    expect(await read(other, 'gateway')).toMatchObject({ state: 'active', trial_ends_at: null });
  }
  expect(await gatewayOf(second)).toMatchObject({ plan: 'gateway.scale', trial_available: false });
});

test('a trial on a card that has tried the product begins for nobody: nothing is had, nothing is charged, and it ends at the provider', async () => {
  const card = CARDS[1] ?? '';
  expect(await pays(await customer(), card)).toBe(14);
  const eve = await customer();
  expect(await gatewayOf(eve)).toMatchObject({ trial_available: true });
  expect(await pays(eve, card)).toBe(14);
  expect(await plan(eve, 'gateway')).toBe('gateway.developer');
  await endings.run();
  await drainEvents();
  expect(await read(eve, 'gateway')).toMatchObject({ error: { code: 'not_found' } });
  expect(await plan(eve, 'gateway')).toBe('gateway.developer');
  expect(await chargedTo(eve)).toBe(0);
  const letters = statement<{ template: string }>(
    'select template from mail.messages where account_id = $1',
    [eve.accountId],
  );
  expect(await db.asMigrator(letters)).toEqual([{ template: 'trial_refused' }]);
  await later(1);
  expect(await pays(eve, card)).toBe(null);
  expect(await plan(eve, 'gateway')).toBe('gateway.scale');
  expect(await chargedTo(eve)).toBe(4_900);
});

test('of two trials that begin at once on pages of one user, one is had, whichever is told of first', async () => {
  const ada = await customer();
  const both = [ada, await createOrganization(ada)];
  const pages = await Promise.all(both.map(async (one) => (await order(one, SCALE)).body));
  sandbox.hold();
  for (const [n, page] of pages.entries())
    await sandbox.pay(String(page['checkout_url']), { card: CARDS[n + 2] ?? '' });
  await sandbox.release();
  await drainEvents();
  const plans = await Promise.all(both.map((one) => plan(one, 'gateway')));
  expect(plans.filter((one) => one === 'gateway.scale')).toHaveLength(1);
});

test('who deletes the account that tried a product tries it nowhere else; what an operator gives at the provider stays', async () => {
  const card = '4000000000005126';
  const ada = await customer();
  const tried = await createOrganization(ada);
  await pays(tried, card);
  await db.asMigrator(statement('delete from accounts.accounts where account_id = $1', [tried.accountId]));
  const next = await createOrganization(ada);
  expect(await gatewayOf(next)).toMatchObject({ plan: null, trial_available: false });
  await later(40);
  expect(await gatewayOf(await createOrganization(ada))).toMatchObject({ trial_available: false });
  const { id } = await stripe.customers.create({ metadata: { plinth_account: next.accountId } });
  const method = await stripe.paymentMethods.attach('pm_card_refundFail', { customer: id });
  const [price] = (await stripe.prices.list({ lookup_keys: ['plinth:gateway.scale:monthly'] })).data;
  await stripe.subscriptions.create({
    customer: id,
    items: [{ price: price?.id ?? '' }],
    default_payment_method: method.id,
    trial_period_days: 30,
  });
  await drainEvents();
  await endings.run();
  expect(await read(next, 'gateway')).toMatchObject({ state: 'trialing' });
  expect(await plan(next, 'gateway')).toBe('gateway.scale');
});
