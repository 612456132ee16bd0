import { readFileSync } from 'node:fs';
import { AppError } from '#platform/kernel';
import { z } from 'zod';

/** At this length the kinds of characters no longer matter. */
const LONG = 14;
const SHORTEST = 8;
/** Argon2 takes any length; a limit keeps a megabyte of password from costing a megabyte of hashing. */
export const LONGEST_PASSWORD = 200;

/**
 * `words`: passwords by themselves and with digits or signs after them. `whole`: passwords as they stand.
 * All in lower case; compared without regard to case and to digits that stand for letters.
 */
const commonSchema = z.strictObject({
  words: z.array(z.string().regex(/^[a-z]+$/)),
  whole: z.array(z.string().regex(/^[\x21-\x40\x5b-\x7e]+$/)),
});
const common = commonSchema.parse(
  JSON.parse(readFileSync(new URL('./common-passwords.json', import.meta.url), 'utf8')),
);
const words: ReadonlySet<string> = new Set(common.words);
const whole: ReadonlySet<string> = new Set(common.whole);

/** What is wrong with a password, as a sentence; undefined when it may be used. */
export function weaknessOf(password: string, email: string): string | undefined {
  const length = Array.from(password).length;
  if (length < SHORTEST) return `A password has at least ${SHORTEST} characters.`;
  if (length > LONGEST_PASSWORD) return `A password has at most ${LONGEST_PASSWORD} characters.`;
  const mixed = /\p{Lu}/u.test(password) && /\p{Ll}/u.test(password) && /\p{Nd}/u.test(password);
  if (!mixed && length < LONG) {
    return `A password has an upper-case letter, a lower-case letter and a digit, or at least ${LONG} characters.`;
  }
  if (isCommon(password)) return 'This password is among the most common ones.';
  if (password.toLowerCase() === email.toLowerCase()) return 'A password is not the email address.';
  return undefined;
}

/** Throws `validation_failed` when a password may not be used, with the field that it stands in. */
export function assertStrong(password: string, email: string, field = 'password'): void {
  const weakness = weaknessOf(password, email);
  if (weakness === undefined) return;
  throw new AppError('validation_failed', {
    message: weakness,
    details: { issues: [{ path: `body.${field}`, message: weakness }] },
  });
}

function isCommon(password: string): boolean {
  const folded = password.toLowerCase();
  const word = asLetters(folded.replace(/[^\p{L}]+$/u, ''));
  if (whole.has(folded) || words.has(word) || words.has(asLetters(folded))) return true;
  // One to three characters over and over: aaaaaaaaaaaaaa, 12312312312312.
  return /^(.{1,3}?)\1+.{0,2}$/u.test(folded);
}

/** `p@ssw0rd` and `password` are one word to whoever guesses. */
function asLetters(text: string): string {
  return text.replace(/[@4301$5!7]/g, (sign) => LETTERS[sign] ?? sign);
}

const LETTERS: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '0': 'o',
  '1': 'i',
  '!': 'i',
  $: 's',
  '5': 's',
  '7': 't',
};
