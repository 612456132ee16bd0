/**
 * Integer micro-dollars: 1,000,000 are one US dollar. A JavaScript number holds them exactly up to
 * nine billion dollars, so no float ever comes near money; `bigint` in SQL.
 */
export type Micros = number & { readonly __brand: 'Micros' };

/** Checks that a number is whole, safe and not negative. */
export function micros(value: number): Micros {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`not a whole amount of micro-dollars: ${value}`);
  return value as Micros;
}

/** Dollars with at most six decimals, written as a string so that no float is involved: `usd('0.50')`. */
export function usd(amount: string): Micros {
  const match = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(amount);
  if (match === null) throw new RangeError(`not an amount in dollars: ${amount}`);
  return micros(Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0')));
}
