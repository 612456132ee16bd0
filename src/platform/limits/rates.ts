/** Something that may happen so often in a minute: `{ key: 'POST /v1/auth/login ip 192.0.2.1', perMinute: 10 }`. */
export interface RateEntry {
  readonly key: string;
  readonly perMinute: number;
}

/** The answer for all entries of one call; the entry that decides is the one with least left. */
export interface RateVerdict {
  readonly allowed: boolean;
  /** The place, among the entries that were given, of the one that decides. */
  readonly entry: number;
  readonly limit: number;
  readonly remaining: number;
  readonly resetsAt: Date;
  /** Whole seconds until then, by the clock that decided. */
  readonly seconds: number;
}

/**
 * Rates leave no row that anybody is charged by: they only say no. All entries of a call are taken together or not
 * at all. A store that fails lets everybody pass: a hiccup of what only slows people down must not lock them out.
 */
export interface Rates {
  /** Undefined when the store could not be asked. */
  take(entries: readonly RateEntry[]): Promise<RateVerdict | undefined>;
  /** Forgets keys that nobody used for an hour; hourly maintenance calls it. Answers how many. */
  sweep(): Promise<number>;
}

/**
 * Asks the second store when the first could not be asked. Each counts for itself: in the minute in which they change
 * places, a caller may get twice its rate.
 */
export function ratesInTurn(first: Rates, second: Rates): Rates {
  return {
    take: async (entries) => (await first.take(entries)) ?? second.take(entries),
    sweep: async () => (await first.sweep()) + (await second.sweep()),
  };
}
