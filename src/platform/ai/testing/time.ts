import type { Clock } from '#platform/kernel';
import type { Timers } from '../timers.ts';

/** A clock with timers that move only when a test says so. */
export interface DrivenTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Moves on, running what falls due on the way, in order. */
  advance(milliseconds: number): void;
  /** Resolves with the first timer that waits at least so long, now or from now on, for `advance` to run it. */
  awaited(atLeast: number): Promise<number>;
}

interface Timer {
  readonly due: number;
  readonly milliseconds: number;
  readonly run: () => void;
}

export function drivenTime(start = Date.UTC(2026, 10, 20)): DrivenTime {
  let now = 0;
  const timers = new Set<Timer>();
  const waiting = new Set<{ atLeast: number; resolve: (milliseconds: number) => void }>();

  function nextDue(until: number): Timer | undefined {
    const due = [...timers].filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due);
    return due[0];
  }

  return {
    clock: { now: () => start + now, monotonic: () => now },
    timers: {
      after(milliseconds, run) {
        const timer = { due: now + milliseconds, milliseconds, run };
        timers.add(timer);
        for (const waiter of waiting) {
          if (milliseconds < waiter.atLeast) continue;
          waiting.delete(waiter);
          waiter.resolve(milliseconds);
        }
        return () => timers.delete(timer);
      },
    },
    advance(milliseconds) {
      const until = now + milliseconds;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.due);
        timer.run();
      }
      now = until;
    },
    awaited(atLeast) {
      const known = [...timers].find((timer) => timer.milliseconds >= atLeast);
      if (known !== undefined) return Promise.resolve(known.milliseconds);
      return new Promise((resolve) => waiting.add({ atLeast, resolve }));
    },
  };
}
