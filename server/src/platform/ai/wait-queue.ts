import type { Clock } from '#platform/kernel';
import type { Timers } from './timers.ts';

/** How long a caller waits: until this instant of the monotonic clock, and not after a hang-up. */
export interface Patience {
  readonly until: number;
  readonly signal: AbortSignal | undefined;
}

/** A wait queue: first come, first served. */
export class WaitQueue<Turn> {
  readonly #time: { readonly clock: Clock; readonly timers: Timers };
  /** Each with the end of its patience. */
  readonly #waiting = new Map<(turn: Turn | undefined) => void, number>();

  constructor(time: { readonly clock: Clock; readonly timers: Timers }) {
    this.#time = time;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Waits for a turn; undefined when patience ended or the caller hung up first. */
  wait({ until, signal }: Patience): Promise<Turn | undefined> {
    const milliseconds = until - this.#time.clock.monotonic();
    if (signal?.aborted === true || milliseconds <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (turn: Turn | undefined): void => {
        this.#waiting.delete(end);
        cancel();
        signal?.removeEventListener('abort', leave);
        resolve(turn);
      };
      const leave = (): void => end(undefined);
      const cancel = this.#time.timers.after(milliseconds, leave);
      signal?.addEventListener('abort', leave);
      this.#waiting.set(end, until);
    });
  }

  /** Dismisses callers whose patience ends before this instant: there is no turn until then. */
  dismiss(before: number): void {
    for (const [over, until] of this.#waiting) {
      if (until < before) over(undefined);
    }
  }

  /** Gives the first waiting caller a turn; false when there is none. */
  next(turn: Turn): boolean {
    const [first] = this.#waiting.keys();
    first?.(turn);
    return first !== undefined;
  }
}
