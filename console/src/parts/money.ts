import { type Language, useTexts } from '../text/index.ts';
import { numberIn } from './number-in.ts';
import type { Column } from './table.tsx';

/** Currencies whose smallest unit is no hundredth, as payment providers count them: ISK and UGX, without cents in Intl, are charged in hundredths. */
const WHOLE = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THOUSANDTHS = 'bhd jod kwd omr tnd'.split(' ');

interface InCurrency {
  readonly currency: string;
}

export interface Money {
  /** Writes minor units: cents, whole yen. */
  minor(amount: number, currency: string): string;
  /** Writes millionths of a currency. */
  millionths(amount: number, currency: string): string;
  /** A column of a table: of minor units, each in its row's currency. */
  column<K extends string>(head: string, amount: K): Column<InCurrency & Readonly<Record<K, number>>>;
}

/** How the present language writes amounts of a currency. */
export function useMoney(): Money {
  const { language } = useTexts();
  return {
    minor: (amount, currency) => moneyText(language, amount, currency),
    column: (head, amount) => ({
      head,
      isFigure: true,
      cell: (row) => moneyText(language, row[amount], row.currency),
    }),
    millionths: (amount, currency) => write(language, amount / 1_000_000, { currency, digits: 6 }),
  };
}

const write = (
  language: Language,
  amount: number,
  { currency, digits }: { readonly currency: string; readonly digits: number },
): string =>
  new Intl.NumberFormat(language, { style: 'currency', currency, maximumFractionDigits: digits }).format(
    amount,
  );

/** An amount in the minor units of a currency: `$19.95`. */
export function moneyText(language: Language, minor: number, currency: string): string {
  const digits = digitsOf(currency);
  return write(language, minor / 10 ** digits, { currency, digits });
}

function digitsOf(currency: string): number {
  const code = currency.toLowerCase();
  return WHOLE.includes(code) ? 0 : THOUSANDTHS.includes(code) ? 3 : 2;
}

/** An amount in minor units as one types it: `19.95`. */
export function typedMoney(language: Language, minor: number, currency: string): string {
  const digits = digitsOf(currency);
  const form = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return new Intl.NumberFormat(language, form).format(minor / 10 ** digits);
}

/** The minor units that a typed amount has; undefined: it is none of this currency. */
export function minorIn(language: Language, typed: string, currency: string): number | undefined {
  const minor = (numberIn(typed, language) ?? Number.NaN) * 10 ** digitsOf(currency);
  const whole = Math.round(minor);
  return Math.abs(minor - whole) < 1e-6 ? whole : undefined;
}

/** Amounts in several currencies, or a dash. */
export const moneyTexts = <Of extends InCurrency>(
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
