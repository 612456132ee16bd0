/** As people write numbers: digits, and a fraction if there is one. */
const NUMERAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/**
 * The number of a text that reads as one; everything else as it is, for a schema that checks that it is one. `Number` alone takes more:
 * it reads nothing and spaces as 0, `0x10` as 16 and `1e3` as 1000.
 */
export function numberIn(value: unknown): unknown {
  return typeof value === 'string' && NUMERAL.test(value) ? Number(value) : value;
}

/** The value of a text that is JSON; undefined: it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value as JSON; undefined: it is nested too deep to be written, as a value that was parsed may be. */
export function jsonOf(value: unknown): string | undefined {
  return unlessTooDeep(() => JSON.stringify(value));
}

/** The result of work that writes JSON; undefined: a value in it is nested too deep. */
export function unlessTooDeep<Result>(write: () => Result): Result | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether a value is an object with fields, as of JSON. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a name is one of the time zone database: `Europe/Berlin`. PostgreSQL has a list of its own, as a rule the same. An offset
 * (`+05:30`) is none: east of Greenwich to Intl, it is west to PostgreSQL, which reads it as POSIX does.
 */
export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
