import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stripe } from 'stripe';
import { afterAll, describe, expect, test } from 'vitest';
import { drive } from '../../drive.ts';
import { createStripeSandbox } from '../index.ts';
import { createFixture, failureOf, packageFor } from '../testing/fixture.ts';

const { sandbox, stripe } = await createFixture({ settings: { heldCurrencies: ['eur'] } });

/** A payee who can be paid. */
async function createPayee(): Promise<string> {
  const { id } = await stripe.accounts.create({ type: 'express' });
  return sandbox.connect.onboard(id).id;
}
const payee = await createPayee();
const send = (amount: number, more: Partial<Stripe.TransferCreateParams> = {}, key?: string) =>
  stripe.transfers.create(
    { amount, currency: 'usd', destination: payee, ...more },
    key === undefined ? {} : { idempotencyKey: key },
  );
const pay = (amount: number, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({
    amount,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
    ...more,
  });
const fundsOf = async (account?: string, currency = 'usd') => {
  const balance = await stripe.balance.retrieve({}, account === undefined ? {} : { stripeAccount: account });
  const of = (all: readonly { amount: number; currency: string }[]) =>
    all.find((one) => one.currency === currency)?.amount ?? 0;
  return { available: of(balance.available), pending: of(balance.pending) };
};

const sendLost = () => send(50, { transfer_group: 'lost' }, 'lost');
/** The package tries once more by itself: it may have taken a connection that was closed meanwhile. */
const TRIED_AGAIN = [{ kind: 'reset' }] as const;

describe('a transfer', () => {
  test('moves available money from the platform to a payee, and is found by its group', async () => {
    sandbox.connect.fund(10_000, 'usd');
    const made = await send(700, { transfer_group: 'payout_1', metadata: { run: '1' } });
    expect(made).toMatchObject({
      amount: 700,
      destination: payee,
      transfer_group: 'payout_1',
      reversed: false,
    });
    await send(1, { transfer_group: 'payout_2' });
    const { data } = await stripe.transfers.list({ transfer_group: 'payout_1' });
    expect(data.map(({ id }) => id)).toEqual([made.id]);
    expect((await stripe.transfers.list({ destination: 'acct_none' })).data).toEqual([]);
    expect((await stripe.transfers.list({ created: { gt: made.created } })).data).toEqual([]);
    expect(await fundsOf()).toEqual({ available: 9_299, pending: 0 });
    expect(await fundsOf(payee)).toEqual({ available: 701, pending: 0 });
    const moves = await stripe.balanceTransactions.list({ type: 'transfer', source: made.id });
    expect(moves.data).toMatchObject([
      { amount: -700, fee: 0, net: -700, reporting_category: 'transfer', status: 'available' },
    ]);
    const { data: got } = await stripe.balanceTransactions.list({}, { stripeAccount: payee });
    expect(got.map(({ amount, type }) => [amount, type])).toEqual([
      [1, 'payment'],
      [700, 'payment'],
    ]);
  });

  test('of more than is available is refused, and its key hears so even when there is enough', async () => {
    const { available } = await fundsOf();
    await pay(5_000); // Pending for two days.
    const refused = await failureOf(send(available + 1, {}, 'too much'));
    expect(refused).toMatchObject({ statusCode: 400, code: 'balance_insufficient' });
    sandbox.connect.fund(10_000, 'usd');
    const again = await failureOf(send(available + 1, {}, 'too much'));
    expect(again).toMatchObject({ code: 'balance_insufficient', message: refused.message });
    expect(again.headers).toHaveProperty('idempotent-replayed');
    expect((await failureOf(send(available + 2, {}, 'too much'))).type).toBe('StripeIdempotencyError');
    expect((await send(available + 1, {}, 'another key')).amount).toBe(available + 1);
  });

  test('to somebody who is restricted, or is nobody, is refused', async () => {
    const restricted = await createPayee();
    sandbox.connect.restrictAccount(restricted);
    expect(await failureOf(send(1, { destination: restricted }))).toMatchObject({
      statusCode: 400,
      code: 'insufficient_capabilities_for_transfer',
    });
    sandbox.connect.liftRestriction(restricted);
    expect((await send(1, { destination: restricted })).destination).toBe(restricted);
    const nobody = await failureOf(send(1, { destination: 'acct_none' }));
    expect(nobody).toMatchObject({ code: 'resource_missing', param: 'destination' });
  });

  test('of a charge takes its money before that is available, and no more of it', async () => {
    const { latest_charge: charge } = await pay(1_000, { transfer_group: 'order_1' });
    const source_transaction = typeof charge === 'string' ? charge : '';
    const before = await fundsOf(payee);
    const made = await send(900, { source_transaction });
    expect(made.transfer_group).toBe('order_1');
    expect(await fundsOf(payee)).toEqual({ ...before, pending: before.pending + 900 });
    expect((await failureOf(send(101, { source_transaction }))).param).toBe('amount');
  });

  test('in a currency that the platform holds stays in it', async () => {
    await pay(2_000, { currency: 'eur', payment_method: 'pm_card_bypassPending' });
    expect((await fundsOf(undefined, 'eur')).available).toBe(2_000 - 58 - 30);
    await send(300, { currency: 'eur' });
    expect(await fundsOf(payee, 'eur')).toEqual({ available: 300, pending: 0 });
    expect(await failureOf(send(1, { currency: 'gbp' }))).toMatchObject({ code: 'balance_insufficient' });
  });

  test('whose answer was lost was made once', async () => {
    sandbox.faults.at('POST /v1/transfers', { kind: 'reset', done: true }, ...TRIED_AGAIN, {
      kind: 'status',
      status: 429,
    });
    await failureOf(sendLost());
    expect((await failureOf(sendLost())).statusCode).toBe(429);
    const { id } = await sendLost();
    expect((await stripe.transfers.list({ transfer_group: 'lost' })).data.map((one) => one.id)).toEqual([id]);
  });

  test('is refused as a test asks for: with `begun` for good under its key', async () => {
    for (const begun of [true, false]) {
      const fault = { kind: 'status', status: 400, code: 'balance_insufficient', begun } as const;
      sandbox.faults.at('POST /v1/transfers', fault);
      const asked = () => send(1, {}, `refused ${begun}`);
      expect(await failureOf(asked())).toMatchObject({ code: 'balance_insufficient' });
      const again = await asked().then(
        () => 'made',
        () => 'refused',
      );
      expect(again).toBe(begun ? 'refused' : 'made');
    }
  });
});

describe('a reversal', () => {
  test('takes back in pieces, and never more than is left', async () => {
    const { id } = await send(100);
    const [before, theirs] = [await fundsOf(), await fundsOf(payee)];
    await stripe.transfers.createReversal(id, { amount: 30, metadata: { of: 're_1' } });
    expect(await failureOf(stripe.transfers.createReversal(id, { amount: 71 }))).toMatchObject({
      statusCode: 400,
      param: 'amount',
    });
    const rest = await stripe.transfers.createReversal(id);
    expect(rest).toMatchObject({ amount: 70, transfer: id });
    expect(await stripe.transfers.retrieve(id)).toMatchObject({ amount_reversed: 100, reversed: true });
    expect((await failureOf(stripe.transfers.createReversal(id))).statusCode).toBe(400);
    const { data } = await stripe.transfers.listReversals(id);
    expect(data.map(({ amount }) => amount)).toEqual([70, 30]);
    expect(await stripe.transfers.retrieveReversal(id, rest.id)).toMatchObject({ amount: 70 });
    expect((await fundsOf()).available).toBe(before.available + 100);
    expect((await fundsOf(payee)).available).toBe(theirs.available - 100);
  });

  test('of what was paid out already is refused', async () => {
    const other = await createPayee();
    const { id } = await send(100, { destination: other });
    const payout = await stripe.payouts.create({ amount: 60, currency: 'usd' }, { stripeAccount: other });
    expect(await failureOf(stripe.transfers.createReversal(id))).toMatchObject({
      code: 'balance_insufficient',
    });
    const { data } = await stripe.payouts.list({}, { stripeAccount: other });
    expect(data).toMatchObject([{ id: payout.id, status: 'pending' }]);
    expect((await stripe.payouts.list()).data).toEqual([]);
    sandbox.advance(2 * 86_400);
    expect((await stripe.payouts.retrieve(payout.id, {}, { stripeAccount: other })).status).toBe('paid');
    sandbox.connect.failPayout(payout.id);
    expect((await stripe.transfers.createReversal(id)).amount).toBe(100);
  });
});

describe('a sale', () => {
  test('is charged to a saved card without its owner; one whose bank asks is refused, and may be paid later', async () => {
    const { id: customer } = await stripe.customers.create();
    const save = (card: string) => stripe.paymentMethods.attach(card, { customer });
    const buy = (payment_method: string, key: string) =>
      stripe.paymentIntents.create(
        { amount: 500, currency: 'usd', customer, payment_method, off_session: true, confirm: true },
        { idempotencyKey: key },
      );
    const { id: visa } = await save('pm_card_visa');
    expect((await buy(visa, 'sale 1')).status).toBe('succeeded');
    const { id: asks } = await save('pm_card_authenticationRequired');
    const refused = await failureOf(buy(asks, 'sale 2'));
    expect(refused).toMatchObject({
      statusCode: 402,
      code: 'authentication_required',
      type: 'StripeCardError',
    });
    expect((await failureOf(buy(asks, 'sale 2'))).payment_intent?.id).toBe(refused.payment_intent?.id);
    const intent = await stripe.paymentIntents.retrieve(refused.payment_intent?.id ?? '');
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'authentication_required', payment_method: { id: asks } },
    });
    expect((await stripe.paymentIntents.confirm(intent.id, { payment_method: visa })).status).toBe(
      'succeeded',
    );
  });

  test('on a page has a price of its own', async () => {
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [
        {
          price_data: { currency: 'usd', unit_amount: 1_234, product_data: { name: 'Linter' } },
          quantity: 1,
        },
      ],
      payment_intent_data: { transfer_group: 'order_2', metadata: { sale: '2' } },
      automatic_tax: { enabled: true },
      success_url: 'https://shop.example',
    });
    expect(session).toMatchObject({ amount_total: 1_468, total_details: { amount_tax: 234 } });
    expect(await (await fetch(session.url ?? '')).text()).toContain('Linter');
    await sandbox.pay(session.url ?? '');
    const paid = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['payment_intent.latest_charge'],
    });
    expect(paid.payment_intent).toMatchObject({
      metadata: { sale: '2' },
      latest_charge: { transfer_group: 'order_2', amount: 1_468 },
    });
  });

  test('that was refunded in part is disputed for the rest, and can be refunded once that is won', async () => {
    const { latest_charge: made } = await pay(1_000);
    const charge = typeof made === 'string' ? made : '';
    await stripe.refunds.create({ charge, amount: 300 });
    const { id, amount } = sandbox.bank.dispute(charge);
    expect(amount).toBe(700);
    expect(await failureOf(stripe.refunds.create({ charge }))).toMatchObject({ code: 'charge_disputed' });
    sandbox.bank.decide(id, 'won');
    expect((await stripe.refunds.create({ charge })).amount).toBe(700);
    const { data } = await stripe.balanceTransactions.list({ source: id });
    expect(data.map((moved) => [moved.amount, moved.fee])).toEqual([
      [700, 0],
      [-700, 1_500],
    ]);
  });
});

test('the books say who has what, and which transfers a group has', async () => {
  const { sandbox: own, stripe: asked } = await createFixture();
  own.connect.fund(1_000, 'usd');
  const { id } = await asked.accounts.create({ type: 'express' });
  const at = own.url;
  await drive({ vendor: 'stripe', verb: 'onboard', facts: [`account=${id}`], at });
  await asked.transfers.create({ amount: 400, currency: 'usd', destination: id, transfer_group: 'g' });
  const books = JSON.parse(await drive({ vendor: 'stripe', verb: 'books', facts: [], at })) as unknown;
  expect(books).toMatchObject({
    platform: { usd: { available: 600, pending: 0 } },
    accounts: { [id]: { usd: { available: 400, pending: 0 } } },
    groups: { g: [{ amount: 400 }] },
  });
  await drive({ vendor: 'stripe', verb: 'restrict', facts: [`account=${id}`], at });
  expect((await asked.accounts.retrieve(id)).capabilities?.transfers).toBe('inactive');
  await expect(drive({ vendor: 'stripe', verb: 'rob', facts: [], at })).rejects.toThrow('"restrict"');
});

test('a restart forgets no payee, no money and no link', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'connect-'));
  afterAll(() => rm(folder, { recursive: true }));
  const file = join(folder, 'state.json');
  const first = await createStripeSandbox({ file, driven: true });
  const { id } = await packageFor(first).accounts.create({ type: 'express' });
  const back = { return_url: 'https://shop.example/back', refresh_url: 'https://shop.example/again' };
  const link = await packageFor(first).accountLinks.create({
    account: id,
    type: 'account_onboarding',
    ...back,
  });
  first.connect.onboard(id);
  first.connect.fund(500, 'usd');
  await packageFor(first).transfers.create({ amount: 200, currency: 'usd', destination: id });
  const books = first.connect.books();
  await first.close();
  const second = await createStripeSandbox({ file, driven: true });
  expect(second.connect.books()).toEqual(books);
  const path = new URL(link.url).pathname;
  expect((await fetch(`${second.url}${path}`)).status).toBe(200);
  await second.close();
});
