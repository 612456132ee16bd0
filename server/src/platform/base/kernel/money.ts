/**
 * Integer micro-dollars: 1,000,000 are one US dollar. A JavaScript number holds them exactly up to
 * nine billion dollars, so no float ever comes near money; `bigint` in SQL.
 */
export type Micros = number & { readonly __brand: 'Micros' };

/**
 * Currencies whose smallest unit is not a hundredth, as payment providers count them (Stripe, "Supported currencies":
 * zero-decimal and three-decimal ones). ISO 4217 has a few more without cents (ISK, UGX), which providers charge in hundredths.
 */
export const UNUSUAL_DIGITS: Readonly<Record<string, number>> = Object.fromEntries([
  ...'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ').map((code) => [code, 0]),
  ...'bhd jod kwd omr tnd'.split(' ').map((code) => [code, 3]),
]);

/** How many decimals the minor unit of a currency stands for: 2 of `usd`, 0 of `jpy`, 3 of `kwd`. */
export function minorDigits(currency: string): number {
  return UNUSUAL_DIGITS[currency] ?? 2;
}

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

/** An amount of minor units: `$9.90`, `¥500`. */
export function moneyText(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  return amountText(minor / 10 ** digits, currency, digits);
}

/** An amount of whole units of a currency, with so many decimals at most. */
export function amountText(amount: number, currency: string, mostDigits: number): string {
  const shown = new Intl.NumberFormat('en', {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: Number.isInteger(amount) ? 0 : minorDigits(currency),
    maximumFractionDigits: mostDigits,
  });
  return shown.format(amount);
}
