import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { advance, makeAccount } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { openSeller, openPaymentProvider, seatsOf } from '@plinth/testkit/fixtures/payment-provider';

const { db } = await testDatabase();
const fixture = openPaymentProvider();
const { inbox, logged } = await openSeller(db, fixture);

let made = 0;

/** A customer who is known here, and the id of their subscription. */
async function shopper({ isNoted = true }: { readonly isNoted?: boolean } = {}) {
  const { accountId } = await makeAccount(db);
  made += 1;
  const [customer, id] = [`cus_${made}`, `sub_${made}`];
  if (isNoted) fixture.notes.set(customer, accountId);
  return {
    accountId,
    customer,
    id,
    /** It changes at the provider, which says nothing of it. */
    has: (seats: number) => void fixture.things.set(id, { customer, seats }),
    seats: async () => (await seatsOf(db, accountId))[id],
  };
}

/** A shopper whose customer was fetched already. */
async function regular() {
  const ada = await shopper();
  await tell(ada.customer);
  await inbox.drain();
  return ada;
}

const tell = (id: string, more?: Parameters<typeof fixture.tell>[1]) =>
  inbox.receive('stripe', fixture.tell(id, more));
const messages = async (id: string) =>
  db.asMigrator(
    statement<{ state: string; via: string }>(
      'select state, via from billing.inbox where object_id = $1 order by number',
      [id],
    ),
  );
const states = async (id: string) => (await messages(id)).map(({ state }) => state);
const tasksOf = async (id: string) =>
  db.asMigrator(
    statement<{ dead: boolean; attempts: number; error: string | null }>(
      'select dead, attempts, error from billing.wants where object_id = $1',
      [id],
    ),
  );
/** Drops the fetch task: other tests are of other objects. */
const forget = (id: string) =>
  db.asMigrator(statement('delete from billing.wants where object_id = $1', [id]));
const fetches = (id: string) => fixture.fetched.filter((one) => one === id).length;

describe('a message', () => {
  test('that the provider signed is kept before it is answered, and its object fetched and applied', async () => {
    const ada = await shopper();
    ada.has(3);
    await tell(ada.id);
    expect(await states(ada.id)).toEqual(['received']);
    await inbox.drain();
    expect(await ada.seats()).toBe(3);
    expect(await states(ada.id)).toEqual(['applied']);
    expect(await tasksOf(ada.id)).toEqual([]);
  });

  test('that came before changes nothing and is fetched no second time', async () => {
    const ada = await shopper();
    ada.has(1);
    const message = fixture.tell(ada.id);
    await Promise.all([inbox.receive('stripe', message), inbox.receive('stripe', message)]);
    await inbox.drain();
    const before = fetches(ada.id);
    await inbox.receive('stripe', message);
    await inbox.drain();
    expect(fetches(ada.id)).toBe(before);
    expect(await states(ada.id)).toEqual(['applied']);
  });

  test('that the provider did not sign is refused and leaves nothing', async () => {
    const ada = await shopper();
    const forged = { ...fixture.tell(ada.id), headers: { signature: 'by somebody' } };
    await expect(inbox.receive('stripe', forged)).rejects.toMatchObject({ code: 'webhook_forged' });
    expect(await messages(ada.id)).toEqual([]);
  });

  test('about nothing that is sold is kept as ignored, and fetches nothing', async () => {
    const before = fixture.fetched.length;
    await inbox.receive('stripe', fixture.tell('', { eventId: 'evt_of_nothing' }));
    await inbox.drain();
    expect(fixture.fetched).toHaveLength(before);
    const [row] = await db.asMigrator(
      statement("select state, kind from billing.inbox where event_id = 'evt_of_nothing'"),
    );
    expect(row).toEqual({ state: 'ignored', kind: null });
  });
});

describe('a thousand events', () => {
  test('at one object are one fetch', async () => {
    const ada = await regular();
    ada.has(1);
    await Promise.all(Array.from({ length: 100 }, () => tell(ada.id)));
    await inbox.drain();
    expect(fetches(ada.id)).toBe(1);
    expect(new Set(await states(ada.id))).toEqual(new Set(['applied']));
  });

  test('of which one comes while the object is fetched are two fetches, and the second decides', async () => {
    const ada = await regular();
    ada.has(1);
    const held = fixture.hold();
    await tell(ada.id);
    const draining = inbox.drain();
    await held.asked;
    ada.has(2);
    await tell(ada.id);
    held.release();
    await draining;
    expect(await ada.seats()).toBe(2);
    expect(fetches(ada.id)).toBe(2);
  });
});

describe('whose an object is', () => {
  test('may be known later than the object: then it is applied', async () => {
    const ada = await shopper({ isNoted: false });
    ada.has(4);
    await tell(ada.id);
    await inbox.drain();
    expect(await ada.seats()).toBeUndefined();
    expect(await states(ada.id)).toEqual(['waiting']);
    fixture.notes.set(ada.customer, ada.accountId);
    await tell(ada.customer);
    await inbox.drain();
    expect(await ada.seats()).toBe(4);
    expect(await states(ada.id)).toEqual(['applied']);
  });

  test('is not changed by a later claim', async () => {
    const [ada, eve] = [await shopper(), await shopper()];
    ada.has(1);
    await tell(ada.id);
    await inbox.drain();
    fixture.notes.set(ada.customer, eve.accountId);
    ada.has(2);
    await tell(ada.customer);
    await tell(ada.id);
    await inbox.drain();
    expect(await ada.seats()).toBe(2);
    expect(await seatsOf(db, eve.accountId)).toEqual({});
  });

  test('is nobody for an account that does not exist, and for what is no account', async () => {
    const ada = await shopper();
    ada.has(1);
    for (const note of [crypto.randomUUID(), "' or true --"]) {
      fixture.notes.set(ada.customer, note as typeof ada.accountId);
      await tell(ada.customer);
      await tell(ada.id);
      await inbox.drain();
      expect(await states(ada.id)).toContain('waiting');
    }
  });

  test('is nobody once they were erased: nothing of them is kept again', async () => {
    const ada = await shopper();
    ada.has(1);
    await tell(ada.id);
    await inbox.drain();
    await db.asMigrator(
      statement('update billing.customers set erased_at = app.now() where customer = $1', [ada.customer]),
    );
    await db.asMigrator(statement('delete from billing.bodies where object_id = $1', [ada.id]));
    await tell(ada.id);
    await inbox.drain();
    const [bodies] = await db.asMigrator(
      statement('select count(*)::int as n from billing.bodies where object_id = $1', [ada.id]),
    );
    expect(bodies).toEqual({ n: 0 });
    const [last] = await db.asMigrator(
      statement('select state, body from billing.inbox where object_id = $1 order by number desc limit 1', [
        ada.id,
      ]),
    );
    expect(last).toEqual({ state: 'ignored', body: '' });
  });

  test('is nobody once they were erased, not even where nobody can read what is answered', async () => {
    const [ada, eve] = [await regular(), await regular()];
    const bodiesOf = async ({ id }: { readonly id: string }) =>
      db.asMigrator(statement('select from billing.bodies where object_id = $1', [id]));
    for (const { id, customer } of [ada, eve]) fixture.things.set(id, { customer, seats: 1, garbled: true });
    await db.asMigrator(
      statement('update billing.customers set erased_at = app.now() where customer = $1', [ada.customer]),
    );
    await tell(ada.id);
    await inbox.drain();
    expect(await bodiesOf(ada)).toEqual([]);
    const held = fixture.hold();
    await tell(eve.id);
    const draining = inbox.drain();
    await held.asked;
    await db.asMigrator(statement('delete from billing.wants where object_id = $1', [eve.id]));
    held.release();
    await draining;
    expect(await bodiesOf(eve)).toEqual([]);
    await forget(ada.id);
  });

  test('is looked at again where it was nobody’s payment and is named later', async () => {
    const ada = await regular();
    const payment = `pi_of_${ada.id}`;
    fixture.things.set(payment, { customer: ada.customer, seats: 1, foreign: true });
    await tell(payment);
    await inbox.drain();
    expect(await states(payment)).toEqual(['ignored']);
    fixture.things.set(ada.id, { customer: ada.customer, seats: 1, names: [payment] });
    await tell(ada.id);
    await inbox.drain();
    expect(fetches(payment)).toBe(2);
  });

  test('does not matter where nothing is sold by us', async () => {
    const ada = await shopper();
    fixture.things.set(ada.id, { customer: ada.customer, seats: 1, foreign: true });
    await tell(ada.id);
    await inbox.drain();
    expect(await states(ada.id)).toEqual(['ignored']);
    expect(await ada.seats()).toBeUndefined();
  });
});

const away = () => new AppError('store_unavailable');
const refusal = (code: string) => () => new AppError('store_refused', { details: { code } });
const keyRefused = () => new AppError('store_refused', { details: { code: 'key_refused' } });

describe('a fetch that comes to nothing', () => {
  test('is tried again later, and events meanwhile hurry nobody', async () => {
    const ada = await shopper();
    ada.has(1);
    fixture.troubles.push(away());
    await tell(ada.id);
    await inbox.drain();
    expect(await tasksOf(ada.id)).toMatchObject([{ dead: false, attempts: 1, error: 'store_unavailable' }]);
    await tell(ada.id);
    await inbox.drain();
    expect(fetches(ada.id)).toBe(0);
    await advance(db, '1 minute');
    await inbox.drain();
    expect(await ada.seats()).toBe(1);
    expect(await tasksOf(ada.id)).toEqual([]);
  });

  test.each([
    ['is away', away],
    ['takes our key no more', keyRefused],
  ])(
    'again and again because the provider %s is never given up, nor put off for long',
    async (_, trouble) => {
      const ada = await shopper();
      fixture.troubles.push(...Array.from({ length: 13 }, trouble));
      fixture.things.set(ada.id, { customer: ada.customer, seats: 1, garbled: true });
      await tell(ada.id);
      for (let n = 0; n < 14; n += 1) {
        await inbox.drain();
        await advance(db, '8 minutes');
      }
      expect(await tasksOf(ada.id)).toMatchObject([{ dead: false, attempts: 6, error: 'store_unreadable' }]);
      ada.has(1);
      await advance(db, '8 minutes');
      await inbox.drain();
      expect(await ada.seats()).toBe(1);
    },
  );

  test('because the provider is away is tried at once for a caller who waits', async () => {
    const ada = await shopper();
    ada.has(1);
    fixture.troubles.push(away());
    await tell(ada.id);
    await inbox.drain();
    await inbox.refresh({ provider: 'stripe', mode: fixture.store.mode }, [
      { kind: 'subscription', id: ada.id },
    ]);
    expect(await ada.seats()).toBe(1);
  });

  test('because we could not apply the answer keeps nothing of it', async () => {
    const ada = await regular();
    ada.has(-1);
    await tell(ada.id);
    await inbox.drain();
    expect(await tasksOf(ada.id)).toMatchObject([{ error: 'internal' }]);
    expect(
      await db.asMigrator(statement('select from billing.bodies where object_id = $1', [ada.id])),
    ).toEqual([]);
    await forget(ada.id);
  });

  test('because nobody can read the answer is given up in the end, kept, and begun anew by an event', async () => {
    const ada = await shopper();
    fixture.things.set(ada.id, { customer: ada.customer, seats: 1, garbled: true });
    await tell(ada.id);
    for (let n = 0; n < 12; n += 1) {
      await inbox.drain();
      await advance(db, '2 hours');
    }
    await inbox.drain();
    expect(await tasksOf(ada.id)).toMatchObject([{ dead: true, attempts: 12, error: 'store_unreadable' }]);
    expect(await states(ada.id)).toEqual(['dead']);
    expect(logged).toContain('an object of a payment provider was given up');
    const { data } = await inbox.dead({ limit: 20, before: undefined });
    expect(data).toMatchObject([{ kind: 'subscription', object_id: ada.id, attempts: 12 }]);
    ada.has(5);
    await tell(ada.id);
    await inbox.drain();
    expect(await ada.seats()).toBe(5);
    expect(await states(ada.id)).toEqual(['applied', 'applied']);
  });

  test.each([
    ['does not find', undefined],
    ['refuses to tell of', refusal('400')],
    ['says to be over for too long', refusal('subscriptionPurchaseNoLongerAvailable')],
  ])(
    'because the provider %s what was known takes nothing away, and is asked for days',
    async (_, trouble) => {
      const ada = await shopper();
      ada.has(3);
      await tell(ada.id);
      await inbox.drain();
      const before = logged.length;
      if (trouble === undefined) fixture.things.delete(ada.id);
      else fixture.troubles.push(...Array.from({ length: 30 }, trouble));
      await tell(ada.id);
      for (let n = 0; n < 30; n += 1) {
        await inbox.drain();
        await advance(db, '7 hours');
      }
      expect(await ada.seats()).toBe(3);
      expect(await states(ada.id)).toEqual(['applied', 'received']);
      expect(await tasksOf(ada.id)).toMatchObject([{ dead: false, attempts: 30, error: 'store_refused' }]);
      expect(logged.slice(before)).toContain(
        'a payment provider does not find an object, or refuses to tell of it',
      );
      ada.has(4);
      await inbox.drain();
      expect(await ada.seats()).toBe(4);
      expect(await states(ada.id)).toEqual(['applied', 'applied']);
    },
  );

  test('for two weeks because the provider does not find it is given up, with what was known, until all is read', async () => {
    const ada = await shopper();
    ada.has(3);
    await tell(ada.id);
    await inbox.drain();
    fixture.things.delete(ada.id);
    await tell(ada.id);
    for (let n = 0; n < 67; n += 1) {
      await inbox.drain();
      await advance(db, '7 hours');
    }
    expect(await tasksOf(ada.id)).toMatchObject([{ dead: true }]);
    expect(await ada.seats()).toBe(3);
    ada.has(5);
    await inbox.reconcile({ all: true });
    await inbox.drain();
    expect(await ada.seats()).toBe(5);
  });

  test('of a draft that was thrown away is believed', async () => {
    const ada = await shopper();
    await inbox.receive('stripe', fixture.tell(ada.id, { type: 'invoice.deleted' }));
    await inbox.drain();
    const [row] = await db.asMigrator(
      statement('select state from billing.objects where object_id = $1', [ada.id]),
    );
    expect(row).toEqual({ state: 'gone' });
  });
});
