import type { Language } from '../text/index.ts';

/** An amount in the minor units of a currency: `$19.95`. */
export function moneyText(language: Language, minor: number, currency: string): string {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** Amounts in several currencies, or a dash. */
export const moneyTexts = <Of extends { readonly currency: string }>(
  language: Language,
  of: readonly Of[],
  minor: (one: Of) => number | null,
): string =>
  of
    .flatMap((one) => {
      const amount = minor(one);
      return amount === null || amount === 0 ? [] : [moneyText(language, amount, one.currency)];
    })
    .join(' + ') || '–';
