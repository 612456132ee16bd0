import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFairQueue, type FairQueue, SYSTEM_LANE } from './fair-queue.ts';

const LANES = ['a', 'b', 'c', SYSTEM_LANE] as const;

interface Caller {
  readonly lane: string;
  readonly number: number;
}

/** The queue beside what a caller sees of it: who waits, who is served, and how often each other lane was while a lane waited. */
function openModel(slots: number) {
  const queue = createFairQueue({ slots });
  const waiting: Caller[] = [];
  const served: Caller[] = [];
  const passed = new Map<string, Map<string, number>>();
  let number = 0;
  const usedBy = (name: string) => served.filter(({ lane }) => lane === name).length;
  const shareOf = (name: string) => {
    const share = Math.max(1, Math.floor(slots * 0.3));
    return name === SYSTEM_LANE ? Math.max(1, slots - 1) : share;
  };
  const mayBeServed = (lane: string) => usedBy(lane) < shareOf(lane);

  function noteServed(caller: Caller): void {
    served.push(caller);
    passed.delete(caller.lane);
    for (const lane of new Set(waiting.map((one) => one.lane))) {
      const others = passed.get(lane) ?? new Map<string, number>();
      // One that has its share waits for its own calls, and not for others.
      if (!mayBeServed(lane)) passed.delete(lane);
      else passed.set(lane, others.set(caller.lane, (others.get(caller.lane) ?? 0) + 1));
    }
  }
  return {
    queue,
    waiting,
    served,
    passed,
    usedBy,
    shareOf,
    mayBeServed,
    enter(lane: string): void {
      const caller = { lane, number: number++ };
      const turn = queue.enter(lane);
      if (turn === undefined) return noteServed(caller);
      waiting.push(caller);
      void turn.then(() => {
        waiting.splice(waiting.indexOf(caller), 1);
        noteServed(caller);
      });
    },
    async leave(index: number): Promise<void> {
      const [caller] = served.splice(index % Math.max(1, served.length), 1);
      if (caller === undefined) return;
      queue.leave(caller.lane);
      await Promise.resolve();
    },
  };
}
type Model = ReturnType<typeof openModel>;

function assertFair({ queue, waiting, served, passed, usedBy, shareOf, mayBeServed }: Model, slots: number) {
  expect(served.length).toBeLessThanOrEqual(slots);
  expect(queue.waiting()).toBe(waiting.length);
  for (const lane of LANES) {
    expect(usedBy(lane)).toBeLessThanOrEqual(shareOf(lane));
    expect(queue.waiting(lane)).toBe(waiting.filter((one) => one.lane === lane).length);
  }
  if (served.length < slots) expect(waiting.filter(({ lane }) => mayBeServed(lane))).toEqual([]);
  for (const others of passed.values()) for (const times of others.values()) expect(times).toBe(1);
}

describe('slots', () => {
  test('go to each lane in its turn: each other lane is served once at most while one waits, none past its share, none is lost', async () => {
    const step = fc.oneof(
      fc.record({ lane: fc.constantFrom(...LANES) }),
      fc.record({ leaves: fc.nat({ max: 100 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(step, { maxLength: 80 }),
        async (slots, steps) => {
          const model = openModel(slots);
          for (const one of steps) {
            if ('lane' in one) model.enter(one.lane);
            else await model.leave(one.leaves);
            assertFair(model, slots);
          }
          while (model.served.length > 0) {
            await model.leave(0);
            assertFair(model, slots);
          }
          expect(model.waiting).toEqual([]);
        },
      ),
    );
  });

  test('go to the callers of one lane in the order in which they came', async () => {
    const model = openModel(1);
    for (let n = 0; n < 50; n += 1) model.enter(n % 2 === 0 ? 'a' : 'b');
    const order: Caller[] = [];
    while (model.served[0] !== undefined) {
      order.push(model.served[0]);
      await model.leave(0);
    }
    for (const name of ['a', 'b']) {
      const numbers = order.filter(({ lane }) => lane === name).map((one) => one.number);
      expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    }
  });

  test('are left for others by a lane with hundreds of callers', async () => {
    for (const slots of [1, 2, 10]) {
      const model = openModel(slots);
      for (let n = 0; n < 300; n += 1) model.enter('a');
      model.enter('b');
      // The one slot goes to the first lane once more, which has waited longer.
      if (slots === 1) await model.leave(0);
      if (slots === 1) await model.leave(0);
      expect(model.usedBy('b')).toBe(1);
    }
  });
});

test('a caller who waits too long is told so, and leaves nothing behind', async () => {
  const queue: FairQueue = createFairQueue({ slots: 1, patience: 1, onLate: () => new Error('late') });
  expect(queue.enter('a')).toBeUndefined();
  await Promise.all(['a', 'b', 'b'].map((lane) => expect(queue.enter(lane)).rejects.toThrow('late')));
  expect(queue.waiting()).toBe(0);
  queue.leave('a');
  expect(queue.enter('b')).toBeUndefined();
  expect(() => queue.leave('a')).toThrow('twice');
});
