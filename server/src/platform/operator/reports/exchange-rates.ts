import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  exchange_rates_unreadable: { status: 500, message: 'The file of exchange rates can’t be read.' },
});

/** Worth of a euro in dollars and in a currency, on one day. Decimals as they are published, so that none is rounded. */
export interface Quote {
  /** `2024-06-28` */
  readonly date: string;
  readonly usd_per_eur: string;
  readonly currency_per_eur: string;
}

/** Dated exchange rates from one file. */
export interface ExchangeRates {
  /** The file's name, which figures are shown with. */
  readonly source: string;
  /** The newest day in it. */
  readonly newest: string;
  /** The last rates published on or before a day; undefined: it has none for the currency (`gbp`) that old. */
  on(currency: string, date: string): Quote | undefined;
}

/** Reference rates of the European Central Bank that come with the program: a few days, so that figures can be made at all. */
const BUNDLED = fileURLToPath(new URL('./rates/ecb-eurofxref-hist.csv', import.meta.url));

/**
 * Reads a file in the format in which the European Central Bank publishes its reference rates (eurofxref-hist.csv): a
 * header with `Date` and currency codes, then a line for each day, units of the currency for one euro, `N/A` for none.
 * Throws `exchange_rates_unreadable` with what is wrong with it.
 */
export function readExchangeRates(path: string = BUNDLED): ExchangeRates {
  const [header = [], ...lines] = fieldsOf(path);
  const currencies = header.slice(1).map((name) => name.toLowerCase());
  if (header[0] !== 'Date' || !currencies.includes('usd'))
    throw unreadable(path, 'its header is not "Date,USD,…"');
  const days = lines
    .map((fields) => ({ date: fields[0] ?? '', rates: ratesOf(path, { currencies, fields }) }))
    .sort((a, b) => (a.date < b.date ? 1 : -1));
  const newest = days[0]?.date;
  if (newest === undefined) throw unreadable(path, 'it has no day');
  return {
    source: basename(path),
    newest,
    on(currency, date) {
      for (const { date: published, rates } of days) {
        const usd_per_eur = rates.get('usd');
        const currency_per_eur = currency === 'eur' ? '1' : rates.get(currency);
        if (published <= date && usd_per_eur !== undefined && currency_per_eur !== undefined)
          return { date: published, usd_per_eur, currency_per_eur };
      }
      return undefined;
    },
  };
}

function fieldsOf(path: string): string[][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, 'it can’t be opened', cause);
  }
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((field) => field.trim()));
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** The ECB publishes up to six significant digits; none is 0, and none has an exponent. */
const RATE = /^(?=.*[1-9])\d{1,9}(\.\d{1,9})?$/;

function ratesOf(
  path: string,
  {
    currencies,
    fields: [date = '', ...fields],
  }: { readonly currencies: string[]; readonly fields: string[] },
): ReadonlyMap<string, string> {
  if (!DAY.test(date) || Number.isNaN(Date.parse(date)))
    throw unreadable(path, 'a line does not begin with a day');
  const rates = new Map<string, string>();
  for (const [place, currency] of currencies.entries()) {
    const rate = fields[place] ?? '';
    if (currency === '' || rate === '' || rate === 'N/A') continue;
    if (!RATE.test(rate)) throw unreadable(path, `the rate of ${currency} on ${date} is none`);
    rates.set(currency, rate);
  }
  return rates;
}

function unreadable(path: string, why: string, cause?: unknown): AppError {
  return new AppError('exchange_rates_unreadable', {
    message: `The file of exchange rates ${basename(path)} can't be read: ${why}.`,
    cause,
  });
}

/** ISO 4217: how many decimals the minor unit has, where it isn't two. */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [
      'bif',
      'clp',
      'djf',
      'gnf',
      'isk',
      'jpy',
      'kmf',
      'krw',
      'pyg',
      'rwf',
      'ugx',
      'uyi',
      'vnd',
      'vuv',
      'xaf',
      'xof',
      'xpf',
    ].map((currency) => [currency, 0]),
  ),
  ...Object.fromEntries(['bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd'].map((currency) => [currency, 3])),
};

/**
 * Micro-dollars in minor units of a currency: 1,500,000 are 150 cents. The exact quotient of the published decimals,
 * rounded once, half away from zero.
 */
export function toMinor(micros: number, currency: string, quote: Quote | undefined): number {
  const [cur, curScale] = parseDecimal(quote?.currency_per_eur ?? '1');
  const [usd, usdScale] = parseDecimal(quote?.usd_per_eur ?? '1');
  const minor = 10n ** BigInt(DECIMALS[currency] ?? 2);
  return Number(divideRounded(BigInt(micros) * cur * usdScale * minor, usd * curScale * 1_000_000n));
}

/** `1.0705` as 10705 and 10000. */
function parseDecimal(decimal: string): [value: bigint, scale: bigint] {
  const [whole = '0', part = ''] = decimal.split('.');
  return [BigInt(whole + part), 10n ** BigInt(part.length)];
}

function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return dividend < 0n ? -((-dividend + half) / divisor) : (dividend + half) / divisor;
}
