import { useTexts } from '../text/index.ts';

/** Currencies whose smallest unit is no hundredth, as payment providers count them: ISK and UGX, without cents in Intl, are charged in hundredths. */
const WHOLE = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THOUSANDTHS = 'bhd jod kwd omr tnd'.split(' ');

export interface Money {
  /** Of minor units: cents, whole yen. */
  minor(amount: number, currency: string): string;
  /** Of millionths of a currency. */
  millionths(amount: number, currency: string): string;
}

/** How the present language writes amounts of a currency. */
export function useMoney(): Money {
  const { language } = useTexts();
  const write = (amount: number, currency: string, digits: number) =>
    new Intl.NumberFormat(language, {
      style: 'currency',
      currency,
      maximumFractionDigits: digits,
    }).format(amount);
  return {
    minor(amount, currency) {
      const digits = WHOLE.includes(currency) ? 0 : THOUSANDTHS.includes(currency) ? 3 : 2;
      return write(amount / 10 ** digits, currency, digits);
    },
    millionths: (amount, currency) => write(amount / 1_000_000, currency, 6),
  };
}
