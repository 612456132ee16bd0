import { isRecord } from './errors.ts';

/**
 * A JSON value as RFC 8785 (JCS) writes it: no spaces, names in the order of their UTF-16 units, numbers and texts as
 * ECMAScript writes them. Two documents that say the same are the same bytes. Throws for what JSON has no word for.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isRecord(value)) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${canonicalText(name)}:${canonicalJson(value[name])}`).join(',')}}`;
  }
  if (typeof value === 'string') return canonicalText(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} is no JSON`);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value);
  throw new TypeError(`${typeof value} is no JSON`);
}

function canonicalText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('a lone surrogate is no text');
  return JSON.stringify(text);
}
