import type { Leases } from './leases.ts';
import { WaitQueue, type Patience } from '../wait-queue.ts';
import { fits, type Release, type SlotLimit, type Slots, type SlotsParts } from './slots.ts';

/** How often, in milliseconds, waiting calls look for a slot without a message: after an expired lease or a lost message. */
const LOOK_EVERY = 250;

export interface RedisSlotsParts extends Omit<SlotsParts, 'fleet'> {
  readonly leases: Leases;
  /** The limit while Redis is away: the shares of each process. */
  readonly shares: Slots;
}

/**
 * Slots that all processes share, one by one, in Redis. While it is away each keeps to its share. Calls of before
 * are not counted then, nor those of meanwhile afterwards: like a flush, this costs a 429 at most, and no money.
 */
export function createRedisSlots(parts: RedisSlotsParts): Slots {
  const queues = new Map<string, LeaseQueue>();
  const used = new Map<SlotLimit, number>();
  parts.leases.onFreed(() => {
    for (const queue of queues.values()) queue.look();
  });

  function tell(limits: readonly SlotLimit[], change: number): void {
    for (const limit of limits) {
      const count = (used.get(limit) ?? 0) + change;
      used.set(limit, count);
      let waiting = 0;
      for (const queue of queues.values()) if (queue.limits.includes(limit)) waiting += queue.length;
      const { provider, model, lane } = limit;
      parts.metrics?.slots({ provider, model, lane: lane ?? '*' }, { used: count, waiting });
    }
  }

  return {
    async take(target, lane, patience) {
      const limits = parts.limits.filter((limit) => fits(limit, target, lane));
      if (limits.length === 0) return () => {};
      const name = limits.map((limit) => parts.limits.indexOf(limit)).join();
      const queue = queues.get(name) ?? new LeaseQueue(limits, { ...parts, tell });
      queues.set(name, queue);
      const taken = await queue.take(patience);
      return taken === 'away' ? parts.shares.take(target, lane, patience) : taken;
    },
  };
}

interface QueueParts extends Pick<RedisSlotsParts, 'leases' | 'clock' | 'timers'> {
  /** Slots of these limits were freed. */
  readonly tell: (limits: readonly SlotLimit[], change: number) => void;
}

/** Calls of this process that wait for slots of the same limits. One at a time asks Redis, for the first in the queue. */
class LeaseQueue {
  readonly limits: readonly SlotLimit[];
  readonly #parts: QueueParts;
  readonly #waiting: WaitQueue<Release | 'away'>;
  #isServing = false;
  /** Whether a slot became free since Redis was asked last. */
  #hasNews = false;
  #wake: () => void = () => {};

  constructor(limits: readonly SlotLimit[], parts: QueueParts) {
    this.limits = limits;
    this.#parts = parts;
    this.#waiting = new WaitQueue(parts);
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** A slot became free in some process. */
  look(): void {
    this.#hasNews = true;
    this.#wake();
  }

  async take(patience: Patience): Promise<Release | 'away' | undefined> {
    const isFirst = this.#waiting.length === 0;
    // A call that can't wait asks once, as with the shares.
    if (patience.until <= this.#parts.clock.monotonic()) return isFirst ? this.#ask() : undefined;
    const turn = this.#waiting.wait(patience);
    this.#parts.tell(this.limits, 0);
    // Earlier calls may have left without another look.
    if (isFirst) this.look();
    void this.#serve();
    const taken = await turn;
    this.#parts.tell(this.limits, 0);
    return taken;
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#waiting.length > 0) {
      this.#hasNews = false;
      const taken = await this.#ask();
      if (taken === undefined) await this.#news();
      // The call that it was for may have left meanwhile.
      else if (!this.#waiting.next(taken) && taken !== 'away') taken();
    }
    this.#isServing = false;
  }

  async #ask(): Promise<Release | 'away' | undefined> {
    const { leases, tell } = this.#parts;
    const lease = await leases.take(this.limits).catch(() => 'away' as const);
    if (lease === undefined || lease === 'away') return lease;
    tell(this.limits, 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      leases.release(lease);
      tell(this.limits, -1);
    };
  }

  #news(): Promise<void> {
    if (this.#hasNews) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#parts.timers.after(LOOK_EVERY, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
