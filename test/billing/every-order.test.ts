import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { testDatabase } from '@plinth/testkit/services';
import { chanceOf } from '../faults/chance.ts';
import { everyOrder, ordersByPair, pairwiseOrders, shuffle } from './every-order.ts';

const { db } = await testDatabase();
const TRIED = commitPoint('test.every-order', 'an order of made-up things');
await db.script(`create table public.heap (thing integer, place serial); grant all on all tables in schema public to plinth_system;
  grant all on all sequences in schema public to plinth_system`);

const ORDER = 'jsonb_agg(thing order by place)::text';

/** Things on a heap; `state` is all that is seen of it, and `end` what is compared. */
function tryHeap(
  many: number,
  { state, end = state }: { readonly state: string; readonly end?: string },
  tryOrders = everyOrder,
) {
  return db.system('billing.inbox', TRIED, (tx) =>
    tryOrders({
      tx,
      many,
      apply: async (thing) =>
        void (await tx.run(statement('insert into public.heap (thing) values ($1)', [thing]))),
      read: async () => {
        const seen = statement<{ state: string; end: string }>(
          `select (${state})::text as state, (${end})::text as end from public.heap`,
        );
        const [row] = await tx.run(seen);
        if (row === undefined) throw new Error('the heap was not seen');
        return row;
      },
    }),
  );
}

describe('trying every order', () => {
  test('finds the one end of things that converge, in few steps', async () => {
    const tried = await tryHeap(6, { state: 'jsonb_agg(thing order by thing)' });
    expect(tried).toMatchObject({ orders: 720, applications: 6 * 2 ** 5 });
    expect(tried.ends.size).toBe(1);
  });

  test('finds each end of things that do not', async () => {
    expect((await tryHeap(4, { state: ORDER })).ends.size).toBe(24);
  });

  test('finds the one order of all that ends otherwise', async () => {
    const { ends } = await tryHeap(5, { state: ORDER, end: `${ORDER} = '[3, 1, 4, 0, 2]'` });
    expect([...ends].toSorted()).toEqual(['false', 'true']);
  });
});

describe('trying orders by pair', () => {
  test.each([1, 2, 3, 5, 6])('has each of %i things right after each other', (many) => {
    const orders = ordersByPair(many);
    const things = Array.from({ length: many }, (_, thing) => thing);
    for (const order of orders) expect(new Set(order)).toEqual(new Set(things));
    const pairs = new Set(
      orders.flatMap((order) => order.slice(1).map((thing, at) => `${order[at]} ${thing}`)),
    );
    expect(pairs.size).toBe(many * (many - 1));
    expect(orders).toHaveLength(many % 2 === 0 ? many : 2 * many);
  });

  test('finds the end of a thing that comes right after another', async () => {
    const { ends } = await tryHeap(6, { state: ORDER, end: `${ORDER} like '%2, 5%'` }, pairwiseOrders);
    expect([...ends].toSorted()).toEqual(['false', 'true']);
  });
});

test('a list in random order has all that it had, in the same order for the same seed', () => {
  const list = Array.from({ length: 20 }, (_, place) => place);
  const once = shuffle(list, chanceOf('a seed'));
  expect(once).not.toEqual(list);
  expect(once.toSorted((a, b) => a - b)).toEqual(list);
  expect(shuffle(list, chanceOf('a seed'))).toEqual(once);
});
