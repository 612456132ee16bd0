import { FARTHEST, type Passage, Watch } from './windows.ts';

/** A way to write bytes in letters: the value of each letter, and how many bits that is. */
interface Alphabet {
  readonly name: 'base64' | 'hex';
  readonly bits: 4 | 6;
  readonly values: ReadonlyMap<string, number>;
  /** How many places of a text may be the first of its code. */
  readonly alignments: number;
  /** Stands before the next code, with nothing of the code before it: `=` ends one, `0x` begins one. */
  readonly border: string;
}

/** Two alphabets, for in a list of lines the sign of the one is what stands between the codes of the other. */
const base64 = (last: '+/' | '-_'): Alphabet => ({
  name: 'base64',
  bits: 6,
  values: new Map(
    Array.from(`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${last}`).map(
      (letter, value) => [letter, value] as const,
    ),
  ),
  alignments: 4,
  border: '=',
});

const HEX: Alphabet = {
  name: 'hex',
  bits: 4,
  values: new Map(
    Array.from('0123456789abcdefABCDEF').map((letter) => [letter, Number.parseInt(letter, 16)] as const),
  ),
  alignments: 2,
  border: 'xX',
};

export const ALPHABETS = [base64('+/'), base64('-_'), HEX] as const;

const LETTER = /[\p{L}\p{N}]/u;

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
  /** Of a character that takes several bytes: how many are missing, and what it is so far. */
  #missing = 0;
  #point = 0;
  #lastPlace = 0;
  /** Where the last letter of the alphabet stands. */
  #readAt = 0;

  constructor(windows: ReadonlyMap<string, Passage>, alphabet: Alphabet, alignment: number) {
    this.name = alphabet.name;
    this.#alphabet = alphabet;
    this.#alignment = alignment;
    this.#skip = alignment;
    this.#watch = new Watch(windows);
  }

  take(character: string, position: number): Passage | undefined {
    if (position - this.#readAt > FARTHEST) this.#begin();
    const value = this.#alphabet.values.get(character);
    if (value === undefined) {
      if (this.#alphabet.border.includes(character)) this.#next();
      // A code is broken into lines, spaced out, put into quotes: only a letter of no code ends it.
      else if (LETTER.test(character)) this.#begin();
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

  get from(): number | undefined {
    return this.#watch.from;
  }

  get begin(): number {
    return this.#watch.begin;
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
      return this.#watch.take(String.fromCodePoint(this.#point), position);
    }
    if (byte < 0x80) {
      if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return this.#noText();
      return this.#watch.take(String.fromCharCode(byte), position);
    }
    const length = byte >> 5 === 0b110 ? 2 : byte >> 4 === 0b1110 ? 3 : byte >> 3 === 0b1_1110 ? 4 : 0;
    if (length === 0) return this.#noText();
    this.#missing = length - 1;
    this.#point = byte & (0xff >> (length + 1));
    return undefined;
  }

  #noText(): undefined {
    this.#missing = 0;
    this.#watch.forget();
    return undefined;
  }
}
