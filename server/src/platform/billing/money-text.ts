import { minorDigits } from '#platform/kernel';

/** `39.95 USD`, with as many decimals as the currency has. */
export function moneyOf(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency.toUpperCase()}`;
}
