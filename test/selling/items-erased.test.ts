import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { leavingOf, type Resident } from '../erasure/fixture.ts';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { openSellingApp } from './fixture.ts';

const selling = await openSellingApp();
const { call, db, drainEvents, sandbox, stripe } = selling;
const { endings, sharing } = selling.app.modules;
const { close, erase, resident, signIn } = leavingOf(selling);
const operator = await selling.admin();

interface Person extends Resident {
  readonly own: AccountId;
}

/** A person, with the account that goes with them. */
async function person(): Promise<Person> {
  const who = await resident();
  const sql = `select account_id as own from accounts.accounts where created_by = $1 and kind = 'personal'`;
  const [row] = await db.asMigrator(statement<{ own: AccountId }>(sql, [who.userId]));
  if (row === undefined) throw new Error('nobody');
  return { ...who, ...row };
}

const [buyer, payee] = [await person(), await person()];

async function sell(item: string): Promise<void> {
  const what = { product: 'reel', item, name: item, amount: 999, currency: 'usd' };
  const sale = await sharing.open({ ...what, agreed: what, accountId: buyer.own, payee: payee.own });
  if (sale.state !== 'open') throw new Error('paid without a card');
  const card = { number: '4242424242424242', expiry: '12 / 44', cvc: '123', name: 'Ada Lovelace' };
  await fetch(`${sale.checkoutUrl}/pay`, { method: 'POST', body: new URLSearchParams(card) });
  await drainEvents();
}

async function payOut(): Promise<void> {
  // Months are over by the process's own clock, which is not driven.
  await db.asMigrator(statement(`update billing.shares set created_at = '2026-01-15'`));
  const { status } = await call(operator.key, 'POST /v1/admin/payouts', { body: { period: '2026-01' } });
  expect(status).toBe(202);
  await sharing.settle();
}

/** Their tokens end while days go by. */
async function signedIn({ email, password }: Person): Promise<string> {
  await forgetRates(selling);
  return signIn(email, password);
}

async function leave(who: Person): Promise<void> {
  const token = await signedIn(who);
  expect((await close({ ...who, token })).status).toBe(200);
  await selling.later(40);
  await erase();
  await endings.run();
  await drainEvents();
}

const rows = (table: string, who: Person) => selling.count({ accountId: who.own }, table);
const transfers = async () =>
  (await stripe.transfers.list()).data.map(({ amount, amount_reversed: back }) => amount - back);

/** The rows that a person's export has, by table. */
async function exported(who: Person): Promise<Record<string, readonly Record<string, unknown>[]>> {
  const token = await signedIn(who);
  const headers = { authorization: `Bearer ${token}` };
  const { body } = await call(token, 'POST /v1/me/exports');
  const path = `/v1/me/exports/${String(body['id'])}`;
  const isReady = async () => (await call(token, `GET ${path}`)).body['status'];
  await expect.poll(isReady, { timeout: 60_000 }).toBe('ready');
  const archive = await (await fetch(`${selling.url}${path}/archive`, { headers })).arrayBuffer();
  return Object.fromEntries(
    Object.entries(unzipSync(new Uint8Array(archive)))
      .filter(([name]) => name.startsWith('account/billing.') && name.endsWith('.json'))
      .map(([name, bytes]) => [name.slice(16, -5), JSON.parse(Buffer.from(bytes).toString('utf8'))]),
  );
}

test('a sale is in the exports of who bought and who is paid, each with their side, and in the audit', async () => {
  const page = await sharing.payees().onboard(payee.own, 'https://app.example.com/');
  const [, storeId = ''] = /(acct_\w+)/.exec(page) ?? [];
  sandbox.connect.onboard(storeId);
  sandbox.connect.fund(1_000_000, 'usd');
  await sharing.payees().read(payee.own);
  await sell('one');
  await selling.later(15);
  await payOut();
  expect(await transfers()).toEqual([699]);
  const worker = await selling.beside({ work: true });
  const [bought, sold] = [await exported(buyer), await exported(payee)];
  await worker.close();
  expect(bought['item_sales']).toMatchObject([{ item: 'one', amount: 999, state: 'paid' }]);
  expect([bought['shares'], bought['payouts']].flatMap((all) => all ?? [])).toEqual([]);
  expect(sold['shares']).toMatchObject([{ item: 'one', amount: 699, total: 999 }]);
  expect(sold['payouts']).toMatchObject([{ amount: 699, state: 'paid' }]);
  expect(sold['payees']).toMatchObject([{ store_id: storeId }]);
  const audited = statement<{ action: string; actor_kind: string }>(
    `select action, actor_kind from audit.events where action ~ '^(sale|billing)[.]' order by created_at`,
  );
  expect(await db.asMigrator(audited)).toEqual([
    { action: 'sale.paid', actor_kind: 'store' },
    { action: 'billing.payouts', actor_kind: 'key' },
  ]);
});

test('a refund after its buyer was erased takes the share back all the same', async () => {
  await leave(buyer);
  const [charge] = (await stripe.charges.list({ limit: 1 })).data;
  await stripe.refunds.create({ charge: charge?.id ?? '', amount: 500 });
  await drainEvents();
  await sharing.settle();
  expect(await transfers()).toEqual([349]);
  expect(await sharing.look()).toEqual([]);
});

test('books of a payee who was erased go on by ids', async () => {
  await leave(payee);
  expect(
    await Promise.all(['shares', 'payouts', 'payees'].map((of) => rows(`billing.${of}`, payee))),
  ).toEqual([2, 1, 1]);
  const { body } = await call(operator.key, 'GET /v1/admin/payouts');
  expect(body).toMatchObject({ data: [{ account_id: payee.own, name: null, amount: 699 }], differences: [] });
});
