import { minorUnits } from '../world/currencies.ts';
import type { Price } from '../world/index.ts';

/** `$10.00`, of 1000 minor units. */
export function money(minor: number, currency: string): string {
  return new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(minor / minorUnits(currency));
}

/** `$10.00 a month`. */
export function priceInWords(price: Price): string {
  const each = money(price.unit_amount ?? Number(price.unit_amount_decimal ?? 0), price.currency);
  const { recurring } = price;
  if (recurring === null) return each;
  if (recurring.usage_type === 'metered') return `${each} for each unit used`;
  return recurring.interval_count === 1
    ? `${each} a ${recurring.interval}`
    : `${each} every ${recurring.interval_count} ${recurring.interval}s`;
}

/** `20 November 2026`. */
export function day(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}
