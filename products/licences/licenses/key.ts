import { AppError, type Random } from 'plinth/product';

/** Crockford's base 32: no I, L, O and U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PREFIX = 'CODITECT';
/** 95 random bits, five a character. */
const RANDOM_CHARACTERS = 19;
const CHARACTERS = RANDOM_CHARACTERS + 1;
const GROUP = 4;
/** With a blank in place of each hyphen, and some that a mail put in. */
const LONGEST = 80;

/** A key, as a user may have typed it, also as it is written in an address: in no log and no audit. */
export const KEY_SHAPE =
  /c[o0]d[i1l]tect(?:(?:[\s\u2010-\u2015_+-]|%(?:20|2d|5f|0[9a-d]|c2%a0|e2%80%[89a][\da-f])){0,3}[0-9a-z]{4}){5}/i;

/** The field of 32 elements, modulo x^5 + x^2 + 1, in which 2 generates all others: exponents and their logarithms. */
const EXPONENTS = powersOfTwo();
const LOGARITHMS = new Map(EXPONENTS.map((value, exponent) => [value, exponent]));

function powersOfTwo(): number[] {
  let value = 1;
  return Array.from({ length: 31 }, () => {
    const present = value;
    value <<= 1;
    if (value > 31) value ^= 0b100101;
    return present;
  });
}

/** 2^exponent · value. */
function multiplyByPower(value: number, exponent: number): number {
  const logarithm = LOGARITHMS.get(value);
  return logarithm === undefined ? 0 : (EXPONENTS[(logarithm + exponent) % 31] ?? 0);
}

/**
 * The sum over all characters, each with a weight of its own: 0 for a key without a typing error. It differs for every key in
 * which one character is another, and for every one in which any two different characters changed places;
 * of all other errors it misses one in 32. (A weighted sum modulo 32 would miss every second transposition.)
 */
function syndrome(values: readonly number[]): number {
  return values.reduce((sum, value, place) => sum ^ multiplyByPower(value, place), 0);
}

/** A key as it is typed into a program, in capitals with hyphens: `CODITECT-XXXX-XXXX-XXXX-XXXX-XXXX`. */
export function newKey(random: Random): string {
  // Five bits of each byte: uniform, since 256 is a multiple of 32.
  const values = [...random.bytes(RANDOM_CHARACTERS)].map((byte) => byte & 31);
  return shownKey([...values, checkOf(values)]);
}

/** The value at the last place that makes the sum 0. */
function checkOf(values: readonly number[]): number {
  return multiplyByPower(syndrome(values), 31 - (RANDOM_CHARACTERS % 31));
}

function shownKey(values: readonly number[]): string {
  const text = values.map((value) => ALPHABET[value] ?? '').join('');
  return [PREFIX, ...(text.match(new RegExp(`.{${GROUP}}`, 'g')) ?? [])].join('-');
}

/**
 * The key that a user typed, in the form in which it was given out: in any case, with or without hyphens and blanks, and with the
 * letters that Crockford leaves out read as what they look like. Throws `license_key_malformed` for what no key is, without
 * looking anything up.
 */
export function normalKey(typed: string): string {
  const text = typed.length > LONGEST ? '' : normalizeKey(typed);
  const prefix = normalizeKey(PREFIX);
  const values = valuesOf(text.slice(prefix.length));
  if (!text.startsWith(prefix) || values.length !== CHARACTERS || values.includes(-1))
    throw malformedKeyError();
  if (syndrome(values) !== 0) throw malformedKeyError();
  return shownKey(values);
}

const valuesOf = (text: string): number[] => text.split('').map((character) => ALPHABET.indexOf(character));

function normalizeKey(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[\s\u2010-\u2015_-]/g, '')
    .replaceAll(/[IL]/g, '1')
    .replaceAll('O', '0')
    .replaceAll('U', 'V');
}

function malformedKeyError(): AppError {
  return new AppError('license_key_malformed');
}

/**
 * The part of a key that a user has, as they typed it: all of it; or of its end so much that it can be looked for. Of more than four characters
 * the last one is the check character; four are the hint of a list, or the last group of a key. Throws `license_key_malformed`.
 */
export function fragmentOf(typed: string): { readonly key: string } | { readonly tails: readonly string[] } {
  const text = typed.length > LONGEST ? '' : normalizeKey(typed);
  if (text.length >= CHARACTERS) return { key: normalKey(typed) };
  if (text.length < GROUP || text.split('').some((character) => !ALPHABET.includes(character)))
    throw malformedKeyError();
  if (text.length > GROUP) return { tails: [text.slice(-GROUP - 1, -1)] };
  const before = ALPHABET.split('').map((character) => character + text.slice(0, -1));
  return { tails: [text, ...before] };
}

/** The part of a text that may be looked for as a key, or as its end behind the prefix or in groups; undefined: it is neither. */
export function partOfKey(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const isGroups = /^[0-9a-z]{4}(?:-[0-9a-z]{4})+$/i.test(text);
  const typed = normalizeKey(text);
  const rest = typed.startsWith(normalizeKey(PREFIX)) ? typed.slice(PREFIX.length) : isGroups ? typed : '';
  const values = valuesOf(rest);
  if (rest.length < GROUP || rest.length > CHARACTERS || values.includes(-1)) return undefined;
  if (rest.length < CHARACTERS) return rest;
  return syndrome(values) === 0 ? PREFIX + rest : undefined;
}

/** The last characters before the check character, for lists and searches. */
export function tailOf(key: string): string {
  return key.replaceAll('-', '').slice(-GROUP - 1, -1);
}
