import type { AddOn, Amounts, Currency, Overage, Price } from '#platform/entitlements';
import type { Path } from './document.ts';
import { nameOf, type PlansReader } from './reader.ts';

interface At {
  readonly path: Path;
  /** The product's own. */
  readonly currency: Currency;
}

const CODE = /^[a-z]{3}$/;
const NOTHING: Amounts = { monthly: 0 };

/** A plan's price: `4.99` a month, `free`, or a map of monthly, yearly and other currencies. */
export function readPlanPrice(reader: PlansReader, value: unknown, { path, currency }: At): Price {
  if (value === undefined) {
    reader.fail(path, `${nameOf(path)} is missing: write free, or an amount a month, as 4.99.`);
    return { currency, ...NOTHING };
  }
  const own = amountsOf(reader, value, { path, currency, others: othersOf(value, currency) });
  const also = othersOf(value, currency).map(
    (code) =>
      [
        code,
        amountsOf(reader, (value as object)[code as never], { path: [...path, code], currency: code }),
      ] as const,
  );
  return { currency, ...own, ...(also.length === 0 ? {} : { also: Object.fromEntries(also) }) };
}

/** An add-on's: `2.99`, or a map of once and other currencies. */
export function readAddOnPrice(reader: PlansReader, value: unknown, { path, currency }: At): AddOn['price'] {
  const isMap = typeof value === 'object' && value !== null;
  const of = isMap ? reader.fields(value, path, ['once', ...othersOf(value, currency)]) : { once: value };
  const once = (amount: unknown, code: Currency, place: Path) => ({
    once: reader.minor(amount, place, code) ?? 0,
  });
  const also = othersOf(value, currency).map(
    (code) => [code, once(of[code as 'once'], code, [...path, code])] as const,
  );
  return {
    currency,
    ...once(of['once'], currency, isMap ? [...path, 'once'] : path),
    ...(also.length === 0 ? {} : { also: Object.fromEntries(also) }),
  };
}

/** Prices of units past quotas: `{ calls: 0.01 }`, or by currency `{ calls: { usd: 0.01, eur: 0.009 } }`. */
export function readOverage(reader: PlansReader, value: unknown, { path, currency }: At): Overage[] {
  const limits = reader.map(value, path, { what: 'a map of limits and the price of one unit' }) ?? {};
  return Object.entries(limits).flatMap(([limit, price]) => {
    const place = [...path, limit];
    if (typeof price !== 'object' || price === null) {
      const micros = reader.millionths(price, place);
      return micros === undefined ? [] : [{ limit, micros }];
    }
    const known = Object.entries(price).map(
      ([code, amount]) => [code, reader.millionths(amount, [...place, code])] as const,
    );
    const own = known.find(([code]) => code === currency)?.[1];
    if (own === undefined) {
      reader.fail(place, `${nameOf(place)} has no price in ${currency}, the product's own currency.`);
      return [];
    }
    const also = known.flatMap(([code, amount]) =>
      code === currency || amount === undefined ? [] : [[code, amount] as const],
    );
    return [{ limit, micros: own, ...(also.length === 0 ? {} : { also: Object.fromEntries(also) }) }];
  });
}

/** Currencies beside the product's own that a map of prices names. */
function othersOf(value: unknown, currency: Currency): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).filter((key) => CODE.test(key) && key !== currency);
}

function amountsOf(
  reader: PlansReader,
  value: unknown,
  { path, currency, others = [] }: At & { readonly others?: readonly string[] },
): Amounts {
  if (value === 'free') return NOTHING;
  if (typeof value !== 'object' || value === null)
    return { monthly: reader.minor(value, path, currency) ?? 0 };
  const of = reader.fields(value, path, ['monthly', 'yearly', ...others]);
  const yearly =
    of['yearly'] === undefined ? undefined : reader.minor(of['yearly'], [...path, 'yearly'], currency);
  if (of['monthly'] === undefined) {
    reader.fail(path, `${nameOf(path)} has no "monthly".`);
    return NOTHING;
  }
  return {
    monthly: reader.minor(of['monthly'], [...path, 'monthly'], currency) ?? 0,
    ...(yearly === undefined ? {} : { yearly }),
  };
}
