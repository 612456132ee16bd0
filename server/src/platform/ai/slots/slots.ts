import type { Clock } from '#platform/kernel';
import type { Lane } from '#platform/jobs';
import type { Fleet } from '#platform/limits';
import { WaitQueue, type Patience } from '../wait-queue.ts';
import type { AiMetrics } from '../ports.ts';
import type { Timers } from '../timers.ts';

/** How many calls may be under way at once, over all processes, to the models that it fits: they share its slots. */
export interface SlotLimit {
  readonly provider: string;
  /** `*`: all models of the provider together. */
  readonly model: string;
  /** Not said: both lanes together. */
  readonly lane: Lane | undefined;
  readonly limit: number;
}

/** The model that a call goes to. */
export interface SlotTarget {
  readonly provider: string;
  readonly model: string;
}

/** Frees what was taken; once, however often it is called. */
export type Release = () => void;

/** Places for calls that are under way, by provider, model and lane. */
export interface Slots {
  /** Takes a slot, waiting for one where it must: first come, first served. Undefined when there was none in time. */
  take(target: SlotTarget, lane: Lane, patience: Patience): Promise<Release | undefined>;
}

export interface SlotsParts {
  readonly limits: readonly SlotLimit[];
  /** The processes that share the limits. */
  readonly fleet: () => Fleet;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: AiMetrics | undefined;
}

/**
 * Slots that each process keeps for itself, by its share of the limits. When a process starts or dies, the others learn
 * of it with their next renewal: for these ten seconds the shares may sum to more or less than the limit. A provider's
 * own limit stands behind (throttle.ts), so that this costs a 429 and no money.
 */
export function createSlots(parts: SlotsParts): Slots {
  const pools = parts.limits.toSorted((one, other) => breadth(one) - breadth(other)).map(poolOf);

  function poolOf(slot: SlotLimit): Pool {
    return new Pool(slot, parts);
  }

  return {
    async take(target, lane, patience) {
      const held: Pool[] = [];
      const release = (): void => {
        for (const pool of held.splice(0)) pool.release();
      };
      // The narrowest first: a call that waits for a wide pool blocks only calls of its own kind.
      for (const pool of pools) {
        if (!pool.fits(target, lane)) continue;
        if (await pool.take(patience)) held.push(pool);
        else {
          release();
          return undefined;
        }
      }
      return release;
    },
  };
}

/** Whether a call of this lane to this model counts in a limit. */
export function fits({ provider, model, lane: only }: SlotLimit, target: SlotTarget, lane: Lane): boolean {
  return (
    provider === target.provider &&
    (model === '*' || model === target.model) &&
    (only === undefined || only === lane)
  );
}

function breadth({ model, lane }: SlotLimit): number {
  return (model === '*' ? 2 : 0) + (lane === undefined ? 1 : 0);
}

/** This process's share of a limit; the shares of all sum to it where there are not more processes than slots. */
export function shareOf(limit: number, { holders, older }: Fleet): number {
  const rest = older < limit % holders ? 1 : 0;
  return Math.max(1, Math.floor(limit / holders) + rest);
}

class Pool {
  readonly #slot: SlotLimit;
  readonly #parts: SlotsParts;
  readonly #queue: WaitQueue<true>;
  #used = 0;

  constructor(slot: SlotLimit, parts: SlotsParts) {
    this.#slot = slot;
    this.#parts = parts;
    this.#queue = new WaitQueue(parts);
  }

  fits(target: SlotTarget, lane: Lane): boolean {
    return fits(this.#slot, target, lane);
  }

  async take(patience: Patience): Promise<boolean> {
    if (this.#queue.length === 0 && this.#hasRoom) {
      this.#used += 1;
      this.#tell();
      return true;
    }
    const turn = this.#queue.wait(patience);
    this.#tell();
    const isTaken = (await turn) === true;
    this.#tell();
    return isTaken;
  }

  release(): void {
    this.#used -= 1;
    while (this.#hasRoom && this.#queue.next(true)) this.#used += 1;
    this.#tell();
  }

  get #hasRoom(): boolean {
    return this.#used < shareOf(this.#slot.limit, this.#parts.fleet());
  }

  #tell(): void {
    const { provider, model, lane } = this.#slot;
    this.#parts.metrics?.slots(
      { provider, model, lane: lane ?? '*' },
      { used: this.#used, waiting: this.#queue.length },
    );
  }
}
