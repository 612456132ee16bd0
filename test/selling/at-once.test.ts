import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { agreedChange } from './agreed.ts';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

/** How often a lease was to be taken, renewed or given back. */
let takes = 0;
/** Commit points after which the process dies, the next one first. */
let deaths: string[] = [];
const selling = await openSellingApp({
  crashHook(point, phase) {
    if (phase === 'before' && point === 'billing.customer-held') takes += 1;
    if (phase !== 'before' || point !== deaths[0]) return;
    deaths.shift();
    throw new Error('the process died');
  },
});
const { call, db, drainEvents, read, sandbox, stripe } = selling;
const { holding, storeId, change } = subscriptionCalls(selling);
const { sharing, ledger } = selling.app.modules.sales;
ledger.onChange('reel', { sale: () => Promise.resolve() });
const second = await selling.beside();

beforeEach(() => {
  deaths = [];
  sandbox.faults.clear();
});

const agreed = (who: Customer, quantity: number) => agreedChange(call, who, { product: 'gateway', quantity });
const send = (who: Customer, body: Readonly<Record<string, unknown>>, by = call) =>
  by(who.key, 'POST /v1/billing/subscription/change', { body });

/** An item at this price, of a payee who can be paid. */
async function itemOf(price: { readonly amount: number; readonly currency: string }) {
  const { accountId: payee } = await selling.customer();
  await db.asMigrator(
    statement(
      `insert into billing.payees (account_id, mode, store_id, state) values ($1, 'sandbox', $2, 'payable')`,
      [payee, `acct_${payee}`],
    ),
  );
  return { product: 'reel', item: 'a-plugin', name: 'A plugin', payee, ...price, agreed: price };
}

/** The price that a refusal names. */
const presentPrice = ({ body }: Reply) =>
  (body as { error: { details?: { price?: Readonly<Record<string, unknown>> } } }).error.details?.price;

/** Cents charged since the purchase, oldest first. */
async function chargesOf(who: Customer): Promise<number[]> {
  const { customer } = await stripe.subscriptions.retrieve(await storeId(who));
  const { data } = await stripe.charges.list({ customer: idOf(customer), limit: 100 });
  return data
    .map(({ amount }) => amount)
    .toReversed()
    .slice(1);
}

/** Waits until a call that was just begun is over, or tries to take the lease. */
async function untilWaiting(begun: () => Promise<unknown>): Promise<void> {
  const before = takes;
  let isOver = false;
  const over = () => void (isOver = true);
  begun().then(over, over);
  await expect.poll(() => isOver || takes > before).toBe(true);
}

/** Two changes to so many seats, each at the price of one seat: the second is asked for while the first is being charged. */
async function changesAtOnce(who: Customer, [first, later]: readonly [number, number]) {
  const [firstBody, laterBody] = [await agreed(who, first), await agreed(who, later)];
  sandbox.faults.at(`POST /v1/subscriptions/${await storeId(who)}`, { kind: 'wait' });
  const firstReply = send(who, firstBody);
  await sandbox.faults.untilHeld(1);
  let laterReply = firstReply;
  await untilWaiting(() => (laterReply = send(who, laterBody, second.call)));
  sandbox.faults.clear();
  return { first: await firstReply, later: await laterReply, laterBody };
}

// Every engine asks the provider the same.
describe.runIf(engine === 'postgres')('two changes of seats at once', () => {
  test.each([
    { seats: [2, 3], charged: 5_900, price: { due_now: 5_900, quantity: 3 }, both: [5_900, 5_900] },
    { seats: [3, 2], charged: 11_800, price: { due_now: 0, quantity: 2 }, both: [11_800] },
  ] as const)('to $seats: the second is told its new price, and can go on with that', async (of) => {
    const who = await holding({ product: 'gateway', plan: 'team' });
    const { first, later, laterBody } = await changesAtOnce(who, of.seats);
    expect(first).toMatchObject({ status: 200, body: { subscription: { quantity: of.seats[0] } } });
    expect(later).toMatchObject({
      status: 409,
      body: { error: { code: 'price_changed', details: { price: of.price } } },
    });
    expect(await chargesOf(who)).toEqual([of.charged]);
    expect((await send(who, { ...laterBody, agreed: presentPrice(later) })).status).toBe(200);
    expect(await chargesOf(who)).toEqual(of.both);
  });

  test('of a process that dies before it charges, others wait no longer than its lease', async () => {
    const who = await holding({ product: 'gateway', plan: 'team' });
    const [dying, other] = [await agreed(who, 2), await agreed(who, 3)];
    deaths = ['billing.change', 'billing.customer-held'];
    expect((await send(who, dying)).status).toBe(500);
    expect(deaths).toEqual([]);
    const refused = await send(who, other, second.call);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await chargesOf(who)).toEqual([]);
    await advance(db, '2 minutes');
    expect((await send(who, other, second.call)).status).toBe(200);
    expect(await chargesOf(who)).toEqual([11_800]);
  });

  test('a process that stood still past its lease, after its check, changes nothing', async () => {
    const who = await holding({ product: 'gateway', plan: 'team', quantity: 3 });
    const fewer = await agreedChange(call, who, { product: 'gateway', quantity: 2, when: 'now' });
    const more = await agreed(who, 4);
    // A change that gives credit reads the charges once its price was checked.
    sandbox.faults.at('GET /v1/charges', { kind: 'wait' });
    const late = send(who, fewer);
    await sandbox.faults.untilHeld(1);
    await advance(db, '2 minutes');
    expect((await send(who, more, second.call)).status).toBe(200);
    sandbox.faults.clear();
    expect(await late).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    await drainEvents();
    expect(await read(who, 'gateway')).toMatchObject({ quantity: 4 });
    expect(await chargesOf(who)).toEqual([5_900]);
  });
});

test.runIf(engine === 'postgres')(
  'an item that is bought while a change is charged leaves it the credit that its price counted on',
  async () => {
    const who = await holding({ product: 'gateway', plan: 'team', quantity: 3 });
    await change(who, { product: 'gateway', quantity: 2, when: 'now' });
    const back = await agreed(who, 3);
    expect(back).toMatchObject({ agreed: { due_now: 0 } });
    const item = await itemOf({ amount: 5_900, currency: 'usd' });
    sandbox.faults.at(`POST /v1/subscriptions/${await storeId(who)}`, { kind: 'wait' });
    const reply = send(who, back);
    await sandbox.faults.untilHeld(1);
    let sale: Promise<unknown> = reply;
    await untilWaiting(() => (sale = sharing.open({ ...item, accountId: who.accountId })));
    sandbox.faults.clear();
    expect((await reply).status).toBe(200);
    expect(await sale).toMatchObject({ state: 'paid' });
    const { latest_invoice: invoice } = await stripe.subscriptions.retrieve(await storeId(who), {
      expand: ['latest_invoice'],
    });
    expect(invoice).toMatchObject({ amount_paid: 0 });
    expect(await chargesOf(who)).toEqual([5_900]);
  },
);
