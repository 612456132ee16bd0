import type { Clock } from '#platform/kernel';

/**
 * A value from elsewhere, kept for so many milliseconds. `read(young)` reads it anew when it is older than that. Of many who
 * ask at once one reads, and what failed is not kept.
 */
export function cachedFor<Value>(milliseconds: number, clock: Clock, read: () => Promise<Value>) {
  let kept: { readonly value: Promise<Value>; readonly at: number } | undefined;
  return (oldest = milliseconds): Promise<Value> => {
    if (kept !== undefined && clock.monotonic() < kept.at + oldest) return kept.value;
    const reading = { value: read(), at: clock.monotonic() };
    kept = reading;
    reading.value.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.value;
  };
}
