import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { SaleChange } from '#platform/billing';
import type { ItemOffer } from '../../server/src/platform/billing/sharing/selling.ts';
import { beforeEach, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { idOf, openSellingApp } from './fixture.ts';

const selling = await openSellingApp();
const { customer, db, drainEvents, buy, sandbox, stripe } = selling;
const { sharing: real, ledger } = selling.app.modules.sales;

/** Sales whose buyers agree to the price that is asked. */
const agreeing = ({ open, ...rest }: typeof real) => ({
  ...rest,
  open: (asked: Omit<ItemOffer, 'agreed'>) =>
    open({ ...asked, agreed: { amount: asked.amount, currency: asked.currency } }),
});
const sharing = agreeing(real);

let news: SaleChange[] = [];
ledger.onChange('reel', { sale: async (_tx, change) => void news.push(change) });
beforeEach(() => void (news = []));

const heard = () => news.map(({ news: what, total, share }) => [what, total, share]);

/** A payee who can be paid, and was never asked who they are. */
async function payee(): Promise<AccountId> {
  const { accountId } = await customer();
  await db.asMigrator(
    statement(
      `insert into billing.payees (account_id, mode, store_id, state) values ($1, 'sandbox', $2, 'payable')`,
      [accountId, `acct_${accountId}`],
    ),
  );
  return accountId;
}

async function offer(who: Customer, more: { readonly amount?: number; readonly currency?: string } = {}) {
  return {
    accountId: who.accountId,
    item: 'a-plugin',
    name: 'A plugin',
    amount: 999,
    currency: 'usd',
    payee: await payee(),
    product: 'reel',
    ...more,
  };
}

/** A customer with a card that the provider has kept. */
async function cardHolder(): Promise<Customer> {
  const who = await customer();
  await buy(who, { product: 'reel', plan: 'basic' });
  return who;
}

async function deleteDraft(): Promise<void> {
  const [draft] = (await stripe.invoices.list({ status: 'draft' })).data;
  await stripe.invoices.del(draft?.id ?? '');
}

const shares = async (accountId: string) =>
  (
    await db.asMigrator(
      statement<{ amount: number; total: number; why: string }>(
        'select amount, total, why from billing.shares where account_id = $1 order by created_at, id',
        [accountId],
      ),
    )
  ).map(({ amount, total, why }) => [why, total, amount]);

test('a kept card is charged once, however often and by how many at once it is asked', async () => {
  const wanted = await offer(await cardHolder());
  const opened = await Promise.allSettled([sharing.open(wanted), sharing.open(wanted)]);
  expect(opened.some(({ status }) => status === 'fulfilled')).toBe(true);
  const sale = await sharing.open(wanted);
  expect(sale).toMatchObject({ state: 'paid' });
  await drainEvents();
  expect(heard()).toEqual([['paid', 999, 699]]);
  expect(await shares(wanted.payee)).toEqual([['paid', 999, 699]]);
  expect(
    (await stripe.charges.list({ limit: 100 })).data.filter(({ amount }) => amount === 999),
  ).toHaveLength(1);
});

test('without a card the page is paid, and the webhook completes it once', async () => {
  const wanted = await offer(await customer());
  const first = await sharing.open(wanted);
  if (first.state !== 'open') throw new Error('paid without a card');
  expect(await sharing.open(wanted)).toEqual(first);
  await drainEvents();
  expect(news).toEqual([]);
  await payPage(first.checkoutUrl);
  await drainEvents();
  expect(heard()).toEqual([['paid', 999, 699]]);
  expect(await sharing.open(wanted)).toEqual({ id: first.id, state: 'paid' });
});

test('where the bank asks, the page is answered; a sale that is closed can not be paid there', async () => {
  const who = await cardHolder();
  const payer = idOf((await stripe.charges.list({ limit: 1 })).data[0]?.customer);
  const method = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer: payer });
  await stripe.customers.update(payer, { invoice_settings: { default_payment_method: method.id } });
  const wanted = await offer(who);
  const opened = await sharing.open(wanted);
  expect(opened).toMatchObject({ state: 'open' });
  await sharing.close(wanted);
  await sharing.settle();
  const again = await sharing.open(wanted);
  expect(again).toMatchObject({ state: 'open' });
  expect(again).not.toEqual(opened);
  // Another price is another invoice.
  const cheaper = await sharing.open({ ...wanted, amount: 500 });
  expect(cheaper).toMatchObject({ state: 'open' });
  const open = (await stripe.invoices.list({ customer: payer, status: 'open' })).data.map(
    ({ total }) => total,
  );
  expect(open).toEqual([500]);
});

test('a draft that is gone at the provider, as after a death while it was closed, ends its sale: the item is sold anew', async () => {
  const wanted = await offer(await cardHolder());
  sandbox.faults.at('POST /v1/invoiceitems', { kind: 'status', status: 400 });
  await expect(sharing.open(wanted)).rejects.toMatchObject({ code: 'store_refused' });
  await deleteDraft();
  const sale = await sharing.open(wanted);
  expect(sale).toMatchObject({ state: 'paid' });
  const other = await offer(await cardHolder());
  sandbox.faults.at('POST /v1/invoiceitems', { kind: 'status', status: 400 });
  await expect(sharing.open(other)).rejects.toMatchObject({ code: 'store_refused' });
  await deleteDraft();
  await sharing.close(other);
  await sharing.settle();
});

test('another currency than the account pays in, and a payee who can not be paid, are refused before anything is asked', async () => {
  const who = await cardHolder();
  const wanted = await offer(who, { currency: 'eur' });
  await expect(sharing.open(wanted)).rejects.toMatchObject({ code: 'validation_failed' });
  const unpaid = { ...(await offer(who)), payee: (await customer()).accountId };
  await expect(sharing.open(unpaid)).rejects.toMatchObject({ code: 'payee_not_payable' });
});

test('refunds in pieces take their part of the share, and a dispute the rest until it is won', async () => {
  const wanted = await offer(await cardHolder());
  await sharing.open(wanted);
  await drainEvents();
  const [charge] = (await stripe.charges.list({ limit: 1 })).data;
  for (const amount of [333, 333]) {
    await stripe.refunds.create({ charge: charge?.id ?? '', amount });
    await drainEvents();
  }
  const { id } = sandbox.bank.dispute(charge?.id ?? '');
  await drainEvents();
  sandbox.bank.decide(id, 'won');
  await drainEvents();
  expect(heard()).toEqual([
    ['paid', 999, 699],
    ['refunded', 666, 466],
    ['refunded', 333, 233],
    ['disputed', 0, 0],
    ['won', 333, 233],
  ]);
  expect((await shares(wanted.payee)).map(([, , amount]) => amount)).toEqual([699, -233, -233, -233, 233]);
});

test('an item whose money has all gone back is sold anew', async () => {
  const wanted = await offer(await cardHolder());
  const first = await sharing.open(wanted);
  const [charge] = (await stripe.charges.list({ limit: 1 })).data;
  await stripe.refunds.create({ charge: charge?.id ?? '' });
  await drainEvents();
  const second = await sharing.open(wanted);
  expect(second.state).toBe('paid');
  expect(second.id).not.toBe(first.id);
});

test('the tax in a payment is nobody’s share, and of a refund its part goes back', async () => {
  const taxed = await openSellingApp({ settings: { STRIPE_TAX: 'automatic' } });
  const who = await taxed.customer();
  await taxed.buy(who, { product: 'reel', plan: 'basic' });
  const paid = await taxed.customer();
  await taxed.db.asMigrator(
    statement(
      `insert into billing.payees (account_id, mode, store_id, state) values ($1, 'sandbox', 'acct_tax', 'payable')`,
      [paid.accountId],
    ),
  );
  const at = { accountId: who.accountId, payee: paid.accountId };
  const item = { item: 'a', name: 'A', amount: 1_000, currency: 'usd', product: 'reel' };
  const shared = agreeing(taxed.app.modules.sales.sharing);
  expect(await shared.open({ ...at, ...item })).toMatchObject({ state: 'paid' });
  await taxed.drainEvents();
  const [charge] = (await taxed.stripe.charges.list({ limit: 1 })).data;
  expect(charge?.amount).toBeGreaterThan(1_000);
  expect((await shared.earnings(at.payee, undefined)).items).toMatchObject([{ total: 1_000, share: 700 }]);
  await taxed.stripe.refunds.create({ charge: charge?.id ?? '' });
  await taxed.drainEvents();
  expect((await shared.earnings(at.payee, undefined)).balances).toEqual([
    { currency: 'usd', owed: 0, payable: 0, minimum: 1, sent: 0 },
  ]);
});

const CARD = { number: '4242424242424242', expiry: '12 / 44', cvc: '123', name: 'Ada Lovelace' };

/** Pays an invoice at its page, as a browser does. */
async function payPage(page: string): Promise<void> {
  const paid = await fetch(`${page}/pay`, { method: 'POST', body: new URLSearchParams(CARD) });
  expect(paid.ok).toBe(true);
}
