import type { AccountId, Clock } from '#platform/kernel';

export const BREAKER: BreakerSettings = { window: 10_000, minimum: 10, rate: 0.5, open: 5_000 };

/** `probe`: the one call that finds out whether an open breaker may close; `own_probe`: whether it may for this account. */
export type Admittance = 'pass' | 'probe' | 'own_probe' | 'refused';
export type CallResult = 'ok' | 'failed' | 'neutral';

/** Accounts that are remembered at once; of more, those whose first call is longest ago are forgotten. */
const MOST_ACCOUNTS = 1_000;
/** Calls that fail for one account alone may be the account's own doing. */
const FEWEST_ACCOUNTS = 2;

/**
 * The circuit breaker of one provider and model. It opens for everybody when half of the calls failed and half of the accounts that
 * called had most of theirs fail, two accounts at least: the failures of one account count once, however many they are. An account
 * whose own calls fail is kept away alone, so that one that shares the model with no other is spared its time-outs all the same
 * (decisions/0046). A call that is served takes about 100 ns here, three quarters of them the
 * clock; one that fails, 2 µs with a hundred accounts.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  readonly #clock: Clock;
  readonly #changed: (state: BreakerState) => void;
  readonly #everybody: Circuit;
  readonly #accounts = new Map<AccountId, Circuit>();
  #told: BreakerState = 'closed';

  constructor(parts: { settings: BreakerSettings; clock: Clock; changed: (state: BreakerState) => void }) {
    this.#settings = parts.settings;
    this.#clock = parts.clock;
    this.#changed = parts.changed;
    this.#everybody = new Circuit(parts.settings, 0);
  }

  /** As it was last told: of all accounts, or of the only one that calls. */
  get state(): BreakerState {
    return this.#told;
  }

  /** Asks for one call of an account. A call that was not refused must `record` its result, exactly once. */
  admit(account: AccountId): Admittance {
    const own = this.#accounts.get(account);
    // While it is open for everybody no account has anything to its own name.
    if (this.#everybody.state === 'closed' && (own === undefined || own.state === 'closed')) return 'pass';
    const isOwn = this.#everybody.state === 'closed';
    const circuit = isOwn && own !== undefined ? own : this.#everybody;
    const isProbe = circuit.probe(this.#clock.monotonic());
    this.#tell();
    if (!isProbe) return 'refused';
    return isOwn ? 'own_probe' : 'probe';
  }

  /** Milliseconds until a refused call of an account may be tried again. */
  wait(account: AccountId): number {
    const own = this.#everybody.state === 'closed' ? this.#accounts.get(account) : undefined;
    return (own ?? this.#everybody).wait(this.#clock.monotonic());
  }

  /**
   * `neutral` is a call that says nothing about the provider's health: its caller brought the end about, by what was asked for, by
   * its own limits of size and time, or by going away.
   */
  record(account: AccountId, admittance: Admittance, result: CallResult): void {
    if (admittance === 'probe') this.#probed(result);
    else if (admittance === 'own_probe') this.#probedAlone(account, result);
    else if (admittance === 'pass' && result !== 'neutral' && this.#everybody.state === 'closed') {
      this.#count(account, result === 'failed');
    }
  }

  /** The provider broke a stream off that had begun, and was recorded as `ok` then. */
  broke(account: AccountId): void {
    if (this.#everybody.state !== 'closed') return;
    const now = this.#clock.monotonic();
    const own = this.#circuitOf(account, now);
    own.broke();
    this.#failed(own, now);
  }

  #probed(result: CallResult): void {
    if (result === 'neutral') return this.#everybody.unsaid();
    if (result === 'ok') this.#everybody.close();
    else this.#everybody.trip(this.#clock.monotonic());
    this.#tell();
  }

  #probedAlone(account: AccountId, result: CallResult): void {
    const own = this.#accounts.get(account);
    if (own === undefined || own.state !== 'half_open') return;
    if (result === 'neutral') return own.unsaid();
    if (result === 'ok') this.#accounts.delete(account);
    else own.trip(this.#clock.monotonic());
    this.#tell();
  }

  #count(account: AccountId, failed: boolean): void {
    const now = this.#clock.monotonic();
    const own = this.#circuitOf(account, now);
    own.count(failed);
    if (failed) this.#failed(own, now);
    // Another account that calls shows that the model works, or that it doesn't.
    if (this.#told !== 'closed') this.#tell();
  }

  #failed(own: Circuit, now: number): void {
    if (this.#isDown(now)) {
      this.#everybody.trip(now);
      this.#accounts.clear();
    } else if (own.state === 'closed' && own.calls >= this.#settings.minimum && own.isFailing) own.trip(now);
    else return;
    this.#tell();
  }

  #circuitOf(account: AccountId, now: number): Circuit {
    const own = this.#accounts.get(account);
    if (own !== undefined && !own.isPast(now)) return own;
    this.#accounts.delete(account);
    if (this.#accounts.size >= MOST_ACCOUNTS) this.#forget(now);
    const made = new Circuit(this.#settings, now);
    this.#accounts.set(account, made);
    return made;
  }

  #isDown(now: number): boolean {
    const { minimum, rate } = this.#settings;
    let [accounts, failing, calls, failures] = [0, 0, 0, 0];
    for (const circuit of this.#accounts.values()) {
      if (circuit.isPast(now)) continue;
      accounts += 1;
      failing += circuit.isFailing ? 1 : 0;
      calls += circuit.calls;
      failures += circuit.failures;
    }
    return (
      failing >= FEWEST_ACCOUNTS && failing >= accounts * rate && calls >= minimum && failures >= calls * rate
    );
  }

  /** Makes room: those that the window has left behind, else the first one. */
  #forget(now: number): void {
    for (const [account, circuit] of this.#accounts) if (circuit.isPast(now)) this.#accounts.delete(account);
    if (this.#accounts.size < MOST_ACCOUNTS) return;
    const [first] = this.#accounts.keys();
    if (first !== undefined) this.#accounts.delete(first);
  }

  /** The reported state of the model: its state for all accounts, or for the only account that calls. */
  #tell(): void {
    const state = this.#everybody.state === 'closed' ? this.#ofTheOnlyOne() : this.#everybody.state;
    if (state === this.#told) return;
    this.#told = state;
    this.#changed(state);
  }

  #ofTheOnlyOne(): BreakerState {
    const now = this.#clock.monotonic();
    const present = [...this.#accounts.values()].filter((circuit) => !circuit.isPast(now));
    return present.length === 1 ? (present[0]?.state ?? 'closed') : 'closed';
  }
}

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
