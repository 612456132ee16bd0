import type { Clock, Random } from '#platform/kernel';
import { WaitQueue, type Patience } from '../wait-queue.ts';
import type { Timers } from '../timers.ts';

/** Milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_BACKOFF = 30_000;
/** However soon a provider invites us back, and however small the jitter is. */
const SHORTEST_PAUSE = 100;
/** A provider that asks for an hour is asked again after a minute: one call shows whether it has room. */
const LONGEST_PAUSE = 60_000;
/** Calls that were under way together are told of nearly the same time. */
const WORTH_TELLING = 1_000;
/** As many calls at once, served after a pause, show that the provider has room again. */
const FULL = 64;

/** Counts closings: a call is admitted in one epoch, and must `leave` it exactly once. */
export type Epoch = number;

export interface ThrottleParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** It has closed for so many milliseconds. */
  readonly closed: (milliseconds: number) => void;
  /** The longest that it closes for, in milliseconds; a minute when not said. */
  readonly longest?: number | undefined;
}

/**
 * The throttle of one provider and model. A 429 closes it for as long as the provider asks, or for a backoff that doubles,
 * with full jitter. Then it opens as TCP's slow start does: one call, and one more for each that is served, so that the
 * calls at once double; a thousand jobs that waited do not meet the provider at the same instant again.
 */
export class Throttle {
  readonly #parts: ThrottleParts;
  readonly #queue: WaitQueue<Epoch>;
  /** Counts closings: a call that was let through before the last one says nothing about the time after it. */
  #epoch = 0;
  #closedUntil = 0;
  #window = Number.POSITIVE_INFINITY;
  #inside = 0;
  #streak = 0;
  #isWaking = false;

  constructor(parts: ThrottleParts) {
    this.#parts = parts;
    this.#queue = new WaitQueue(parts);
  }

  /** Milliseconds until it opens. */
  get wait(): number {
    return Math.max(0, this.#closedUntil - this.#parts.clock.monotonic());
  }

  /** Whether there is room at once and no call waits. */
  get hasRoom(): boolean {
    return this.#isOpen || (this.#queue.length === 0 && this.wait === 0 && this.#inside < this.#window);
  }

  /** Lets a call through, if there is room at once. */
  admit(): Epoch | undefined {
    if (!this.hasRoom) return undefined;
    if (!this.#isOpen) this.#inside += 1;
    return this.#epoch;
  }

  /** Waits for room; undefined when there is none in time. */
  queue(patience: Patience): Promise<Epoch | undefined> {
    if (this.#closedUntil > patience.until) return Promise.resolve(undefined);
    const turn = this.#queue.wait(patience);
    this.#admitWaiting();
    return turn;
  }

  /** Whether the throttle has not closed since the call was let through. */
  isCurrent(epoch: Epoch): boolean {
    return epoch === this.#epoch;
  }

  /** A call that was let through is over, or has begun to be answered. */
  leave(epoch: Epoch, result: 'served' | 'other'): void {
    if (this.#isOpen || epoch !== this.#epoch) return;
    this.#inside -= 1;
    if (result === 'served') {
      this.#streak = 0;
      this.#window += 1;
      if (this.#window > FULL) this.#window = Number.POSITIVE_INFINITY;
    }
    this.#admitWaiting();
  }

  /** The provider had no room for a call; `retryAfter` are the milliseconds that it asks to wait. */
  throttled(epoch: Epoch, retryAfter: number | undefined): void {
    const { random, longest = LONGEST_PAUSE } = this.#parts;
    const { wait } = this;
    let pause = Math.min(longest, retryAfter ?? 0);
    // Many calls may be under way together: the first one has closed the throttle, and one that is told of a later time prolongs that.
    const isFirst = epoch === this.#epoch;
    if (isFirst) {
      const bound = Math.min(LONGEST_BACKOFF, FIRST_PAUSE * 2 ** this.#streak);
      pause = Math.max(SHORTEST_PAUSE, random.uniform() * bound, pause);
      this.#streak += 1;
    }
    this.close(pause);
    if (pause > wait + (isFirst ? 0 : WORTH_TELLING)) this.#parts.closed(pause);
  }

  /** Closes it for so many milliseconds: a call was told so, here or in another process. */
  close(pause: number): void {
    const { wait } = this;
    if (pause <= wait) return;
    if (wait === 0) {
      this.#epoch += 1;
      this.#window = 1;
      this.#inside = 0;
    }
    this.#closedUntil = this.#parts.clock.monotonic() + pause;
    this.#queue.dismiss(this.#closedUntil);
    this.#admitWaiting();
  }

  get #isOpen(): boolean {
    return this.#window === Number.POSITIVE_INFINITY;
  }

  #admitWaiting(): void {
    // Read once: a pause that ended between two reads would neither admit a call nor wake one.
    const wait = this.wait;
    if (wait === 0) this.#admit();
    else if (this.#queue.length > 0) this.#lookAgainAfter(wait);
  }

  #admit(): void {
    while (this.#inside < this.#window && this.#queue.next(this.#epoch)) this.#inside += 1;
  }

  #lookAgainAfter(wait: number): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    this.#parts.timers.after(wait, () => {
      this.#isWaking = false;
      this.#admitWaiting();
    });
  }
}
