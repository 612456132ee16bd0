import { lettersOf, plainLetter } from './letters.ts';
import type { Exposure, Passage } from './secrets.ts';
import { FARTHEST, Watch } from './watch.ts';

/** Kinds of characters that are no letter of an alphabet. */
const ENDS = -1;
const BORDER = -2;
const NOTHING = -3;

/** A way to write bytes in letters: the value of each character below 0x80, and how many bits that is. */
interface Alphabet {
  readonly name: 'base64' | 'hex';
  readonly bits: 4 | 6;
  readonly values: Int8Array;
  /** How many places of a text may be the first of its code. */
  readonly alignments: number;
}

const LETTER = /[\p{L}\p{N}]/u;

/**
 * An alphabet by its letters in the order of their values. A border stands before the next code, with nothing of the code before it: `=` ends
 * one, `0x` begins one. A code is broken into lines, spaced out, put into quotes: only a letter of no code ends it.
 */
function makeAlphabet(
  name: Alphabet['name'],
  letters: string,
  { bits, alignments, border }: Pick<Alphabet, 'bits' | 'alignments'> & { readonly border: string },
): Alphabet {
  const values = Int8Array.from({ length: 0x80 }, (_, code) => {
    const character = String.fromCharCode(code);
    if (border.includes(character)) return BORDER;
    const value = letters.indexOf(character);
    if (value >= 0) return value % (1 << bits);
    return LETTER.test(character) ? ENDS : NOTHING;
  });
  return { name, bits, values, alignments };
}

/** Two alphabets, for in a list of lines the sign of the one is what stands between the codes of the other. */
const base64 = (last: '+/' | '-_'): Alphabet =>
  makeAlphabet('base64', `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${last}`, {
    bits: 6,
    alignments: 4,
    border: '=',
  });

const HEX = makeAlphabet('hex', '0123456789abcdef0123456789ABCDEF', { bits: 4, alignments: 2, border: 'xX' });

export const ALPHABETS = [base64('+/'), base64('-_'), HEX] as const;

/**
 * Reads a reply as if it were written in an alphabet, from one alignment on, and watches what that says. Most of what is read
 * so is no text: it is forgotten at the first byte that UTF-8 does not allow, so that little of an ordinary reply has to wait.
 */
export class DecodedWatch {
  readonly name: Alphabet['name'];
  readonly #alphabet: Alphabet;
  readonly #alignment: number;
  readonly #watch: Watch;
  #skip: number;
  #bits = 0;
  #value = 0;
  /** For a character that takes several bytes: how many are missing, and what it is so far. */
  #missing = 0;
  #point = 0;
  #lastPlace = 0;
  /** Where the last letter of the alphabet stands. */
  #readAt = 0;

  constructor(exposure: Exposure, alphabet: Alphabet, alignment: number) {
    this.name = alphabet.name;
    this.#alphabet = alphabet;
    this.#alignment = alignment;
    this.#skip = alignment;
    this.#watch = new Watch(exposure);
  }

  take(code: number, position: number): Passage | undefined {
    const value = (code < 0x80 ? this.#alphabet.values[code] : undefined) ?? classOf(code);
    if (value === NOTHING) return undefined;
    if (position - this.#readAt > FARTHEST) this.#begin();
    if (value < 0) {
      if (value === BORDER) this.#next();
      else this.#begin();
      return undefined;
    }
    this.#readAt = position;
    if (this.#skip > 0) {
      this.#skip -= 1;
      return undefined;
    }
    if (this.#bits === 0) this.#lastPlace = position;
    this.#value = ((this.#value << this.#alphabet.bits) | value) & 0xffff;
    this.#bits += this.#alphabet.bits;
    if (this.#bits < 8) return undefined;
    this.#bits -= 8;
    const byte = (this.#value >> this.#bits) & 0xff;
    const from = this.#lastPlace;
    this.#lastPlace = position;
    return this.#byte(byte, from);
  }

  from(end: number): number | undefined {
    return this.#watch.from(end);
  }

  get begin(): number {
    return this.#watch.begin;
  }

  takeBack(): void {
    this.#watch.takeBack();
  }

  /** Another code begins: what it says goes on with what was said. */
  #next(): void {
    this.#skip = 0;
    this.#bits = 0;
    this.#missing = 0;
  }

  #begin(): void {
    this.#skip = this.#alignment;
    this.#bits = 0;
    this.#missing = 0;
    this.#watch.forget();
  }

  #byte(byte: number, position: number): Passage | undefined {
    if (this.#missing > 0) {
      if (byte >> 6 !== 0b10) return this.#noText();
      this.#point = (this.#point << 6) | (byte & 0b11_1111);
      this.#missing -= 1;
      if (this.#missing > 0) return undefined;
      if (this.#point > 0x10_ffff) return this.#noText();
      return this.#decoded(this.#point, position);
    }
    if (byte < 0x80) {
      if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return this.#noText();
      return this.#decoded(byte, position);
    }
    const length = byte >> 5 === 0b110 ? 2 : byte >> 4 === 0b1110 ? 3 : byte >> 3 === 0b1_1110 ? 4 : 0;
    if (length === 0) return this.#noText();
    this.#missing = length - 1;
    this.#point = byte & (0xff >> (length + 1));
    return undefined;
  }

  #decoded(code: number, position: number): Passage | undefined {
    const letter = code < 0x80 ? plainLetter(code) : 0;
    if (code < 0x80) return letter === 0 ? undefined : this.#watch.take(letter, position);
    let passage: Passage | undefined;
    const letters = lettersOf(code);
    for (let at = 0; at < letters.length; at += 1)
      passage ??= this.#watch.take(letters.charCodeAt(at), position);
    return passage;
  }

  #noText(): undefined {
    this.#missing = 0;
    this.#watch.forget();
    return undefined;
  }
}

function classOf(code: number): number {
  return LETTER.test(String.fromCodePoint(code)) ? ENDS : NOTHING;
}
