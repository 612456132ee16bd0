import fc from 'fast-check';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { assertWithin } from '@plinth/testkit/property';
import { advance } from '@plinth/testkit/factories';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SaleChange } from '#platform/billing';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { changesPlan } from './agreed.ts';
import { idOf, openSellingApp } from './fixture.ts';

const selling = await openSellingApp();
const { admin, app, buy, call, customer, db, drainEvents, plan, sandbox, stripe } = selling;
const { sharing, ledger } = app.modules.sales;
const operator = await admin();
sandbox.connect.fund(1_000_000_000, 'usd');

let news: SaleChange[] = [];
ledger.onChange('reel', { sale: async (_tx, change) => void news.push(change) });
beforeEach(() => void (news = []));
const heard = () => news.map(({ news: what, total, share }) => [what, total, share]);

interface Payee {
  readonly accountId: AccountId;
  readonly storeId: string;
}

async function payee(): Promise<Payee> {
  const { accountId } = await customer();
  const url = await sharing.payees().onboard(accountId, 'https://app.example.com/');
  const [, storeId = ''] = /(acct_\w+)/.exec(url) ?? [];
  sandbox.connect.onboard(storeId);
  await sharing.payees().read(accountId);
  return { accountId, storeId };
}

/** Ten seats by card. */
async function teamOfTen(): Promise<Customer> {
  const who = await customer();
  await buy(who, { product: 'gateway', plan: 'team', quantity: 10 });
  return who;
}

async function seats(who: Customer, quantity: number): Promise<void> {
  await changesPlan(call, who, { product: 'gateway', quantity, when: 'now' });
  await drainEvents();
}

async function sell(who: Customer, whom: Payee, [item, amount]: readonly [string, number]): Promise<void> {
  const what = { product: 'reel', item, name: item, amount, currency: 'usd' };
  await sharing.open({ ...what, accountId: who.accountId, payee: whom.accountId, agreed: what });
  await drainEvents();
}

async function customerOf({ accountId }: Customer): Promise<string> {
  const found = await db.asMigrator(
    statement<{ customer: string }>('select customer from billing.customers where account_id = $1', [
      accountId,
    ]),
  );
  return found[0]?.customer ?? '';
}

const chargesOf = async (who: Customer) =>
  (await stripe.charges.list({ customer: await customerOf(who), limit: 100 })).data;

async function payOut(): Promise<void> {
  await advance(db, '15 days');
  // Months are over by the process's own clock, which is not driven.
  await db.asMigrator(statement(`update billing.shares set created_at = '2026-01-15'`));
  await call(operator.key, 'POST /v1/admin/payouts', { body: { period: '2026-01' } });
  await sharing.settle();
}

const sent = ({ storeId }: Payee) => {
  const { available = 0, pending = 0 } = sandbox.connect.books().accounts[storeId]?.['usd'] ?? {};
  return available + pending;
};

/** The sum of a payee's shares: owed, or paid and revocable. */
async function sharesOf({ accountId }: Payee): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ sum: number }>(
      'select coalesce(sum(amount), 0)::bigint as sum from billing.shares where account_id = $1',
      [accountId],
    ),
  );
  return row?.sum ?? 0;
}

describe.runIf(engine === 'postgres')('an item that was paid by the credit of a smaller plan', () => {
  test('falls with the payment that the credit came from, also after its share was paid out, and comes back with it', async () => {
    const [who, whom] = [await teamOfTen(), await payee()];
    await seats(who, 1);
    await sell(who, whom, ['a', 45_000]);
    expect(heard()).toEqual([['paid', 45_000, 31_500]]);
    await payOut();
    expect(sent(whom)).toBe(31_500);
    const [charge] = await chargesOf(who);
    const { id } = sandbox.bank.dispute(charge?.id ?? '');
    await drainEvents();
    await sharing.settle();
    expect(heard().slice(1)).toEqual([['disputed', 0, 0]]);
    expect([await sharesOf(whom), sent(whom)]).toEqual([0, 0]);
    sandbox.bank.decide(id, 'won');
    await drainEvents();
    expect(heard().slice(2)).toEqual([['won', 45_000, 31_500]]);
    expect(await sharesOf(whom)).toBe(31_500);
  });

  test('falls with a refund, through the plan that the credit was spent on and given again from', async () => {
    const [who, whom] = [await teamOfTen(), await payee()];
    await seats(who, 1);
    await buy(who, { product: 'reel', plan: 'pro' });
    await changesPlan(call, who, { product: 'reel', plan: 'basic', when: 'now' });
    await drainEvents();
    await sell(who, whom, ['b', 50_000]);
    expect(heard()).toEqual([['paid', 50_000, 35_000]]);
    const [charge] = (await chargesOf(who)).toReversed();
    await stripe.refunds.create({ charge: charge?.id ?? '' });
    await drainEvents();
    expect([heard().at(-1), await sharesOf(whom)]).toEqual([['refunded', 0, 0], 0]);
    expect(await plan(who, 'reel')).toBe('reel.basic');
  });

  test('and by credit that an operator gave, is had; no share of that is owed', async () => {
    const [who, whom] = [await teamOfTen(), await payee()];
    await stripe.customers.createBalanceTransaction(await customerOf(who), {
      amount: -45_000,
      currency: 'usd',
    });
    await sell(who, whom, ['c', 45_000]);
    expect([heard(), await sharesOf(whom)]).toEqual([[['paid', 45_000, 0]], 0]);
  });
});

const step = fc.record({
  what: fc.constantFrom('seats', 'seats', 'sell', 'sell', 'give', 'refund', 'dispute', 'decide', 'pay out'),
  amount: fc.integer({ min: 50, max: 60_000 }),
  pick: fc.nat(1_000),
});

test.runIf(engine === 'postgres')(
  'after any purchases, reductions, credits, refunds, disputes and payouts, payees have no more than what came in and stayed',
  async () => {
    const history = fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 12 }), async (steps) => {
      const [who, whom] = [await teamOfTen(), await payee()];
      const payer = await customerOf(who);
      const open: string[] = [];
      const kept = async () => {
        let sum = 0;
        for (const { id, amount, amount_refunded: refunded, disputed } of await chargesOf(who)) {
          const disputes = disputed ? (await stripe.disputes.list({ charge: id })).data : [];
          const lost = disputes.filter(({ status }) => status !== 'won');
          sum += Math.max(
            0,
            lost.reduce((rest, one) => rest - one.amount, amount - refunded),
          );
        }
        return sum;
      };
      for (const [n, { what, amount, pick }] of steps.entries()) {
        const charges = (await chargesOf(who)).filter(
          ({ disputed, refunded, paid }) => paid && !disputed && !refunded,
        );
        const charge = charges[pick % Math.max(1, charges.length)];
        if (what === 'seats') await seats(who, 1 + (pick % 12));
        if (what === 'sell') await sell(who, whom, [`item ${n}`, amount]);
        if (what === 'give')
          await stripe.customers.createBalanceTransaction(payer, { amount: -amount, currency: 'usd' });
        if (what === 'refund' && charge !== undefined) {
          const left = charge.amount - charge.amount_refunded;
          await stripe.refunds.create({ charge: charge.id, amount: Math.min(left, amount) });
        }
        if (what === 'dispute' && charge !== undefined) open.push(sandbox.bank.dispute(charge.id).id);
        if (what === 'decide' && open[0] !== undefined)
          sandbox.bank.decide(idOf(open.shift()), pick % 2 === 0 ? 'won' : 'lost');
        await drainEvents();
        if (what === 'pay out') await payOut();
        await app.modules.refundedCredits.run();
        await drainEvents();
        await sharing.settle();
        const [came, shares] = [await kept(), await sharesOf(whom)];
        expect({ what, came, shares, isCovered: shares <= came && shares >= 0 }).toMatchObject({
          isCovered: true,
        });
        // Sent money is a share, or waits to be taken back.
        expect(sent(whom)).toBeLessThanOrEqual(Math.max(shares, 0));
      }
    });
    await assertWithin(history, { numRuns: 6, within: 40_000 });
  },
);
