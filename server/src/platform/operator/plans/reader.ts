import { nearestOf } from '#platform/config';
import { micros, type Micros, minorDigits } from '#platform/kernel';
import { UNLIMITED } from '#platform/entitlements';
import type { ParsedDocument, Path, PlanProblem } from './document.ts';

export type Entries = Readonly<Record<string, unknown>>;

/** Reads values of a plans file, and collects what is wrong with them; a value that is wrong reads as undefined. */
export class PlansReader {
  readonly problems: PlanProblem[] = [];
  readonly #document: ParsedDocument;

  constructor(document: ParsedDocument) {
    this.#document = document;
    this.problems.push(...document.problems);
  }

  fail(path: Path, says: string): undefined {
    this.problems.push({ ...this.#document.placeOf(path), at: path, says });
    return undefined;
  }

  /** A map; undefined where there is none, which is a mistake if it is needed. */
  map(value: unknown, path: Path, { needed = false, what = 'a map of names' } = {}): Entries | undefined {
    if (value === undefined && !needed) return undefined;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Entries;
    return this.fail(path, `${nameOf(path)} must be ${what}.`);
  }

  /** The same, of known names alone. */
  fields(value: unknown, path: Path, known: readonly string[]): Entries {
    const map = this.map(value, path, { needed: true, what: `a map of ${known.join(', ')}` }) ?? {};
    for (const key of Object.keys(map)) {
      if (known.includes(key)) continue;
      const nearest = nearestOf(key, known);
      const meant = nearest === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${nearest}?`;
      this.fail([...path, key], `${nameOf(path)} has no "${key}". ${meant}`);
    }
    return map;
  }

  text(value: unknown, path: Path, otherwise: string): string {
    if (value === undefined) return otherwise;
    if (typeof value === 'string' && value.trim() !== '' && value.length <= 100) return value;
    this.fail(path, `${nameOf(path)} must be a text of 1 to 100 characters.`);
    return otherwise;
  }

  choice<Word extends string>(
    value: unknown,
    path: Path,
    { of, otherwise }: { readonly of: readonly Word[]; readonly otherwise?: Word },
  ): Word | undefined {
    if (value === undefined && otherwise !== undefined) return otherwise;
    const word = of.find((one) => one === value);
    return (
      word ?? this.fail(path, `${nameOf(path)} must be ${of.join(', ').replace(/, ([^,]+)$/, ' or $1')}.`)
    );
  }

  names(value: unknown, path: Path): string[] {
    if (value === undefined) return [];
    const list = typeof value === 'string' ? [value] : value;
    if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list;
    this.fail(path, `${nameOf(path)} must be a list of names, as [calls, cost].`);
    return [];
  }

  whole(value: unknown, path: Path, least = 0): number | undefined {
    const number = wholeNumberOf(value);
    if (number !== undefined && number >= least) return number;
    return this.fail(path, `${nameOf(path)} must be a whole number from ${least} up.`);
  }

  /** The size of a limit: units, or dollars where it is a budget. */
  size(value: unknown, path: Path, isMoney: boolean): number | undefined {
    if (value === 'unlimited') return UNLIMITED;
    if (isMoney) return this.dollars(value, path);
    if (typeof value === 'string' && value.startsWith('$'))
      return this.fail(path, `${nameOf(path)} counts units and not money: leave out the $.`);
    const number = wholeNumberOf(value);
    if (number !== undefined && number >= 0) return number;
    return this.fail(path, `${nameOf(path)} must be a whole number from 0 up, or unlimited.`);
  }

  /** Dollars with their sign, as `$0.50`: a bare number would be read as units. */
  dollars(value: unknown, path: Path): Micros | undefined {
    const [, amount] = /^\$(.+)$/.exec(typeof value === 'string' ? value : '') ?? [];
    const number = decimalOf(amount, 6);
    return number === undefined
      ? this.fail(path, `${nameOf(path)} is money: write dollars with at most six decimals, as $0.50.`)
      : micros(number);
  }

  /** An amount in the smallest units of a currency: 499 of 4.99 USD. */
  minor(value: unknown, path: Path, currency: string): number | undefined {
    const digits = minorDigits(currency);
    const text = currency === 'usd' ? String(value).replace(/^\$/, '') : String(value);
    const amount =
      typeof value === 'number' || typeof value === 'string' ? decimalOf(text, digits) : undefined;
    const example = digits === 0 ? '500' : `4.${'99'.padEnd(digits, '0')}`;
    return (
      amount ??
      this.fail(
        path,
        `${nameOf(path)} must be an amount in ${currency.toUpperCase()} with at most ${digits} decimals, as ${example}.`,
      )
    );
  }

  /** A price of less than a cent perhaps, in millionths of a currency. */
  millionths(value: unknown, path: Path): Micros | undefined {
    const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
    const amount = decimalOf(text.replace(/^\$/, ''), 6);
    return amount === undefined || amount === 0
      ? this.fail(path, `${nameOf(path)} must be the price of one unit, with at most six decimals, as 0.01.`)
      : micros(amount);
  }
}

/** A decimal number as a whole one of so many digits more; undefined: it is none, or has more digits. */
function decimalOf(text: string | undefined, digits: number): number | undefined {
  const [, whole, part = ''] = /^(\d{1,9})(?:\.(\d+))?$/.exec(text?.replaceAll('_', '') ?? '') ?? [];
  if (whole === undefined || part.length > digits) return undefined;
  return Number(whole + part.padEnd(digits, '0'));
}

/** A whole number, also as text with its digits in groups: `1_000`. */
function wholeNumberOf(value: unknown): number | undefined {
  const digits = typeof value === 'string' ? value.replaceAll('_', '') : value;
  const number = typeof digits === 'string' && /^\d+$/.test(digits) ? Number(digits) : digits;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** `plans > pro > price`: the place of a value without the product, which the line says. */
export function nameOf(path: Path): string {
  const [top, , ...rest] = path;
  return rest.length === 0
    ? String(path.at(-1) ?? 'The file')
    : top === 'products'
      ? rest.join(' > ')
      : path.join(' > ');
}
