import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance, makeAccount } from '@plinth/testkit/factories';
import { kill } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { openSeller, openPaymentProvider, seatsOf } from '@plinth/testkit/fixtures/payment-provider';

/** Two processes on a database of their own, and a customer whose subscription is known. */
async function openTwo() {
  const { db } = await testDatabase();
  const fixture = openPaymentProvider();
  const [one, other] = [await openSeller(db, fixture), await openSeller(db, fixture)];
  const { accountId } = await makeAccount(db);
  fixture.notes.set('cus_ada', accountId);
  const has = (seats: number) => void fixture.things.set('sub_ada', { customer: 'cus_ada', seats });
  const tell = () => one.inbox.receive('stripe', fixture.tell('sub_ada'));
  has(1);
  await tell();
  await one.inbox.drain();
  return {
    db,
    fixture,
    one,
    other,
    has,
    tell,
    seats: async () => (await seatsOf(db, accountId))['sub_ada'],
    bodies: async () =>
      db.asMigrator(
        statement<{ seats: number }>(
          `select (body->>'seats')::int as seats from billing.bodies where object_id = 'sub_ada' order by number`,
        ),
      ),
  };
}

describe.runIf(engine === 'postgres')('two processes', () => {
  test('never fetch one object at once', async () => {
    const { fixture, one, other, has, tell, seats } = await openTwo();
    const before = fixture.fetched.length;
    const held = fixture.hold();
    has(2);
    await tell();
    const draining = one.inbox.drain();
    await held.asked;
    has(3);
    await tell();
    await other.inbox.drain();
    expect(fixture.fetched).toHaveLength(before + 1);
    held.release();
    await draining;
    expect(await seats()).toBe(3);
  });

  test('of which one got its reply late, after its lease: the newer one stays, and both are kept', async () => {
    const { db, fixture, one, other, has, tell, seats, bodies } = await openTwo();
    const late = fixture.hold();
    has(2);
    await tell();
    const draining = one.inbox.drain();
    await late.asked;
    has(3);
    await tell();
    await advance(db, '5 minutes');
    await other.inbox.drain();
    // A reader of the first process that looks late may have it.
    await expect.poll(seats).toBe(3);
    late.release();
    await draining;
    expect(await seats()).toBe(3);
    expect((await bodies()).slice(-2)).toEqual([{ seats: 2 }, { seats: 3 }]);
  });

  test('whose replies cross while the provider moves on end with what it came to', async () => {
    const { db, fixture, one, other, has, tell, seats } = await openTwo();
    const [first, second] = [fixture.hold(), fixture.hold()];
    has(2);
    await tell();
    const early = one.inbox.drain();
    await first.asked;
    await advance(db, '5 minutes');
    has(3);
    await tell();
    const late = other.inbox.drain();
    await second.asked;
    has(4);
    await tell();
    second.release();
    await late;
    first.release();
    await early;
    await one.inbox.drain();
    expect(await seats()).toBe(4);
  });

  test('of which one is never done with a fetch: the other takes over when its lease is over', async () => {
    const { db, fixture, one, other, has, tell, seats } = await openTwo();
    const never = fixture.hold();
    has(2);
    await tell();
    void one.inbox.drain();
    await never.asked;
    await db.asMigrator(
      statement(`update limits.holders set expires_at = app.now() + interval '1 hour' where id = $1`, [
        one.node.holder.id,
      ]),
    );
    await other.inbox.drain();
    expect(await seats()).toBe(1);
    await advance(db, '2 minutes');
    await other.inbox.drain();
    await expect.poll(seats).toBe(2);
    never.release();
  });

  test('that drain a crowd of events fetch each object once', async () => {
    const { fixture, one, other } = await openTwo();
    const ids = Array.from({ length: 60 }, (_, n) => `sub_${n}`);
    for (const id of ids) fixture.things.set(id, { customer: 'cus_ada', seats: 1 });
    await Promise.all(
      ids.map((id, n) => (n % 2 === 0 ? one : other).inbox.receive('stripe', fixture.tell(id))),
    );
    await Promise.all([one.inbox.drain(), other.inbox.drain()]);
    const fetched = fixture.fetched.filter((id) => ids.includes(id));
    expect(fetched.toSorted()).toEqual(ids.toSorted());
  });
});

describe.runIf(engine === 'postgres')('the job', () => {
  test('that drains is enqueued once for many events, and again once it has begun', async () => {
    const { db, fixture, one, has, seats } = await openTwo();
    const count = async () =>
      (
        await db.asMigrator(
          statement<{ n: number }>(
            `select count(*)::int as n from jobs.jobs where kind = 'billing.drain' and state = 'ready'`,
          ),
        )
      )[0]?.n;
    // The one of the event that came before a drain by hand.
    expect(await count()).toBe(1);
    await one.inbox.receive('stripe', fixture.tell('sub_ada'));
    expect(await count()).toBe(2);
    has(2);
    for (let n = 0; n < 5; n += 1) await one.inbox.receive('stripe', fixture.tell('sub_ada'));
    expect(await count()).toBe(2);
    const worker = one.jobs.work();
    await expect.poll(seats).toBe(2);
    has(3);
    await one.inbox.receive('stripe', fixture.tell('sub_ada'));
    await expect.poll(seats).toBe(3);
    await worker.stop(5_000);
  });

  test('that was lost is made up for by the next minute', async () => {
    const { db, fixture, one, has, seats } = await openTwo();
    has(2);
    await one.inbox.receive('stripe', fixture.tell('sub_ada'));
    await db.asMigrator(statement('delete from jobs.jobs'));
    const worker = one.jobs.work();
    await expect
      .poll(() => db.asMigrator(statement(`select name from jobs.schedules where name = 'billing.drain'`)))
      .toHaveLength(1);
    await advance(db, '61 seconds');
    await expect.poll(seats).toBe(2);
    await worker.stop(5_000);
  });
});

// On the embedded database, too: there the next start is the other process.
test('of two processes one died while it fetched: the other takes over once it is dead, not before', async () => {
  const { fixture, one, other, has, tell, seats } = await openTwo();
  const never = fixture.hold();
  has(2);
  await tell();
  const draining = one.inbox.drain();
  await never.asked;
  await other.inbox.drain();
  expect(await seats()).toBe(1);
  await kill(one.node);
  await other.inbox.drain();
  // A reader of the first process that looks late may have it.
  await expect.poll(seats).toBe(2);
  never.release();
  await draining;
});
