import { createHash } from 'node:crypto';
import type { Chance } from '../faults/chance.ts';
import { statement, type Transaction } from '#platform/db';

/** Input of a trial of every order: each thing is applied once, and all history is in the state that is read. */
export interface Orders {
  readonly tx: Transaction;
  readonly many: number;
  readonly apply: (thing: number) => Promise<void>;
  /** All that a later application can hang on, and the end by which orders are compared. */
  readonly read: () => Promise<{ readonly state: string; readonly end: string }>;
}

export interface OrdersTried {
  /** Each end that some order has. */
  readonly ends: ReadonlySet<string>;
  /** How many orders there are, and how many applications it took to try all of them. */
  readonly orders: number;
  readonly applications: number;
}

/**
 * Tries every order. Two orders of the same things that lead to the same state go on as one: what is the same goes on the
 * same. So six things take 192 applications while they converge, and 1,956 where they don't.
 */
export async function everyOrder({ tx, many, apply, read }: Orders): Promise<OrdersTried> {
  const ends = new Set<string>();
  const seen = new Set<string>();
  let applications = 0;
  async function goOn(done: number, depth: number): Promise<void> {
    await tx.run(statement(`savepoint before_${depth}`));
    for (let thing = 0; thing < many; thing += 1) {
      const after = done | (1 << thing);
      if (after === done) continue;
      await apply(thing);
      applications += 1;
      const { state, end } = await read();
      const place = `${after} ${createHash('sha256').update(state).digest('base64')}`;
      if (after === (1 << many) - 1) ends.add(end);
      else if (!seen.has(place)) await goOn(after, depth + 1);
      seen.add(place);
      await tx.run(statement(`rollback to savepoint before_${depth}`));
    }
  }
  await goOn(0, 0);
  return { ends, orders: factorial(many), applications };
}

/**
 * Tries so many orders that each thing comes right after each other one in some of them: six orders of six things, 36 applications.
 * A fault of two things that meet shows; one that takes three in a certain order may not.
 */
export async function pairwiseOrders({ tx, many, apply, read }: Orders): Promise<OrdersTried> {
  const ends = new Set<string>();
  const orders = ordersByPair(many);
  for (const order of orders) {
    await tx.run(statement('savepoint before_order'));
    for (const thing of order) await apply(thing);
    ends.add((await read()).end);
    await tx.run(statement('rollback to savepoint before_order'));
  }
  return { ends, orders: orders.length, applications: orders.length * many };
}

/** The rows of a Williams square: of an even number of things each follows each other in one row, of an odd one in two of the rows and their reverse. */
export function ordersByPair(many: number): number[][] {
  const zigzag = Array.from({ length: many }, (_, at) => (at % 2 === 0 ? at / 2 : many - (at + 1) / 2));
  const rows = Array.from({ length: Math.max(1, many) }, (_, shift) =>
    zigzag.map((thing) => (thing + shift) % many),
  );
  return many % 2 === 0 ? rows : [...rows, ...rows.map((row) => row.toReversed())];
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** A list in some order. */
export function shuffle<T>(list: readonly T[], chance: Chance): T[] {
  const left = [...list];
  for (let last = left.length - 1; last > 0; last -= 1) {
    const other = chance.between(0, last);
    [left[last], left[other]] = [left[other] as T, left[last] as T];
  }
  return left;
}
