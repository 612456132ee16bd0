import { statement } from '#platform/db';
import { advance } from '#test/factories';
import { expect, test } from 'vitest';
import { openSellingApp } from './fixture.ts';

/** Of which the order of what happens is drawn; printed, so that a failure can be had again. */
const SEED = Date.now() % 1_000_000;
const ROUNDS = 120;

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

test('random sales, refunds in pieces, disputes and payouts end as the provider’s books have them, read in any order and twice', async () => {
  process.stdout.write(`shared books: seed ${SEED}\n`);
  const chance = chances(SEED);
  const below = (most: number) => Math.floor(chance() * most);
  const { app, admin, buy, call, customer, db, drainEvents, sandbox, stripe } = await openSellingApp({
    atStripe: { heldCurrencies: ['eur', 'jpy'] },
  });
  const { inbox, sharing } = app.modules;
  const operator = await admin();
  for (const currency of ['usd', 'eur', 'jpy']) sandbox.connect.fund(1_000_000_000, currency);

  const payees = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const who = await customer();
      const url = await sharing.payees().onboard(who.accountId, 'https://app.example.com/');
      const [, storeId = ''] = /(acct_\w+)/.exec(url) ?? [];
      sandbox.connect.onboard(storeId);
      await sharing.payees().read(who.accountId);
      return { accountId: who.accountId, storeId };
    }),
  );
  const buyers: Awaited<ReturnType<typeof customer>>[] = [];
  for (let n = 0; n < 4; n += 1) {
    const who = await customer();
    await buy(who, { product: 'reel', plan: 'basic' });
    // Nothing binds them to a currency.
    const { data } = await stripe.subscriptions.list({ limit: 1 });
    await stripe.subscriptions.cancel(data[0]?.id ?? '');
    await drainEvents();
    buyers.push(who);
  }
  const sales: { charge: string; left: number; dispute?: string }[] = [];
  const pick = <T>(all: readonly T[]): T | undefined => all[below(all.length)];

  async function sell(item: string): Promise<void> {
    const [buyer, payee] = [pick(buyers), pick(payees)];
    if (buyer === undefined || payee === undefined) return;
    const amount = 50 + below(100_000);
    const currency = pick(['usd', 'eur', 'jpy']) ?? 'usd';
    const what = { product: 'reel', item, name: item, amount, currency, payee: payee.accountId };
    expect(await sharing.open({ accountId: buyer.accountId, ...what })).toMatchObject({ state: 'paid' });
    const [charge] = (await stripe.charges.list({ limit: 1 })).data;
    expect(charge?.amount).toBe(amount);
    sales.push({ charge: charge?.id ?? '', left: amount });
  }
  async function refund(): Promise<void> {
    const sale = pick(sales.filter(({ left, dispute }) => left > 0 && dispute === undefined));
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
    const open = sales.filter((one) => one.dispute !== undefined && one.left >= 0);
    const sale = pick(open);
    if (sale?.dispute === undefined) return;
    const status = (await stripe.disputes.retrieve(sale.dispute)).status;
    if (status !== 'needs_response') return;
    sandbox.bank.decide(sale.dispute, chance() < 0.5 ? 'won' : 'lost');
  }
  async function payOut(): Promise<void> {
    await advance(db, '15 days');
    sandbox.advance(15 * 86_400);
    await call(operator.key, 'POST /v1/admin/payouts', { body: { period: '2026-01' } });
    await sharing.settle();
  }
  async function readAgain(): Promise<void> {
    await sandbox.idle();
    // Everything, once more: what was applied before is applied again, in the order of other ids.
    if (chance() < 0.5) await inbox.reconcile({ all: true });
    await inbox.drain();
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    const what = chance();
    if (what < 0.4) await sell(`item-${round}`);
    else if (what < 0.65) await refund();
    else if (what < 0.75) await dispute();
    else if (what < 0.85) await decide();
    else if (what < 0.93) await readAgain();
    else await payOut();
  }
  await drainEvents();
  await inbox.reconcile({ all: true });
  await inbox.drain();
  await sharing.settle();
  await payOut();

  // By the provider: what is left of each payment.
  const left = new Map<string, number>();
  for (const { charge } of sales) {
    const { amount, currency, disputed } = await stripe.charges.retrieve(charge);
    const refunds = (await stripe.refunds.list({ charge, limit: 100 })).data;
    const disputes = disputed ? (await stripe.disputes.list({ charge })).data : [];
    const gone =
      refunds.reduce((sum, one) => sum + one.amount, 0) +
      disputes.filter(({ status }) => status !== 'won').reduce((sum, one) => sum + one.amount, 0);
    left.set(currency, (left.get(currency) ?? 0) + Math.max(0, amount - gone));
  }
  const totals = await db.asMigrator(
    statement<{ currency: string; total: number; share: number; wrong: number }>(
      `select currency, sum(total)::bigint as total, sum(share)::bigint as share,
         count(*) filter (where share <> total * 7000 / 10000)::int as wrong
       from billing.item_sales where state <> 'void' group by currency`,
    ),
  );
  expect(Object.fromEntries(totals.map(({ currency, total }) => [currency, total]))).toEqual(
    Object.fromEntries(left),
  );
  expect(totals.map(({ wrong }) => wrong)).toEqual(totals.map(() => 0));
  const shares = await db.asMigrator(
    statement<{ account_id: string; currency: string; all: number; sent: number; share: number }>(
      `select s.account_id, s.currency, sum(s.amount)::bigint as "all",
         coalesce(sum(s.amount) filter (where s.payout_id is not null or s.reversal is not null), 0)::bigint as sent,
         (select sum(i.share) from billing.item_sales i where i.payee = s.account_id and i.currency = s.currency)::bigint as share
       from billing.shares s group by s.account_id, s.currency`,
    ),
  );
  expect(shares.length).toBeGreaterThan(0);
  const { accounts } = sandbox.connect.books();
  for (const { account_id, currency, all, sent, share } of shares) {
    const storeId = payees.find(({ accountId }) => accountId === account_id)?.storeId ?? '';
    const { available = 0, pending = 0 } = accounts[storeId]?.[currency] ?? {};
    expect({ currency, share: all, sent }).toEqual({ currency, share, sent: available + pending });
  }
  expect(await sharing.look()).toEqual([]);
});
