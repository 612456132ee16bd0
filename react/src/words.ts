import type { Compared } from './replies.ts';

/** Languages of all texts: these components are in English. */
const LOCALE = 'en';
const FIGURES = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
/** Decimals of currencies whose minor unit, at payment providers, is no hundredth. */
const UNUSUAL_DIGITS: Readonly<Record<string, number>> = Object.fromEntries([
  ...'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ').map((code) => [code, 0]),
  ...'bhd jod kwd omr tnd'.split(' ').map((code) => [code, 3]),
]);

/** An amount of minor units: `$9.90`, `¥500`. */
export function money(minor: number, currency: string): string {
  const digits = UNUSUAL_DIGITS[currency] ?? 2;
  const amount = minor / 10 ** digits;
  return new Intl.NumberFormat(LOCALE, {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: Number.isInteger(amount) ? 0 : digits,
    maximumFractionDigits: digits,
  }).format(amount);
}

/** `storage_bytes` is Storage. */
export function labelOf(name: string): string {
  const words = name.replace(/_(?:bytes|cooldown)$/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function amountOf(size: number, name: string): string {
  if (!name.endsWith('_bytes')) return FIGURES.format(size);
  const power = Math.min(4, Math.floor(Math.log10(Math.max(size, 1)) / 3));
  return `${FIGURES.format(size / 1_000 ** power)} ${['bytes', 'kB', 'MB', 'GB', 'TB'][power] ?? ''}`;
}

/** A day in UTC, as the server has it: the same in a browser and on a server that renders. */
export const dateOf = (instant: string): string =>
  new Intl.DateTimeFormat(LOCALE, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(instant));

/** Limits of a plan in words. Rates protect the server, and budgets are what model calls cost the operator. */
const UNSHOWN = new Set(['budget', 'rate', 'cooldown', 'concurrency', 'burst']);

export function linesOf(plan: string, comparison: readonly Compared[]): string[] {
  return comparison.flatMap(({ name, kind, per, plans }) => {
    const size = plans[plan];
    if (UNSHOWN.has(kind) || size === undefined || size === false || size === 0) return [];
    if (size === true) return [labelOf(name)];
    const amount = size === null ? 'unlimited' : amountOf(size, name);
    return [
      `${labelOf(name)}: ${amount}${size === null || per === null ? '' : ` a ${per.replace('_', ' ')}`}`,
    ];
  });
}
