/** As people write numbers: digits, and a fraction if there is one. */
const NUMERAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/**
 * The number of a text that reads as one; everything else as it is, for a schema that checks that it is one. `Number` alone takes more:
 * it reads nothing and spaces as 0, `0x10` as 16 and `1e3` as 1000.
 */
export function numberIn(value: unknown): unknown {
  return typeof value === 'string' && NUMERAL.test(value) ? Number(value) : value;
}
