const TIMED = /^([\da-f]{8})-([\da-f]{4})-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;
/** Milliseconds after a request in which a limit denies it. */
const DENIED_WITHIN = 30_000;
const HOUR = 3_600_000;

/** When an id was made, where it says so: the first 48 bits of a UUIDv7 are its time (RFC 9562, section 5.7). */
export function timeOfId(id: string): string | undefined {
  const [, high = '', low = ''] = TIMED.exec(id) ?? [];
  return high === '' ? undefined : new Date(Number.parseInt(high + low, 16)).toISOString();
}

/** The hours in which denials of a request of that time are counted: one, or two. */
export function hoursOf(at: string): { readonly from: string; readonly until: string } {
  const then = Date.parse(at);
  return {
    from: new Date(then - (then % HOUR)).toISOString(),
    until: new Date(then + DENIED_WITHIN).toISOString(),
  };
}
