export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerSettings {
  /** How far back calls count, in milliseconds. An account's begin with its first call. */
  readonly window: number;
  /** Fewer calls than this in the window never open it. */
  readonly minimum: number;
  /** The share of failed calls, and of accounts whose calls fail, that opens it. */
  readonly rate: number;
  /** How long it stays open before it lets one probe through, in milliseconds. */
  readonly open: number;
}

/** The calls of one account in a window, or of everybody, and whether they are let through. */
export class Circuit {
  state: BreakerState = 'closed';
  calls = 0;
  failures = 0;
  readonly #settings: BreakerSettings;
  readonly #ends: number;
  #reopens = 0;
  #probing = false;

  /** `now` is monotonic time, in milliseconds, here and below. */
  constructor(settings: BreakerSettings, now: number) {
    this.#settings = settings;
    this.#ends = now + settings.window;
  }

  get isFailing(): boolean {
    return this.failures > 0 && this.failures >= this.calls * this.#settings.rate;
  }

  /** Whether its window is over; of one that was opened, also the one after its probe was due. */
  isPast(now: number): boolean {
    return now >= this.#ends && (this.state === 'closed' || now >= this.#reopens + this.#settings.window);
  }

  count(failed: boolean): void {
    this.calls += 1;
    if (failed) this.failures += 1;
  }

  /** A call that was counted as served failed after all. */
  broke(): void {
    this.failures += 1;
    this.calls = Math.max(this.calls, this.failures);
  }

  /** Asks an open circuit for its one probe. */
  probe(now: number): boolean {
    if (this.#probing || now < this.#reopens) return false;
    this.state = 'half_open';
    this.#probing = true;
    return true;
  }

  /** The probe said nothing; the next one may. */
  unsaid(): void {
    this.#probing = false;
  }

  trip(now: number): void {
    this.#probing = false;
    this.#reopens = now + this.#settings.open;
    this.state = 'open';
  }

  close(): void {
    this.#probing = false;
    this.state = 'closed';
  }

  wait(now: number): number {
    return Math.max(0, this.#reopens - now);
  }
}
