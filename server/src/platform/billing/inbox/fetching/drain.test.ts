import { expect, test } from 'vitest';
import type { Database } from '#platform/db';
import { AppError } from '#platform/kernel';
import { advance, makeAccount } from '@plinth/testkit/factories';
import { openPaymentProvider, openSeller, seatsOf } from '@plinth/testkit/fixtures/payment-provider';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const fixture = openPaymentProvider();
const { inbox } = await openSeller(db, fixture);
const { accountId } = await makeAccount(db);
fixture.notes.set('cus_ada', accountId);

/** Has readers look, and does not wait for what is being read. */
const look = () => inbox.refresh({ provider: 'stripe', mode: 'test' }, []);

async function tell(id: string) {
  fixture.things.set(id, { customer: 'cus_ada', seats: 1 });
  await inbox.receive('stripe', fixture.tell(id));
}

test('an object that the provider keeps waiting holds up no other', async () => {
  const slow = fixture.hold();
  await tell('sub_slow');
  void inbox.drain();
  await slow.asked;
  await tell('sub_quick');
  await look();
  await expect.poll(() => seatsOf(db, accountId)).toEqual({ sub_quick: 1 });
  const settled = inbox.drain();
  slow.release();
  await settled;
  expect(await seatsOf(db, accountId)).toEqual({ sub_quick: 1, sub_slow: 1 });
});

test('those who found nothing just before something came are waited for while they look again', async () => {
  const found = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let claims = 0;
  const system = new Proxy(db.system, {
    async apply(target, self, given: Parameters<Database['system']>) {
      const point: unknown = given[1];
      const answer: unknown = await Reflect.apply(target, self, given);
      if (point === 'billing.claimed' && (claims += 1) <= 6) {
        if (claims === 6) found.resolve();
        await gate.promise;
      }
      if (point === 'billing.drain-begun' && claims >= 6) setImmediate(gate.resolve);
      return answer;
    },
  });
  const held = await openSeller({ ...db, system }, fixture);
  const before = held.inbox.drain();
  await found.promise;
  await tell('sub_late');
  await held.inbox.drain();
  expect(await seatsOf(db, accountId)).toMatchObject({ sub_late: 1 });
  await before;
});

test('no more than six are read at once, and those who are at it see to what comes meanwhile', async () => {
  const ids = Array.from({ length: 7 }, (_, n) => `sub_${n}`);
  const held = ids.slice(0, 6).map(() => fixture.hold());
  const before = fixture.fetched.length;
  for (const id of ids) await tell(id);
  const waiting = inbox.drain();
  for (const { asked } of held) await asked;
  await look();
  expect(fixture.fetched.length - before).toBe(6);
  for (const { release } of held) release();
  await waiting;
  expect(await seatsOf(db, accountId)).toMatchObject(Object.fromEntries(ids.map((id) => [id, 1])));
});

const refusal = (code: string) => new AppError('store_refused', { details: { code } });

test.each([
  ['is refused', refusal('400'), '0 minutes'],
  ['is refused for the key', refusal('key_refused'), '0 minutes'],
  ['is not answered', new AppError('store_unavailable'), '65 minutes'],
])(
  'what %s is told to the operator at once, or once it has lasted for an hour',
  async (what, trouble, after) => {
    const id = `sub_${what.replaceAll(' ', '_')}`;
    const listDead = async () =>
      (await inbox.dead({ limit: 100, before: undefined })).data.filter(({ object_id }) => object_id === id);
    const isAtOnce = after.startsWith('0');
    fixture.troubles.push(trouble, trouble);
    await tell(id);
    await inbox.drain();
    expect(await listDead()).toHaveLength(isAtOnce ? 1 : 0);
    await advance(db, after);
    await inbox.drain();
    expect(await listDead()).toMatchObject([{ attempts: isAtOnce ? 1 : 2, given_up_at: null }]);
    fixture.troubles.length = 0;
    await advance(db, '1 hour');
    await inbox.drain();
    expect(await listDead()).toEqual([]);
  },
);
