import { describe, expect, test } from 'vitest';
import { createOutbox } from '#platform/mail';
import { advanceTo, makeAccount, makeMember, stopTime } from '@plinth/testkit/factories';
import { temporaryFolder, testDatabase } from '@plinth/testkit/services';
import {
  charge,
  charged,
  day,
  failing,
  invoiced,
  pastDue,
  recovered,
  subscribed,
  type ObjectFixture,
} from '@plinth/testkit/fixtures/billing/objects';
import { openProjection } from '@plinth/testkit/fixtures/billing/fixture';
import { shopperOf, type Shopper } from '@plinth/testkit/fixtures/billing/shopper';

const { db } = await testDatabase();
await stopTime(db);
await advanceTo(db, day(0).toISOString());
const fixture = await openProjection(db, createOutbox(temporaryFolder()));
const shopper = async () => shopperOf(fixture, (await makeAccount(db)).accountId);
const at = (n: number) => day(n).toISOString();

describe('a renewal that fails', () => {
  test('is told to owners and admins once, with the days that are left, and to the operator’s systems', async () => {
    const ada = await shopper();
    await makeMember(db, ada.accountId);
    const tried = invoiced(ada, { lastCharge: ada.own('ch-1') });
    for (const told of [pastDue(ada), tried, failing(ada, -1), failing(ada, -1)]) await ada.apply(told);
    expect(await ada.plan()).toEqual(['demo.pro', at(7)]);
    expect([await ada.mails(), await ada.events()]).toEqual([['payment_failed'], ['card_declined 3995']]);
  });

  test('a second time is urgent, and a subscription that is over is suspended, which is told once it is looked at', async () => {
    const ada = await shopper();
    const step = async (now: number, attempts: number, ...days: readonly number[]) => {
      await advanceTo(db, at(now));
      for (const told of [invoiced(ada, { attempts }), failing(ada, ...days)]) await ada.apply(told);
      return ada.plan();
    };
    await ada.apply(pastDue(ada));
    // A bank that returns it late: the days are counted from when that was told.
    expect(await step(0, 1, -9)).toEqual(['demo.pro', at(7)]);
    expect(await step(1, 2, -9, 1)).toEqual(['demo.pro', at(7)]);
    expect(await step(6, 3, -9, 1, 6)).toEqual(['demo.pro', at(9)]);
    expect(await step(9, 4, -9, 1, 6, 8)).toEqual([null, null]);
    await advanceTo(db, at(0));
    expect(await ada.mails()).toEqual([
      'payment_failed',
      'payment_failed_again',
      'payment_failed_again',
      'subscription_suspended',
    ]);
    const [row] = await ada.rows(
      'select failures, suspended_by, suspends_at = grace_ends_at as at_once from billing.subscriptions where account_id = $1',
    );
    expect(row).toEqual({ failures: 4, suspended_by: 'payment', at_once: true });
  });

  test('and is paid then is in effect again, which is told to who was told of the failure', async () => {
    const ada = await shopper();
    for (const told of [pastDue(ada), invoiced(ada), failing(ada, -1), ...recovered(ada)])
      await ada.apply(told);
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
    expect(await ada.mails()).toEqual(['payment_failed', 'payment_recovered']);
  });

  test('that we learn of when it is paid is noted, and nobody is written to', async () => {
    const ada = await shopper();
    for (const told of recovered(ada)) await ada.apply(told);
    expect([await ada.notices(), await ada.mails()]).toEqual([
      ['payment.failed', 'payment_failed', 'payment_recovered'],
      [],
    ]);
  });

  test('without a charge, for want of a card, is told as any other, and once its charge is there not again', async () => {
    const ada = await shopper();
    const uncharged = invoiced(ada, { issuedAt: day(-1) });
    for (const told of [pastDue(ada), uncharged, charged(ada, []), uncharged]) await ada.apply(told);
    expect(await ada.plan()).toEqual(['demo.pro', at(7)]);
    const [event] = await ada.rows(
      `select data->>'failure_code' as code, data->'amount' as amount, data->>'failed_at' as at from webhooks.events
       where account_id = $1 and type = 'payment.failed'`,
    );
    expect(event).toEqual({ code: null, amount: 3_995, at: at(-1) });
    const late = charge(ada.own('ok'), 0, { state: 'succeeded', failureCode: null });
    const settled = invoiced(ada, {
      state: 'paid',
      paidAt: day(0),
      issuedAt: day(-1),
      lastCharge: ada.own('ok'),
    });
    for (const told of [charged(ada, [late]), settled, subscribed(ada)]) await ada.apply(told);
    expect(await ada.mails()).toEqual(['payment_failed', 'payment_recovered']);
    expect(await ada.notices()).toEqual(['payment.failed', 'payment_failed', 'payment_recovered']);
  });

  test('keeps the date that was told where the purchase goes to another account', async () => {
    const [ada, bob] = [await shopper(), await shopper()];
    for (const told of [pastDue(ada), invoiced(ada), failing(ada, -1)]) await ada.apply(told);
    await advanceTo(db, at(3));
    await fixture.move(pastDue(ada).ref, { from: ada.accountId, to: bob.accountId });
    expect([await ada.plan(), await bob.plan()]).toEqual([
      [null, null],
      ['demo.pro', at(7)],
    ]);
    await advanceTo(db, at(0));
    const told = 'select nth, grace_ends_at as until from billing.told_failures where account_id = $1';
    expect([await ada.rows(told), await bob.rows(told)]).toEqual([[], [{ nth: 1, until: day(7) }]]);
  });

  test('says in its mail what is owed, until when the plan is kept, and where it is paid', async () => {
    const ada = await shopper();
    const from = fixture.letters.length;
    const tried = invoiced(ada, { lastCharge: ada.own('ch-1') });
    for (const told of [pastDue(ada), tried, failing(ada, -1)]) await ada.apply(told);
    expect(fixture.letters.slice(from)).toEqual([
      [
        'payment_failed',
        {
          account: 'An account',
          product: 'Demo',
          plan: 'Pro',
          amount: '39.95 USD',
          until: `${at(7).slice(0, 16).replace('T', ' ')} UTC`,
          next: 'Pay the invoice or change your card.',
          link: 'https://pay.example.com/in',
        },
      ],
    ]);
  });
});

const lettersOf = async (objects: (of: Shopper) => readonly ObjectFixture[]) => {
  const ada = await shopper();
  const from = fixture.letters.length;
  for (const told of objects(ada)) await ada.apply(told);
  return { ada, letters: fixture.letters.slice(from) };
};
const asks = (of: Shopper, more: Parameters<typeof invoiced>[1] = {}) =>
  invoiced(of, { asksCustomer: true, ...more });

describe('a payment that a bank asks about', () => {
  const ofAChange = { reason: 'subscription_update' };

  test('for a change names the page, and the plan that is had until then', async () => {
    const { ada, letters } = await lettersOf((of) => {
      const pending = { product: 'demo', plan: 'pro', cycle: 'monthly', quantity: 1 } as const;
      const waits = { ...pending, invoice: of.own('in'), expiresAt: day(0.5) };
      return [subscribed(of, { plan: 'basic', pending: waits }), asks(of, ofAChange), charged(of, [])];
    });
    expect(letters).toEqual([
      [
        'payment_action_required',
        {
          account: 'An account',
          product: 'Demo',
          plan: 'Basic',
          amount: '39.95 USD',
          next: 'The plan is Basic as before, and becomes Pro once the payment is confirmed. Confirm it until 2027-01-31 20:00 UTC.',
          link: 'https://pay.example.com/in',
        },
      ],
    ]);
    expect(await ada.plan()).toEqual(['demo.basic', at(33)]);
    await ada.apply(asks(ada, { ...ofAChange, state: 'void', asksCustomer: false }));
    expect(await ada.mails()).toEqual(['payment_action_required', 'change_not_paid']);
  });

  test('for a renewal names the page, and until when the plan is kept', async () => {
    const { ada, letters } = await lettersOf((of) => [pastDue(of), asks(of), charged(of, [])]);
    expect(letters).toMatchObject([
      [
        'payment_action_required',
        {
          next: 'Nothing changes before 2027-02-07 08:00 UTC. Confirm it there.',
          link: 'https://pay.example.com/in',
        },
      ],
    ]);
    expect(await ada.plan()).toEqual(['demo.pro', at(7)]);
    expect(await ada.notices()).toEqual(['payment.failed', 'payment_action_required', 'payment_failed']);
  });

  test('for a change of which nobody was told is dropped without a word', async () => {
    const { ada } = await lettersOf((of) => [subscribed(of), asks(of, { ...ofAChange, state: 'void' })]);
    expect(await ada.mails()).toEqual([]);
  });
});
