import type { Clock } from '#platform/kernel';

/** Something that may happen so often in a minute: `{ key: 'POST /v1/auth/login ip 192.0.2.1', perMinute: 10 }`. */
export interface RateEntry {
  readonly key: string;
  readonly perMinute: number;
}

/** The answer for all entries of one call; the entry that decides is the one with least left. */
export interface RateVerdict {
  readonly allowed: boolean;
  /** The index of the entry that decides. */
  readonly entry: number;
  readonly limit: number;
  /**
   * The rest of the minute as far as this process knows: its own lease, and what the store had left when it was last asked. Other
   * processes may have taken of that since, and may give back what they hold: a refusal is the store's word alone.
   */
  readonly remaining: number;
  readonly resetsAt: Date;
  /** Whole seconds until then, by the clock that decided. */
  readonly seconds: number;
}

/**
 * Rates charge nothing: they only refuse. All entries of a call are taken together or not
 * at all. If the store fails, all callers pass: a failure of mere throttling must not lock them out.
 */
export interface Rates {
  /** Undefined when the store could not be asked. */
  take(entries: readonly RateEntry[]): Promise<RateVerdict | undefined>;
  /** Deletes keys that were not used for an hour; hourly maintenance calls it. Answers how many. */
  sweep(): Promise<number>;
  /** Forgets all that was counted here. */
  forget(): void;
  /** Gives back what was taken of the store and not used. */
  close(): Promise<void>;
}

/** How one entry stands in its minute. */
export interface RateState {
  /** Before the call takes its own; nothing: the entry refuses. */
  readonly left: number;
  /** When the minute is over by the clock that counts, in milliseconds since 1970. It names the minute. */
  readonly endsAt: number;
  /** Until then, by the same clock. */
  readonly milliseconds: number;
}

/** Among those that allow, the one with least left decides; among those that refuse, the last to reset. */
export function rateVerdict(entries: readonly RateEntry[], states: readonly RateState[]): RateVerdict {
  let [entry, decides] = [0, states[0]];
  for (let at = 1; at < states.length; at += 1) {
    const state = states[at];
    if (state !== undefined && decides !== undefined && goesBefore(state, decides))
      [entry, decides] = [at, state];
  }
  const { left = 0, endsAt = 0, milliseconds = 0 } = decides ?? {};
  return {
    allowed: left > 0,
    entry,
    limit: entries[entry]?.perMinute ?? 0,
    remaining: Math.max(0, left - 1),
    resetsAt: new Date(endsAt),
    seconds: Math.max(1, Math.ceil(milliseconds / 1_000)),
  };
}

function goesBefore(one: RateState, other: RateState): boolean {
  if (one.left > 0 || other.left > 0) return one.left < other.left && other.left > 0;
  return one.milliseconds > other.milliseconds;
}

/**
 * Asks the second store when the first could not be asked. Each counts for itself: in the minute in which they change
 * places, a caller may get twice its rate.
 */
export function ratesInTurn(first: Rates, second: Rates): Rates {
  return {
    take: async (entries) => (await first.take(entries)) ?? second.take(entries),
    sweep: async () => (await first.sweep()) + (await second.sweep()),
    forget() {
      first.forget();
      second.forget();
    },
    close: async () => void (await Promise.all([first.close(), second.close()])),
  };
}

const MINUTE = 60_000;

interface Counted {
  startedAt: number;
  used: number;
}

/**
 * Rates of the only process there is: a lock on the data folder says so. The minutes of the stores, on the clock that never jumps,
 * in memory. A restart forgets them.
 */
export function createMemoryRates(clock: Clock): Rates {
  const counted = new Map<string, Counted>();
  let sweptAt = clock.monotonic();

  function minuteOf(key: string, now: number): Counted {
    const known = counted.get(key);
    if (known !== undefined && now - known.startedAt < MINUTE) return known;
    const begun = { startedAt: now, used: 0 };
    counted.set(key, begun);
    return begun;
  }

  /** A key is an address or typed text: expired keys are deleted within a minute, or a flood of them would fill the memory. */
  function sweep(now: number): number {
    const before = counted.size;
    for (const [key, { startedAt }] of counted) if (now - startedAt >= MINUTE) counted.delete(key);
    sweptAt = now;
    return before - counted.size;
  }

  function take(entries: readonly RateEntry[]) {
    const now = clock.monotonic();
    if (now - sweptAt >= MINUTE) sweep(now);
    const minutes = entries.map(({ key }) => minuteOf(key, now));
    const wall = clock.now();
    const states = minutes.map(({ startedAt, used }, at) => {
      const milliseconds = MINUTE - (now - startedAt);
      return { left: (entries[at]?.perMinute ?? 0) - used, endsAt: wall + milliseconds, milliseconds };
    });
    const verdict = rateVerdict(entries, states);
    if (verdict.allowed) for (const minute of minutes) minute.used += 1;
    return verdict;
  }

  return {
    take: (entries) => Promise.resolve(entries.length === 0 ? undefined : take(entries)),
    sweep: () => Promise.resolve(sweep(clock.monotonic())),
    forget: () => counted.clear(),
    close: () => Promise.resolve(),
  };
}
