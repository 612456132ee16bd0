import type { Clock } from '#platform/kernel';

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerSettings {
  /** How far back errors count, in milliseconds. */
  readonly window: number;
  /** Fewer calls than this in the window never open it. */
  readonly minimum: number;
  /** The share of failed calls in the window that opens it. */
  readonly rate: number;
  /** How long it stays open before it lets one probe through, in milliseconds. */
  readonly open: number;
}

export const BREAKER: BreakerSettings = { window: 10_000, minimum: 10, rate: 0.5, open: 5_000 };

/** `probe`: the one call that finds out whether an open breaker may close. */
export type Admittance = 'pass' | 'probe' | 'refused';
export type CallResult = 'ok' | 'failed' | 'neutral';

const SLICES = 10;

/**
 * The circuit breaker of one provider and model. Ten slices of a sliding window, two counters each: about 60 ns a
 * call, where a library's wrapper promise and its error classes cost microseconds on the path of every call.
 */
export class Breaker {
  state: BreakerState = 'closed';
  readonly #settings: BreakerSettings;
  readonly #clock: Clock;
  readonly #changed: (state: BreakerState) => void;
  readonly #calls = new Uint32Array(SLICES);
  readonly #failures = new Uint32Array(SLICES);
  #slice = 0;
  #reopens = 0;
  #probing = false;

  constructor(parts: { settings: BreakerSettings; clock: Clock; changed: (state: BreakerState) => void }) {
    this.#settings = parts.settings;
    this.#clock = parts.clock;
    this.#changed = parts.changed;
  }

  /** Asks for one call. Whoever was not refused must `record` how it went, exactly once. */
  admit(): Admittance {
    if (this.state === 'closed') return 'pass';
    if (this.state === 'open' && this.#clock.monotonic() >= this.#reopens) this.#become('half_open');
    if (this.state === 'open' || this.#probing) return 'refused';
    this.#probing = true;
    return 'probe';
  }

  /** Milliseconds until a refused call may be tried again. */
  get wait(): number {
    return Math.max(0, this.#reopens - this.#clock.monotonic());
  }

  /** `neutral` is a call that says nothing about the provider's health: the client's own fault, or a hang-up. */
  record(admittance: Admittance, result: CallResult): void {
    if (admittance === 'probe') this.#probed(result);
    else if (this.state === 'closed' && result !== 'neutral') this.#count(result === 'failed');
  }

  #probed(result: CallResult): void {
    this.#probing = false;
    if (result === 'ok') this.#become('closed');
    if (result === 'failed') this.#trip();
  }

  #count(failed: boolean): void {
    this.#turn();
    const at = this.#slice % SLICES;
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    if (!failed) return;
    this.#failures[at] = (this.#failures[at] ?? 0) + 1;
    const calls = sum(this.#calls);
    if (calls >= this.#settings.minimum && sum(this.#failures) >= calls * this.#settings.rate) this.#trip();
  }

  /** Forgets the slices that the window has left behind. */
  #turn(): void {
    const current = Math.floor(this.#clock.monotonic() / (this.#settings.window / SLICES));
    const passed = Math.min(current - this.#slice, SLICES);
    for (let step = 0; step < passed; step += 1) {
      this.#calls[(current - step) % SLICES] = 0;
      this.#failures[(current - step) % SLICES] = 0;
    }
    this.#slice = current;
  }

  #trip(): void {
    this.#reopens = this.#clock.monotonic() + this.#settings.open;
    this.#become('open');
  }

  #become(state: BreakerState): void {
    this.state = state;
    if (state === 'closed') {
      this.#calls.fill(0);
      this.#failures.fill(0);
    }
    this.#changed(state);
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
