import type { Clock, Random } from '#platform/kernel';
import { Line, type Patience } from './line.ts';
import type { Timers } from './timers.ts';

/** Milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_BACKOFF = 30_000;
/** However soon a provider invites us back, and however small the jitter is. */
const SHORTEST_PAUSE = 100;
/** A provider that asks for an hour is asked again after a minute: one call shows whether it has room. */
const LONGEST_PAUSE = 60_000;
/** As many calls at once, served after a pause, show that the provider has room again. */
const FULL = 64;

/** A call that the gate let through, by the time of opening in which it did: it must `leave`, exactly once. */
export type GatePass = number;

export interface GateParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** The gate has closed for so many milliseconds. */
  readonly closed: (milliseconds: number) => void;
}

/**
 * The gate of one provider and model. A 429 closes it for as long as the provider asks, or for a backoff that doubles,
 * with full jitter. Then it opens as TCP's slow start does: one call, and one more for each that is served, so that the
 * calls at once double; a thousand jobs that waited do not meet the provider at the same instant again.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #line: Line<GatePass>;
  /** Counts closings: a call that was let through before the last one says nothing about the time after it. */
  #epoch = 0;
  #closedUntil = 0;
  #room = Number.POSITIVE_INFINITY;
  #inside = 0;
  #streak = 0;
  #isWaking = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#line = new Line(parts);
  }

  /** Milliseconds until it opens. */
  get wait(): number {
    return Math.max(0, this.#closedUntil - this.#parts.clock.monotonic());
  }

  /** Lets a call through, where there is room at once and nobody waits. */
  admit(): GatePass | undefined {
    if (this.#isOpen) return this.#epoch;
    if (this.#line.length > 0 || !this.#hasRoom) return undefined;
    this.#inside += 1;
    return this.#epoch;
  }

  /** Waits for room; undefined when there is none in time. */
  queue(patience: Patience): Promise<GatePass | undefined> {
    if (this.#closedUntil > patience.until) return Promise.resolve(undefined);
    const turn = this.#line.wait(patience);
    this.#letIn();
    return turn;
  }

  /** Whether the gate has not closed since the call was let through. */
  holds(pass: GatePass): boolean {
    return pass === this.#epoch;
  }

  /** A call that was let through is over, or has begun to be answered. */
  leave(pass: GatePass, result: 'served' | 'other'): void {
    if (this.#isOpen || pass !== this.#epoch) return;
    this.#inside -= 1;
    if (result === 'served') {
      this.#streak = 0;
      this.#room += 1;
      if (this.#room > FULL) this.#room = Number.POSITIVE_INFINITY;
    }
    this.#letIn();
  }

  /** The provider had no room for a call; `retryAfter` are the milliseconds that it asks to wait. */
  throttled(pass: GatePass, retryAfter: number | undefined): void {
    // Of many that were under way together the first has closed the gate.
    if (pass !== this.#epoch) return;
    const bound = Math.min(LONGEST_BACKOFF, FIRST_PAUSE * 2 ** this.#streak);
    const asked = retryAfter ?? this.#parts.random.uniform() * bound;
    const pause = Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, asked));
    this.#epoch += 1;
    this.#streak += 1;
    this.#room = 1;
    this.#inside = 0;
    this.#closedUntil = this.#parts.clock.monotonic() + pause;
    this.#parts.closed(pause);
    this.#line.dismiss(this.#closedUntil);
    this.#letIn();
  }

  get #isOpen(): boolean {
    return this.#room === Number.POSITIVE_INFINITY;
  }

  get #hasRoom(): boolean {
    return this.wait === 0 && this.#inside < this.#room;
  }

  #letIn(): void {
    while (this.#hasRoom && this.#line.next(this.#epoch)) this.#inside += 1;
    if (this.wait === 0 || this.#line.length === 0 || this.#isWaking) return;
    this.#isWaking = true;
    this.#parts.timers.after(this.wait, () => {
      this.#isWaking = false;
      this.#letIn();
    });
  }
}
