import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance, makeAccount } from '@plinth/testkit/factories';
import { engine, testDatabase } from '@plinth/testkit/services';
import { openSeller, openPaymentProvider, seatsOf } from '@plinth/testkit/fixtures/payment-provider';

/** A shop on a database of its own, with a customer who has a subscription that the shop was not told of. */
async function openShop() {
  const { db } = await testDatabase();
  const fixture = openPaymentProvider();
  const { inbox } = await openSeller(db, fixture);
  const { accountId } = await makeAccount(db);
  fixture.notes.set('cus_ada', accountId);
  const has = (seats: number) => void fixture.things.set('sub_ada', { customer: 'cus_ada', seats });
  has(1);
  return {
    db,
    fixture,
    inbox,
    has,
    accountId,
    seats: async () => (await seatsOf(db, accountId))['sub_ada'],
    tell: async () => inbox.receive('stripe', fixture.tell('sub_ada')),
    rows: <Row = Record<string, unknown>>(sql: string) => db.asMigrator(statement<Row>(sql)),
  };
}

describe.runIf(engine === 'postgres')('what a payment provider never told', () => {
  test('is found in what it lists, once, and applied', async () => {
    const { fixture, inbox, seats, rows } = await openShop();
    fixture.tell('sub_ada');
    fixture.tell('');
    expect(await inbox.reconcile()).toEqual({ events: 1, objects: 0 });
    expect(await inbox.reconcile()).toEqual({ events: 0, objects: 0 });
    await inbox.drain();
    expect(await seats()).toBe(1);
    expect(await rows('select via, state from billing.inbox')).toEqual([
      { via: 'reconciler', state: 'applied' },
    ]);
  });

  test('and does not list either is found by looking at everything', async () => {
    const { inbox, has, seats } = await openShop();
    expect(await inbox.reconcile({ all: true })).toEqual({ events: 0, objects: 2 });
    await inbox.drain();
    expect(await seats()).toBe(1);
    has(2);
    await inbox.reconcile({ all: true });
    await inbox.drain();
    expect(await seats()).toBe(2);
  });

  test('and is found by looking at everything is fetched after what is reported', async () => {
    const { fixture, inbox, has, tell } = await openShop();
    fixture.things.clear();
    for (let n = 0; n < 30; n += 1) fixture.things.set(`sub_${n}`, { customer: 'cus_eve', seats: 1 });
    has(1);
    await inbox.reconcile({ all: true });
    await tell();
    await inbox.drain();
    expect(fixture.fetched.length).toBeGreaterThan(30);
    expect(fixture.fetched.indexOf('sub_ada')).toBeLessThan(6);
  });

  test('is whose account was made after they were told of: what waits for it is applied', async () => {
    const { db, fixture, inbox, tell, rows } = await openShop();
    const { accountId } = await makeAccount(db);
    const later = accountId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await rows('delete from billing.objects returning number');
    fixture.notes.set('cus_ada', later as typeof accountId);
    await tell();
    await inbox.drain();
    expect(await rows('select distinct state from billing.objects')).toEqual([{ state: 'waiting' }]);
    await inbox.reconcile();
    await inbox.drain();
    expect(fixture.fetched.filter((id) => id === 'sub_ada')).toHaveLength(1);
    await rows(
      `insert into accounts.accounts select (jsonb_populate_record(a, jsonb_build_object('account_id', '${later}'))).*
       from accounts.accounts a where account_id = '${accountId}' returning account_id`,
    );
    await inbox.reconcile();
    await inbox.drain();
    expect(await seatsOf(db, later as typeof accountId)).toEqual({ sub_ada: 1 });
  });

  test('in a time longer than it remembers is found the same way', async () => {
    const { db, inbox, has, seats } = await openShop();
    await inbox.reconcile({ all: true });
    await inbox.drain();
    has(3);
    await advance(db, '28 days');
    expect(await inbox.reconcile()).toMatchObject({ objects: 0 });
    await advance(db, '31 days');
    expect(await inbox.reconcile()).toMatchObject({ objects: 2 });
    await inbox.drain();
    expect(await seats()).toBe(3);
  });

  test('is found and waited for, whatever another process is reading, and what is unread is counted', async () => {
    const { db, fixture, inbox } = await openShop();
    const other = await openSeller(db, fixture);
    fixture.notes.clear();
    fixture.things.set('sub_bad', { customer: 'cus_ada', seats: 1, garbled: true });
    const held = fixture.hold();
    await other.inbox.reconcile({ all: true });
    const elsewhere = other.inbox.drain();
    await held.asked;
    const catching = inbox.catchUp({ all: true });
    held.release();
    const at = { provider: 'stripe', mode: 'test' } as const;
    expect(await catching).toMatchObject({
      events: 0,
      unread: [{ ...at, error: 'store_unreadable', count: 1 }],
      silent: [],
    });
    await elsewhere;
  });

  test('is found by a run that begins anew after one that was cut short', async () => {
    const { fixture, inbox, seats } = await openShop();
    fixture.tell('sub_ada');
    const stopped = AbortSignal.abort();
    await expect(inbox.reconcile({ signal: stopped })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await inbox.reconcile()).toMatchObject({ events: 1 });
    await inbox.drain();
    expect(await seats()).toBe(1);
  });
});

describe.runIf(engine === 'postgres')('telling again from what is kept', () => {
  const EVERYTHING = `select (select jsonb_agg(to_jsonb(s) - 'created_at' - 'updated_at') from billing.subscriptions s) as sold,
    (select jsonb_agg(to_jsonb(g) - 'created_at' - 'updated_at') from entitlements.grants g) as grants`;

  test('asks no provider and ends the same, whatever was made of it before', async () => {
    const { fixture, inbox, has, tell, rows } = await openShop();
    await tell();
    await inbox.drain();
    has(7);
    await tell();
    await inbox.drain();
    const before = await rows(EVERYTHING);
    const fetched = fixture.fetched.length;
    await rows('update billing.subscriptions set quantity = 99 returning id');
    expect(await inbox.rebuild()).toMatchObject({ accounts: 1 });
    expect(await rows(EVERYTHING)).toEqual(before);
    await rows('delete from billing.subscriptions returning id');
    await inbox.rebuild();
    expect(await rows(EVERYTHING)).toEqual(before);
    expect(fixture.fetched).toHaveLength(fetched);
  });

  test('tells nobody a second time', async () => {
    const { inbox, tell, rows } = await openShop();
    await tell();
    await inbox.drain();
    const count = `select (select count(*)::int from audit.events) as audited, (select count(*)::int from mail.messages) as mails,
      (select count(*)::int from webhooks.events) as told, (select count(*)::int from entitlements.snapshots) as snapshots`;
    const before = await rows(count);
    await inbox.rebuild();
    expect(await rows(count)).toEqual(before);
  });

  test('finds whose a thing was that was nobody’s: its customer may be known by now', async () => {
    const { fixture, inbox, accountId, tell, seats, rows } = await openShop();
    fixture.notes.clear();
    await tell();
    await inbox.drain();
    expect(await seats()).toBeUndefined();
    await rows(
      `update billing.bodies set body = body || '{"note": "${accountId}"}' where kind = 'customer' returning number`,
    );
    await inbox.rebuild();
    expect(await seats()).toBe(1);
  });

  test('while the same is applied waits for nobody for ever', async () => {
    const { inbox, has, tell, seats } = await openShop();
    await tell();
    await inbox.drain();
    for (let n = 2; n < 8; n += 1) {
      has(n);
      await tell();
      await Promise.all([inbox.rebuild(), inbox.drain()]);
      expect(await seats()).toBe(n);
    }
  });
});

test.runIf(engine === 'postgres')(
  'what nothing hangs on any more is deleted after 90 days, and what is in effect is kept',
  async () => {
    const { db, inbox, fixture, has, tell, rows } = await openShop();
    await tell();
    await inbox.drain();
    has(2);
    await tell();
    await inbox.drain();
    fixture.things.set('sub_of_nobody', { customer: 'cus_of_nobody', seats: 1 });
    fixture.things.set('sub_unread', { customer: 'cus_of_nobody', seats: 1, garbled: true });
    await inbox.receive('stripe', fixture.tell('sub_unread'));
    await inbox.receive('stripe', fixture.tell('sub_of_nobody'));
    await inbox.drain();
    expect(await inbox.prune()).toBe(0);
    await advance(db, '91 days');
    await inbox.prune();
    expect(await rows('select state, object_id from billing.inbox')).toEqual([
      { state: 'received', object_id: 'sub_unread' },
      { state: 'waiting', object_id: 'sub_of_nobody' },
    ]);
    expect(await rows(`select from billing.bodies where object_id = 'sub_unread'`)).toEqual([]);
    const kept = await rows(`select o.object_id, count(b.number)::int as n from billing.objects o
    join billing.bodies b using (store, mode, kind, object_id) where kind = 'subscription' group by 1 order by 1`);
    expect(kept).toEqual([
      { object_id: 'sub_ada', n: 1 },
      { object_id: 'sub_of_nobody', n: 1 },
    ]);
  },
);
