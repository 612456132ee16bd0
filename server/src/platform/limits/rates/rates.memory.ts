import type { Clock } from '#platform/kernel';
import { type RateEntry, type Rates, rateVerdict } from './rates.ts';

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
