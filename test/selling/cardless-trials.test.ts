import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { temporaryFolder } from '@plinth/testkit/services';
import type { Customer } from '@plinth/testkit/services/app';
import { openSellingApp, SUCCESS } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const file = join(temporaryFolder(), 'plinth.plans.yaml');
writeFileSync(
  file,
  `products:
  notes:
    limits: { summaries: quota per month }
    features: { summarize: { consumes: summaries } }
    plans:
      free: { price: free, grants: { summaries: 2 } }
      pro: { price: 5, trial_days: 14, trial_needs_card: false, grants: { summaries: 100 } }
      max: { price: 9, trial_days: 14, grants: { summaries: 900 } }
    default_plan: free
`,
);
const selling = await openSellingApp({ settings: { PLANS_FILE: file, FREE_ACCOUNTS_PER_USER: '1' } });
const { app, call, customer, db, drainEvents, later, order, plan, read, sandbox, stripe } = selling;
const { change, mailsOf, storeId } = subscriptionCalls(selling);
const { accounts, endings, identity, notices } = app.modules;
const OPENED = commitPoint('test.selling.cardless', 'further accounts of a customer');
const PRO = { product: 'notes', plan: 'pro' };
const CARDS = ['5555555555554444', '378282246310005'] as const;

const setsAddress = ({ userId }: Customer, email: string | null, isVerified = true) =>
  db.asMigrator(
    statement(
      'update identity.users set email_verified = $3, email = coalesce($2, email) where user_id = $1',
      [userId, email, isVerified],
    ),
  );

/** A customer with that verified address. */
async function customerAt(email: string): Promise<Customer> {
  const who = await customer();
  await setsAddress(who, email);
  return who;
}

async function createOrganization({ userId, ...who }: Customer): Promise<Customer> {
  return db.system('owner.first-start', OPENED, async (tx) => {
    const accountId = await accounts.makeOrganization(tx, { userId, email: who.email }, 'Another');
    const made = { accountId, userId, name: 'a key', scopes: ['*'], actor: { kind: 'system' } as const };
    return { ...who, userId, accountId, key: (await identity.createKey(tx, made)).key };
  });
}

/** Presses the button of the page, which asks for no card; answers what the checkout said. */
async function tries(who: Customer) {
  const { body } = await order(who, PRO);
  const { outcome } = await sandbox.pay(String(body['checkout_url']), { card: 'none' });
  await drainEvents();
  return { outcome, days: body['trial_days'], needsCard: body['trial_needs_card'] };
}

/** Gives a card at the provider's portal. */
async function addsCard({ key }: Customer, number: string): Promise<void> {
  const { body } = await call(key, 'POST /v1/billing/portal', { body: { return_url: SUCCESS } });
  const form = new URLSearchParams({ number, expiry: '12/40', cvc: '123' });
  await fetch(`${String(body['portal_url'])}/card`, { method: 'POST', body: form, redirect: 'manual' });
  await drainEvents();
}

const paidBy = async ({ key }: Customer) => {
  const { body } = await call(key, 'GET /v1/billing/invoices');
  const paid = (body['data'] as { total: number; state: string }[]).filter(({ state }) => state === 'paid');
  return paid.reduce((sum, { total }) => sum + total, 0);
};
async function eventsOf({ accountId }: Customer): Promise<unknown[]> {
  const sent = "select data from webhooks.events where account_id = $1 and type = 'trial.ending'";
  return (await db.asMigrator(statement<{ data: unknown }>(sent, [accountId]))).map(({ data }) => data);
}

/** The first page of the portal, where customers of a seller's app are led. */
async function portalOf({ key }: Customer): Promise<string> {
  const asked = { product: 'notes', return_url: SUCCESS };
  const { body } = await call(key, 'POST /v1/portal/links', { body: asked });
  const opened = await fetch(String(body['url']), { redirect: 'manual' });
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  return (await fetch(`${selling.url}/portal`, { headers: { cookie } })).text();
}

async function trialOf({ key }: Customer): Promise<unknown> {
  const { body } = await call(key, 'GET /v1/billing/entitlements');
  return (body['data'] as { product: string }[]).find(({ product }) => product === 'notes');
}

const gone = { error: { code: 'not_found' } };

test('a trial begins without a card, says that it ends unpaid, and ends in the default plan, with nothing charged and no dunning', async () => {
  const ada = await customer();
  const { body } = await order(ada, PRO);
  expect(body).toMatchObject({ trial_days: 14, trial_needs_card: false });
  const page = await (await fetch(String(body['checkout_url']))).text();
  expect(page).toContain('No card is needed.');
  expect(page).not.toContain('Card number');
  // The same order has the same page, and its button does once what it does twice.
  expect((await tries(ada)).outcome).toBe('complete');
  await sandbox.pay(String(body['checkout_url']));
  await drainEvents();
  expect(await read(ada, 'notes')).toMatchObject({ state: 'trialing', ends_unpaid: true });
  expect(await plan(ada, 'notes')).toBe('notes.pro');
  const portal = await portalOf(ada);
  expect(portal).toContain('nothing is charged, unless you add a card before.');
  expect(portal).toContain('Manage payment');
  await later(8);
  await notices.run();
  expect(await eventsOf(ada)).toMatchObject([{ plan: 'notes.pro', ends_unpaid: true }]);
  await later(7);
  expect(await plan(ada, 'notes')).toBe('notes.free');
  expect(await read(ada, 'notes')).toMatchObject(gone);
  expect(await mailsOf(ada)).toEqual(['trial_ends', 'subscription_canceled']);
  expect(await paidBy(ada)).toBe(0);
  expect((await order(ada, PRO)).body).toMatchObject({ trial_days: null, trial_needs_card: null });
});

test('a card that is added in the trial is charged when it ends, also where another account has tried with it before', async () => {
  const [ada, eve] = [await customer(), await customer()];
  for (const who of [ada, eve]) {
    await tries(who);
    await addsCard(who, CARDS[0]);
    expect(await read(who, 'notes')).toMatchObject({ state: 'trialing', ends_unpaid: false });
    const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: await payerOf(who) });
    await stripe.subscriptions.update(await storeId(who), { default_payment_method: id });
    await drainEvents();
  }
  await endings.run();
  await drainEvents();
  // It counts for a trial that needs a card.
  const bob = await customer();
  const { body } = await order(bob, { product: 'notes', plan: 'max' });
  expect(body).toMatchObject({ trial_days: 14, trial_needs_card: true });
  await sandbox.pay(String(body['checkout_url']));
  await drainEvents();
  expect(await plan(bob, 'notes')).toBe('notes.free');
  await later(15);
  for (const who of [ada, eve]) {
    expect(await read(who, 'notes')).toMatchObject({ state: 'active', ends_unpaid: false });
    expect(await paidBy(who)).toBe(500);
  }
});

async function payerOf(who: Customer): Promise<string> {
  const { customer: payer } = await stripe.subscriptions.retrieve(await storeId(who));
  return typeof payer === 'string' ? payer : payer.id;
}

test('a dearer plan in a trial without a card is not had, and leaves the trial what it is', async () => {
  const ada = await customer();
  await tries(ada);
  const { status, body } = await change(ada, { product: 'notes', plan: 'max' });
  expect([status, body]).toMatchObject([409, { error: { code: 'card_missing' } }]);
  await drainEvents();
  expect(await read(ada, 'notes')).toMatchObject({ plan: 'notes.pro', state: 'trialing', ends_unpaid: true });
  await addsCard(ada, CARDS[1]);
  expect((await change(ada, { product: 'notes', plan: 'max' })).status).toBe(200);
  await drainEvents();
  expect(await plan(ada, 'notes')).toBe('notes.max');
  expect(await paidBy(ada)).toBe(900);
});

test('without a verified address the page asks for a card; once it is verified another page asks for none', async () => {
  const ada = await customer();
  await setsAddress(ada, null, false);
  const { body } = await order(ada, PRO);
  expect(body).toMatchObject({ trial_days: 14, trial_needs_card: true });
  expect(await (await fetch(String(body['checkout_url']))).text()).toContain('Card number');
  expect(await trialOf(ada)).toMatchObject({ trial_available: true, trial_without_card: false });
  await setsAddress(ada, null);
  expect(await trialOf(ada)).toMatchObject({ trial_available: true, trial_without_card: true });
  expect(await tries(ada)).toEqual({ outcome: 'complete', days: 14, needsCard: false });
  expect((await sandbox.pay(String(body['checkout_url']))).outcome).toBe('expired');
});

test('a person has one trial: in no second organization, and under no second user with the same verified address', async () => {
  const ada = await customerAt('lovelace@example.com');
  expect((await tries(ada)).outcome).toBe('complete');
  expect((await order(await createOrganization(ada), PRO)).body).toMatchObject({ trial_days: null });
  const tagged = await customerAt('Lovelace+2@example.com');
  expect((await order(tagged, PRO)).body).toMatchObject({ trial_days: null });
  // They give the address up, and another user has it.
  await setsAddress(ada, 'ada.elsewhere@example.com');
  const again = await customerAt('lovelace@example.com');
  expect((await order(again, PRO)).body).toMatchObject({ trial_days: null });
  expect((await order(await customerAt('byron@example.com'), PRO)).body).toMatchObject({ trial_days: 14 });
});

test.each([
  ['of one user', async (ada: Customer) => createOrganization(ada)],
  ['to one address', async (ada: Customer) => customerAt(ada.email.replace('@', '+again@'))],
])('of two trials %s that begin at once without a card, one is had', async (_how, other) => {
  const ada = await customer();
  const both = [ada, await other(ada)];
  const pages = await Promise.all(both.map(async (one) => (await order(one, PRO)).body));
  sandbox.hold();
  for (const page of pages) await sandbox.pay(String(page['checkout_url']));
  await sandbox.release();
  await drainEvents();
  const plans = await Promise.all(both.map((one) => plan(one, 'notes')));
  expect(plans.filter((one) => one === 'notes.pro')).toHaveLength(1);
  await endings.run();
  await drainEvents();
  const states = await Promise.all(both.map((one) => read(one, 'notes')));
  expect(states.filter(({ state }) => state === 'trialing')).toHaveLength(1);
});
