import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { expect, test } from 'vitest';
import { openSellingApp } from './fixture.ts';

/** The seed of the order of what happens; printed, so that a failure can be had again. */
const SEED = Date.now() % 1_000_000;
const ROUNDS = 50;
const CURRENCIES = ['usd', 'eur', 'jpy'];

/** Numbers from 0 to below 1 (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const chance = chances(SEED);
const below = (most: number) => Math.floor(chance() * most);
const pick = <T>(all: readonly T[]): T | undefined => all[below(all.length)];

const { app, admin, buy, call, customer, db, drainEvents, sandbox, stripe } = await openSellingApp({
  atStripe: { heldCurrencies: CURRENCIES.slice(1) },
});
const { inbox, sharing } = app.modules;
const operator = await admin();
for (const currency of CURRENCIES) sandbox.connect.fund(1_000_000_000, currency);
type Who = Awaited<ReturnType<typeof customer>>;

async function payee() {
  const { accountId } = await customer();
  const url = await sharing.payees().onboard(accountId, 'https://app.example.com/');
  const [, storeId = ''] = /(acct_\w+)/.exec(url) ?? [];
  sandbox.connect.onboard(storeId);
  await sharing.payees().read(accountId);
  return { accountId, storeId };
}

/** A customer with a card, whom no subscription binds to a currency. */
async function buyer(): Promise<Who> {
  const who = await customer();
  await buy(who, { product: 'reel', plan: 'basic' });
  const { data } = await stripe.subscriptions.list({ limit: 1 });
  await stripe.subscriptions.cancel(data[0]?.id ?? '');
  await drainEvents();
  return who;
}

const payees = [await payee(), await payee(), await payee()];
const buyers = [await buyer(), await buyer(), await buyer()];
const sales: { charge: string; left: number; dispute?: string }[] = [];

async function sell(round: number): Promise<void> {
  const [who, whom] = [pick(buyers), pick(payees)];
  if (who === undefined || whom === undefined) return;
  const amount = 50 + below(100_000);
  const currency = pick(CURRENCIES) ?? 'usd';
  const item = `item-${round}`;
  const what = { product: 'reel', item, name: item, amount, currency, payee: whom.accountId };
  expect(
    await sharing.open({ accountId: who.accountId, ...what, agreed: { amount, currency } }),
  ).toMatchObject({ state: 'paid' });
  const [charge] = (await stripe.charges.list({ limit: 1 })).data;
  expect(charge?.amount).toBe(amount);
  sales.push({ charge: charge?.id ?? '', left: amount });
}

async function refund(): Promise<void> {
  const sale = pick(sales.filter((one) => one.left > 0 && one.dispute === undefined));
  if (sale === undefined) return;
  const amount = chance() < 0.4 ? sale.left : 1 + below(sale.left);
  await stripe.refunds.create({ charge: sale.charge, amount });
  sale.left -= amount;
}

async function dispute(): Promise<void> {
  const sale = pick(sales.filter((one) => one.left > 0 && one.dispute === undefined));
  if (sale !== undefined) sale.dispute = sandbox.bank.dispute(sale.charge).id;
}

async function decide(): Promise<void> {
  const sale = pick(sales.filter((one) => one.dispute !== undefined));
  if (sale?.dispute === undefined) return;
  if ((await stripe.disputes.retrieve(sale.dispute)).status !== 'needs_response') return;
  sandbox.bank.decide(sale.dispute, chance() < 0.5 ? 'won' : 'lost');
}

async function payOut(): Promise<void> {
  await advance(db, '15 days');
  sandbox.advance(15 * 86_400);
  // Months are over by the process's own clock, which is not driven.
  await db.asMigrator(statement(`update billing.shares set created_at = '2026-01-15'`));
  await call(operator.key, 'POST /v1/admin/payouts', { body: { period: '2026-01' } });
  await sharing.settle();
}

/** What was told, and perhaps everything once more: what was applied before is applied again, in the order of other ids. */
async function readAgain(isAll = chance() < 0.5): Promise<void> {
  await sandbox.idle();
  if (isAll) await inbox.reconcile({ all: true });
  await inbox.drain();
}

/** By the provider, what is left of all payments, by currency. */
async function leftAtProvider(): Promise<Record<string, number>> {
  const left: Record<string, number> = {};
  for (const { charge } of sales) {
    const { amount, currency, disputed } = await stripe.charges.retrieve(charge);
    const refunds = (await stripe.refunds.list({ charge, limit: 100 })).data;
    const disputes = disputed ? (await stripe.disputes.list({ charge })).data : [];
    const gone = [...refunds, ...disputes.filter(({ status }) => status !== 'won')];
    const kept = Math.max(
      0,
      gone.reduce((rest, one) => rest - one.amount, amount),
    );
    left[currency] = (left[currency] ?? 0) + kept;
  }
  return left;
}

interface Sums {
  readonly currency: string;
  readonly total: number;
  /** Sales whose share is not the part of their total. */
  readonly wrong: number;
}
const soldTotals = statement<Sums>(
  `select currency, sum(total)::bigint as total, count(*) filter (where share <> total * 7000 / 10000)::int as wrong
   from billing.item_sales where state <> 'void' group by currency`,
);

interface PayeeSums {
  readonly account_id: string;
  readonly currency: string;
  readonly rows: number;
  readonly sent: number;
  readonly sales: number;
}
const payeeTotals = statement<PayeeSums>(
  `select s.account_id, s.currency, sum(s.amount)::bigint as rows,
     coalesce(sum(s.amount) filter (where s.payout_id is not null or s.reversal is not null), 0)::bigint as sent,
     (select sum(i.share) from billing.item_sales i where i.payee = s.account_id and i.currency = s.currency)::bigint as sales
   from billing.shares s group by s.account_id, s.currency`,
);

/** Items of which the report of revenue says another sum, or another share of a payee, than the ledger of shares. */
const misreported = statement<{ item: string }>(
  `select item from (
     select product || '.' || item as item, total, share from billing.item_sales where state <> 'void'
     union all
     select item, -(gross - tax), -share from reports.revenue('-infinity', 'infinity', 'sandbox') where item like 'reel.item-%') as sums
   group by item having sum(total) <> 0 or sum(share) <> 0`,
);

test('random sales, refunds in pieces, disputes and payouts end as the provider’s books have them, read in any order and twice', async () => {
  process.stdout.write(`shares: seed ${SEED}\n`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const what = chance();
    if (what < 0.4) await sell(round);
    else if (what < 0.65) await refund();
    else if (what < 0.75) await dispute();
    else if (what < 0.85) await decide();
    else if (what < 0.93) await readAgain();
    else await payOut();
  }
  await readAgain(true);
  await sharing.settle();
  await payOut();

  const totals = await db.asMigrator(soldTotals);
  expect(Object.fromEntries(totals.map(({ currency, total }) => [currency, total]))).toEqual(
    await leftAtProvider(),
  );
  expect(totals.map(({ wrong }) => wrong)).toEqual(totals.map(() => 0));
  expect(await db.asMigrator(misreported)).toEqual([]);

  const { accounts } = sandbox.connect.books();
  for (const { account_id, currency, rows, sent, sales: shares } of await db.asMigrator(payeeTotals)) {
    const storeId = payees.find(({ accountId }) => accountId === account_id)?.storeId ?? '';
    const { available = 0, pending = 0 } = accounts[storeId]?.[currency] ?? {};
    expect({ currency, rows, sent }).toEqual({ currency, rows: shares, sent: available + pending });
  }
  expect(await sharing.look()).toEqual([]);
});
