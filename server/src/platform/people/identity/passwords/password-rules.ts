import { readFileSync } from 'node:fs';
import { invalidInput } from '#platform/kernel';
import { z } from 'zod';
import { createHash } from 'node:crypto';

/** At this length the kinds of characters no longer matter. */
const LONG = 14;
const SHORTEST = 8;
/** Argon2 takes any length; a limit keeps a megabyte of password from costing a megabyte of hashing. */
export const LONGEST_PASSWORD = 200;
/** Shorter words stand in too many good passwords. */
const SHORTEST_WORD = 4;

/** Entries that the published list lacks: words, and passwords as they stand. All in lower case. */
const missedSchema = z.array(z.string().regex(/^[\x21-\x40\x5b-\x7e]+$/));
let known: ReadonlySet<string> | undefined;

/** Both lists, read when the first password is set. */
async function commonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  known ??= new Set([...dictionary['passwords-common'], ...missedPasswords()]);
  return known;
}

function missedPasswords(): readonly string[] {
  const file = new URL('./common-passwords.json', import.meta.url);
  return missedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

export interface PasswordRulesOptions {
  /** Words of this place (its name, its products'), of which a password must not consist. */
  readonly words?: readonly string[];
  /** Where breached passwords are asked for; nowhere when left out. */
  readonly breachesUrl?: string | undefined;
  /** Milliseconds until an answer from there is not waited for any more. */
  readonly breachesDeadline?: number;
}

export interface PasswordRules {
  /** Weakness of a password, as a sentence; undefined when it may be used, breaches apart. */
  weaknessOf(password: string, email: string): Promise<string | undefined>;
  /** Throws `validation_failed` when a password may not be used, with the field that it stands in. */
  assertStrong(password: string, email: string, field?: string): Promise<void>;
}

/** Which passwords may be set: by length, by what others use, by what is near at hand, and by what was seen in breaches. */
export function createPasswordRules(options: PasswordRulesOptions = {}): PasswordRules {
  const words = (options.words ?? []).flatMap(wordsOf);
  const breaches: Breaches | undefined =
    options.breachesUrl === undefined
      ? undefined
      : createBreaches(options.breachesUrl, options.breachesDeadline);

  async function weaknessOf(password: string, email: string): Promise<string | undefined> {
    const length = lengthOf(password);
    if (length < SHORTEST) return `A password has at least ${SHORTEST} characters.`;
    if (length > LONGEST_PASSWORD) return `A password has at most ${LONGEST_PASSWORD} characters.`;
    const mixed = /\p{Lu}/u.test(password) && /\p{Ll}/u.test(password) && /\p{Nd}/u.test(password);
    if (!mixed && length < LONG) {
      return `A password has an upper-case letter, a lower-case letter and a digit, or at least ${LONG} characters.`;
    }
    if (isCommon(password, await commonPasswords())) return 'This password is among the most common ones.';
    if (restOf(password, [asLetters(email.toLowerCase()), ...wordsOf(email), ...words]) < SHORTEST) {
      return 'A password is more than your email address or the name of this service.';
    }
    return undefined;
  }

  return {
    weaknessOf,
    async assertStrong(password, email, field = 'password') {
      const weakness = await weaknessOf(password, email);
      if (weakness !== undefined) throw invalidInput(`body.${field}`, weakness);
      if ((await breaches?.isKnown(password)) === true) {
        throw invalidInput(`body.${field}`, 'This password was seen in a breach of some other service.');
      }
    },
  };
}

/** As people count: an accent that is put together, or an emoji outside the first plane, is one. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function isCommon(password: string, common: ReadonlySet<string>): boolean {
  const folded = password.toLowerCase();
  const word = asLetters(folded.replace(/[^\p{L}]+$/u, ''));
  if (common.has(folded) || (word.length > 2 && common.has(word)) || common.has(asLetters(folded)))
    return true;
  // One to three characters over and over: aaaaaaaaaaaaaa, 12312312312312.
  return /^(.{1,3}?)\1+.{0,2}$/u.test(folded);
}

/** The words of an address or a name that are long enough to matter, as letters. */
function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{Nd}]+/u)
    .map(asLetters)
    .filter((word) => word.length >= SHORTEST_WORD);
}

/** How much of a password there is beside these words. */
function restOf(password: string, words: readonly string[]): number {
  let rest = asLetters(password.toLowerCase());
  for (const word of words.toSorted((a, b) => b.length - a.length)) rest = rest.replaceAll(word, '');
  return lengthOf(rest);
}

/** `p@ssw0rd` and `password` are one word to a guesser. */
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

/** Milliseconds. A registration waits no longer for a service that is not ours. */
const DEADLINE = 1_500;
/** Characters of the hash that are told: some 800 breached passwords share them, so that the service does not learn which was meant. */
const TOLD = 5;
const LONGEST_ANSWER = 1_000_000;

/** Passwords that were seen in breaches, asked for by the first characters of their hash. */
interface Breaches {
  /** False as well where no answer comes in time: a service that is away keeps no one from signing up. */
  isKnown(password: string): Promise<boolean>;
}

/**
 * Speaks the range protocol of Pwned Passwords (https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange): `url`
 * with the first five characters of the password's SHA-1 answers the rest of each hash that begins so, with its count.
 * `deadline`: milliseconds.
 */
function createBreaches(url: string, deadline = DEADLINE): Breaches {
  return {
    async isKnown(password) {
      const hash = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
      try {
        const response = await fetch(`${url}/range/${hash.slice(0, TOLD)}`, {
          // Answers of one length: an eavesdropper learns nothing from it.
          headers: { 'Add-Padding': 'true' },
          redirect: 'error',
          signal: AbortSignal.timeout(deadline),
        });
        if (!response.ok) {
          await response.body?.cancel();
          return false;
        }
        return holds(await response.text(), hash.slice(TOLD));
      } catch {
        return false;
      }
    },
  };
}

/** Lines are `SUFFIX:COUNT`; padding has a count of 0. */
function holds(answer: string, suffix: string): boolean {
  if (answer.length > LONGEST_ANSWER) return false;
  return answer.split('\n').some((line) => {
    const [hash, count] = line.trim().split(':');
    return hash === suffix && Number(count) > 0;
  });
}
