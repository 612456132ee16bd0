import type { Clock } from '#platform/kernel';
import type { Timers } from '../timers.ts';

/** Something with a time limit. It may move its `due` later at no cost: the wheel looks again before it expires it. */
export interface Watched {
  /** On the wheel's clock (`deadlines.now`). */
  due: number;
  /** The wheel's own mark. */
  slot: number;
  expire(): void;
}

/**
 * One timer for all calls in flight. A timer and an AbortController a call, started and cleared, are what stack.md
 * keeps off the path; here a call costs one insertion into a set and one removal, and a chunk that moves its idle
 * limit costs one assignment. Exact to one tick.
 */
export interface Deadlines {
  /** Milliseconds, as of the last tick or the last `watch`. */
  readonly now: number;
  /** Watches from this instant; `due` is set to so many milliseconds from now. */
  watch(watched: Watched, milliseconds: number): void;
  forget(watched: Watched): void;
}

const TICK = 20;

export function createDeadlines(parts: { clock: Clock; timers: Timers }): Deadlines {
  const slots = new Map<number, Set<Watched>>();
  let now = parts.clock.monotonic();
  let swept = 0;
  let running = false;

  function insert(watched: Watched): void {
    const slot = Math.max(Math.ceil(watched.due / TICK), swept + 1);
    watched.slot = slot;
    const bucket = slots.get(slot);
    if (bucket === undefined) slots.set(slot, new Set([watched]));
    else bucket.add(watched);
  }

  function sweep(slot: number): void {
    const bucket = slots.get(slot);
    if (bucket === undefined) return;
    slots.delete(slot);
    for (const watched of bucket) {
      if (watched.due > now) insert(watched);
      else watched.expire();
    }
  }

  function tick(): void {
    now = parts.clock.monotonic();
    const reached = Math.floor(now / TICK);
    // After a long stall there may be more slots behind us than are in use.
    if (reached - swept > slots.size) {
      const due = [...slots.keys()].filter((slot) => slot <= reached).sort((a, b) => a - b);
      swept = reached;
      due.forEach(sweep);
    } else {
      while (swept < reached) sweep(++swept);
    }
    running = slots.size > 0;
    if (running) parts.timers.after(TICK, tick);
  }

  return {
    get now() {
      return now;
    },
    watch(watched, milliseconds) {
      now = parts.clock.monotonic();
      watched.due = now + milliseconds;
      if (!running) {
        swept = Math.floor(now / TICK);
        running = true;
        parts.timers.after(TICK, tick);
      }
      insert(watched);
    },
    forget(watched) {
      const bucket = slots.get(watched.slot);
      // Empty slots are dropped at once, so that an idle process stops ticking.
      if (bucket?.delete(watched) === true && bucket.size === 0) slots.delete(watched.slot);
    },
  };
}
