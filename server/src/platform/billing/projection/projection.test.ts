import { describe, expect, test } from 'vitest';
import { createOutbox } from '#platform/mail';
import { advanceTo, makeAccount, stopTime } from '@plinth/testkit/factories';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import type { DisputeFacts } from '../facts.ts';
import {
  bought,
  charge,
  charged,
  day,
  disputeFacts,
  invoiced,
  lineFacts,
  paid,
  refunded,
  refundFacts,
  subscribed,
} from '@plinth/testkit/fixtures/billing/objects';
import { openProjection } from '@plinth/testkit/fixtures/billing/fixture';
import { shopperOf, type Shopper } from '@plinth/testkit/fixtures/billing/shopper';

const { db } = await testDatabase();
await stopTime(db);
await advanceTo(db, day(0).toISOString());
const fixture = await openProjection(db, createOutbox(temporaryFolder()));
const shopper = async () => shopperOf(fixture, (await makeAccount(db)).accountId);
const at = (n: number) => day(n).toISOString();
const history = ({ rows }: Shopper) =>
  rows<{ action: string; actor: string; changes: unknown }>(
    `select action, actor_kind || ' ' || actor_id as actor, changes from audit.events where account_id = $1 and actor_kind = 'store' order by id`,
  );

describe('a subscription', () => {
  test('is in effect with the commit that applies it, and ends without anybody doing anything', async () => {
    const ada = await shopper();
    await ada.apply(subscribed(ada));
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
  });

  test('changes its plan at the instant that was arranged with the provider', async () => {
    const ada = await shopper();
    const next = { product: 'demo', plan: 'basic', cycle: 'monthly', quantity: 1, at: day(30) } as const;
    await ada.apply(subscribed(ada, { next }));
    const [row] = await ada.rows<{ timeline: readonly { plan: string; until: string }[] }>(
      'select timeline from entitlements.snapshots where account_id = $1 order by version desc limit 1',
    );
    expect(row?.timeline.map(({ plan: named, until }) => [named, until])).toEqual([
      [null, at(-30)],
      ['demo.pro', at(30)],
      ['demo.basic', at(33)],
      [null, null],
    ]);
  });

  test('is one row, however often it is applied, and an unchanged row is not written again', async () => {
    const ada = await shopper();
    const readRows = async () =>
      ada.rows<{
        said: unknown;
      }>(`select jsonb_build_array(to_jsonb(s), (select jsonb_agg(to_jsonb(g)) from entitlements.grants g where g.account_id = $1),
           (select count(*) from entitlements.snapshots p where p.account_id = $1)) as said
         from billing.subscriptions s where s.account_id = $1`);
    await ada.apply(subscribed(ada));
    const once = await readRows();
    await ada.apply(subscribed(ada));
    expect(await readRows()).toEqual(once);
    expect(once).toHaveLength(1);
  });

  test('that is upgraded is in effect at once, and its history says what changed', async () => {
    const ada = await shopper();
    await ada.apply(subscribed(ada, { plan: 'basic' }));
    await ada.apply(subscribed(ada));
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
    expect(await history(ada)).toEqual([
      {
        action: 'subscription.created',
        actor: 'store stripe',
        changes: {
          state: 'active',
          product: 'demo',
          plan: 'basic',
          cycle: 'monthly',
          quantity: 1,
          cancels_at: null,
        },
      },
      { action: 'subscription.changed', actor: 'store stripe', changes: { plan: 'pro' } },
    ]);
  });

  test('that ended is told of, and one of long ago is not', async () => {
    const [ada, bob] = [await shopper(), await shopper()];
    await ada.apply(subscribed(ada, { state: 'canceled', endedAt: day(-1) }));
    await bob.apply(subscribed(bob, { state: 'canceled', endedAt: day(-20) }));
    expect([await ada.notices(), await ada.mails()]).toEqual([
      ['subscription_canceled'],
      ['subscription_canceled'],
    ]);
    expect([await bob.notices(), await bob.mails()]).toEqual([['subscription_canceled'], []]);
    expect(await ada.plan()).toEqual([null, null]);
  });
});

const BOUGHT_AND_REFUNDED = ['subscription.created', 'payment.refunded'];

describe('money that goes back', () => {
  test('by a refund ends no subscription, and is in its history', async () => {
    const ada = await shopper();
    for (const told of [...bought(ada), refunded(ada)]) await ada.apply(told);
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
    expect((await history(ada)).map(({ action }) => action)).toEqual(BOUGHT_AND_REFUNDED);
  });

  test('of an invoice that is not ours is in no history, and of one that is read later it is', async () => {
    const [ada, bob] = [await shopper(), await shopper()];
    await ada.apply(refunded(ada));
    expect(await history(ada)).toEqual([]);
    for (const told of [refunded(bob), ...bought(bob), refunded(bob), ...bought(bob)]) await bob.apply(told);
    expect((await history(bob)).map(({ action }) => action)).toEqual(BOUGHT_AND_REFUNDED);
  });

  test('by a dispute suspends until it is won, and both are told', async () => {
    const ada = await shopper();
    const dispute = (state: DisputeFacts['state']) =>
      paid(ada, { disputes: [disputeFacts(ada.own('dp'), ada.own('ch'), state)] });
    for (const told of [...bought(ada), dispute('inquiry')]) await ada.apply(told);
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
    await ada.apply(dispute('open'));
    expect(await ada.plan()).toEqual([null, null]);
    await ada.apply(dispute('won'));
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
    expect(await ada.mails()).toEqual(['subscription_suspended', 'payment_recovered']);
  });

  test('takes a boost away when all of it is back, and brings the next one forward', async () => {
    const ada = await shopper();
    const boost = (id: string, paidOn: number, quantity = 1) =>
      invoiced(ada, {
        id: ada.own(id),
        subscription: null,
        reason: 'manual',
        state: 'paid',
        paid: 3_995,
        paidAt: day(paidOn),
        lines: [lineFacts(ada.own(`${id}_line`), { plan: null, addOn: 'boost', cycle: null, quantity })],
      });
    for (const told of [boost('in', -2), boost('in2', -1.5, 2), paid(ada)]) await ada.apply(told);
    expect(await ada.plan()).toEqual(['demo.pro', at(88)]);
    await ada.apply(paid(ada, { refunds: [refundFacts(ada.own('re'), ada.own('ch'), 3_994)] }));
    expect(await ada.plan()).toEqual(['demo.pro', at(88)]);
    await ada.apply(paid(ada, { refunds: [refundFacts(ada.own('re'), ada.own('ch'), 3_995)] }));
    expect(await ada.plan()).toEqual(['demo.pro', at(59)]);
  });
});

describe('rows', () => {
  test('of an account are no other’s, and what one is granted no other has', async () => {
    const [ada, bob] = [await shopper(), await shopper()];
    for (const told of [subscribed(ada), invoiced(ada), charged(ada, [charge(ada.own('ch'), -1)])])
      await ada.apply(told);
    expect(await bob.plan()).toEqual([null, null]);
    // Another account's object does not become theirs by being told as such.
    await bob.apply(subscribed(ada, { plan: 'basic' }));
    await ada.apply(invoiced(ada));
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
    expect(await bob.plan()).toEqual([null, null]);
  });

  test('that are told again from nothing are the same, and nobody hears of it again', async () => {
    const ada = await shopper();
    const objects = [
      subscribed(ada, { state: 'past_due' }),
      invoiced(ada),
      charged(ada, [charge(ada.own('ch'), -1)]),
    ];
    const readRows = async () => [
      await ada.rows(
        `select s.id as s, i.id as i, p.id as p, s.grace_ends_at from billing.subscriptions s, billing.invoices i, billing.payments p
         where s.account_id = $1 and i.account_id = $1 and p.account_id = $1`,
      ),
      await ada.rows(
        `select (select count(*) from entitlements.snapshots where account_id = $1) as snapshots,
           (select count(*) from audit.events where account_id = $1) as events`,
      ),
      [await ada.plan(), await ada.mails()],
    ];
    for (const told of objects) await ada.apply(told);
    const before = await readRows();
    await fixture.rebuild(objects, ada.accountId);
    expect(await readRows()).toEqual(before);
    expect(before[0]).toHaveLength(1);
  });

  test('of a subscription that is moved to what we do not sell are gone, and its plan is over', async () => {
    const ada = await shopper();
    await ada.apply(subscribed(ada));
    await ada.apply({ ref: { kind: 'subscription', id: ada.own('sub') }, facts: { foreign: true } });
    expect(await ada.plan()).toEqual([null, null]);
    expect(await ada.rows('select 1 from billing.subscriptions where account_id = $1')).toEqual([]);
  });

  test('of a subscription of none are there, and give nothing', async () => {
    const ada = await shopper();
    await ada.apply(subscribed(ada, { quantity: 0 }));
    expect(await ada.plan()).toEqual([null, null]);
    await ada.apply(subscribed(ada, { quantity: 1 }));
    expect(await ada.plan()).toEqual(['demo.pro', at(33)]);
  });

  test('of a draft that was thrown away are gone, with its lines', async () => {
    const ada = await shopper();
    await ada.apply(invoiced(ada, { state: 'draft' }));
    await ada.apply({ ref: { kind: 'invoice', id: ada.own('in') }, facts: {} });
    expect(await ada.rows('select 1 from billing.invoices where account_id = $1')).toEqual([]);
    expect(await ada.rows('select 1 from billing.invoice_lines where account_id = $1')).toEqual([]);
  });

  test('of an account that was erased are written, for the books, and it is granted nothing', async () => {
    const ada = await shopper();
    await ada.rows('delete from accounts.accounts where account_id = $1');
    await ada.apply(subscribed(ada));
    expect(await ada.rows('select 1 from billing.subscriptions where account_id = $1')).toHaveLength(1);
    expect(await ada.rows('select 1 from entitlements.grants where account_id = $1')).toEqual([]);
  });
});

test.runIf(engine === 'postgres')(
  'two objects of one account that are applied at once see each other, whichever commits first',
  async () => {
    for (let round = 0; round < 5; round += 1) {
      const ada = await shopper();
      await Promise.all(
        [
          subscribed(ada, { state: 'past_due' }),
          invoiced(ada, { attempts: 3 }),
          charged(ada, [charge(ada.own('a'), -8), charge(ada.own('b'), -3), charge(ada.own('c'), -1)]),
        ].map((told) => ada.apply(told)),
      );
      expect(await ada.plan()).toEqual(['demo.pro', at(7)]);
      expect(await ada.notices()).toContain('payment_failed_again');
    }
  },
);

test.runIf(engine === 'postgres')(
  'every order of a failed renewal’s objects, each twice, ends the same',
  async () => {
    const ends = new Set<string>();
    const orders = permutations([0, 1, 2, 3]);
    for (const order of orders) {
      const ada = await shopper();
      const objects = [
        subscribed(ada, { state: 'past_due' }),
        invoiced(ada, { attempts: 2, lastCharge: ada.own('b') }),
        charged(ada, [charge(ada.own('a'), -3), charge(ada.own('b'), -1)]),
        invoiced(ada, {
          id: ada.own('in0'),
          state: 'paid',
          reason: 'subscription_create',
          paidAt: day(-30),
          lines: [
            lineFacts(ada.own('l0')),
            lineFacts(ada.own('l1'), { plan: null, addOn: 'boost', cycle: null }),
          ],
        }),
      ];
      for (const n of order)
        for (const told of [objects[n], objects[n]]) if (told !== undefined) await ada.apply(told);
      const [dunning] = await ada.rows(
        'select failures, grace_ends_at, suspends_at from billing.subscriptions where account_id = $1',
      );
      ends.add(JSON.stringify([await ada.plan(), dunning, await ada.notices(), await ada.events()]));
    }
    expect(orders).toHaveLength(24);
    expect([...ends]).toHaveLength(1);
  },
);

function permutations(of: readonly number[]): number[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((one) => permutations(of.filter((other) => other !== one)).map((rest) => [one, ...rest]));
}
