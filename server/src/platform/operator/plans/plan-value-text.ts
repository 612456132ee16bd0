import { type Catalogue, UNLIMITED } from '#platform/entitlements';
import { amountText, moneyText } from '#platform/kernel';

const PRICES: ReadonlySet<string | undefined> = new Set(['monthly', 'yearly', 'once']);
/** Decimals of a price of one unit, which is in millionths. */
const UNIT_DIGITS = 6;

/** A value of a catalogue as people read it, by its place there: money with its currency, `unlimited`, `none`. */
export function planValueText(
  catalogue: Catalogue | undefined,
  path: readonly string[],
  value: unknown,
): string {
  if (value === null || value === undefined) return 'none';
  if (value === UNLIMITED) return 'unlimited';
  if (typeof value === 'number') return numberText(catalogue, path, value);
  if (Array.isArray(value))
    return `[${value.map((one, index) => planValueText(catalogue, [...path, String(index)], one)).join(', ')}]`;
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, one]) => `${name}: ${planValueText(catalogue, [...path, name], one)}`,
  );
  return `{ ${fields.join(', ')} }`;
}

function numberText(catalogue: Catalogue | undefined, path: readonly string[], value: number): string {
  const [section, , part, ...rest] = path;
  const name = path.at(-1) ?? '';
  const also = rest.indexOf('also');
  const currency = (also === -1 ? undefined : rest[also + 1]) ?? currencyOf(catalogue);
  if (part === 'price' && PRICES.has(name)) return moneyText(value, currency);
  if (part === 'overage') return amountText(value / 1_000_000, currency, UNIT_DIGITS);
  // Models are paid in dollars, in a product of any currency.
  const isCost =
    section === 'features'
      ? part === 'reserve'
      : part === 'grants' && catalogue?.limits[name]?.kind === 'budget';
  return isCost ? amountText(value / 1_000_000, 'usd', UNIT_DIGITS) : String(value);
}

const currencyOf = (catalogue: Catalogue | undefined) =>
  Object.values(catalogue?.plans ?? {})[0]?.price.currency ?? 'usd';
