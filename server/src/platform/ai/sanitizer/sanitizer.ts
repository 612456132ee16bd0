import { ALPHABETS, DecodedWatch } from './decoded.ts';
import { lettersOf, plainLetter } from './letters.ts';
import { Exposure, type LeakRule, type Passage, Secrets, type SecretText } from './secrets.ts';
import { Watch } from './watch.ts';

/** A passage of a secret that a reply was about to repeat. It names it, and has no text. */
export interface Leak {
  readonly prompt: string;
  readonly version: number | undefined;
  readonly rule: LeakRule;
}

/** A reply on its way out. */
export interface Sanitizing {
  /** Takes a piece of the reply, cut anywhere, and answers what may go out by now: the last 15 letters wait, and what may become a passage. */
  push(piece: string): string;
  /** The reply is over: answers what waited. */
  end(): string;
  /** The first passage that was found: what stands before it went out, and nothing after it does. */
  readonly leak: Leak | undefined;
}

/** Memory of the text that has left under one permit. */
export interface SanitizerMemory {
  begin(): Sanitizing;
  /** The leak in texts that leave together, or don't: what they hold counts as having left when there is none. */
  leakIn(texts: OutgoingTexts): Leak | undefined;
}

/** The texts of an object: names of fields stand between the texts of fields, and each go on by themselves. */
export interface OutgoingTexts {
  readonly values: readonly string[];
  readonly names: readonly string[];
}

/**
 * Keeps replies from repeating secret texts: word for word, in other cases, spacings and punctuation, backwards, in rot13,
 * base64 or hexadecimal. What a model says of a secret in its own words, or in another language, nothing of this can see.
 */
export interface Sanitizer {
  /** The memory of a permit, for as long as the permit itself is kept. Without one, an empty memory. */
  memoryOf(permit?: object): SanitizerMemory;
}

/** Checks the texts of secrets; what callers wrote into a prompt themselves is none. They are indexed when the first reply comes. */
export function createSanitizer(secrets: readonly SecretText[]): Sanitizer | undefined {
  if (secrets.length === 0) return undefined;
  let index: Secrets | undefined;
  const memories = new WeakMap<object, Memory>();
  return {
    memoryOf(permit = {}) {
      index ??= new Secrets(secrets);
      const memory = memories.get(permit) ?? new Memory(index);
      memories.set(permit, memory);
      return memory;
    },
  };
}

class Memory implements SanitizerMemory {
  readonly #exposure: Exposure;
  /** The reader of the last text that left: the next one goes on where it ended. None while a text is under way. */
  #reader: Reader | undefined;
  #nameReader: Reader | undefined;

  constructor(secrets: Secrets) {
    this.#exposure = new Exposure(secrets);
  }

  begin(): Sanitizing {
    const reader = this.#reader ?? new Reader(this.#exposure);
    this.#reader = undefined;
    return new Reply(reader, () => {
      this.#reader = reader;
    });
  }

  leakIn({ values, names }: OutgoingTexts): Leak | undefined {
    const reader = this.#reader ?? new Reader(this.#exposure);
    const nameReader = this.#nameReader ?? new Reader(this.#exposure);
    const before = this.#exposure.count;
    const found = reader.read(`${values.join('\n')}\n`) ?? nameReader.read(`${names.join('\n')}\n`);
    if (found !== undefined) this.#exposure.takeBackTo(before);
    this.#reader = found === undefined ? reader : undefined;
    this.#nameReader = found === undefined ? nameReader : undefined;
    return found?.leak;
  }
}

interface FoundLeak {
  readonly leak: Leak;
  /** Where it begins. */
  readonly begin: number;
}

/** Reads texts one after the other, as they are and as what they may be the code of. */
class Reader {
  /** Where the next character stands. */
  position = 0;
  readonly #plain: Watch;
  readonly #decoded: readonly DecodedWatch[];

  constructor(exposure: Exposure) {
    this.#plain = new Watch(exposure);
    this.#decoded = ALPHABETS.flatMap((alphabet) =>
      Array.from({ length: alphabet.alignments }, (_, at) => new DecodedWatch(exposure, alphabet, at)),
    );
  }

  /** Reads on until the text is over or a passage is whole. */
  read(text: string): FoundLeak | undefined {
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at) ?? 0;
      const found = this.#take(code);
      if (found !== undefined) return found;
      const length = code > 0xffff ? 2 : 1;
      at += length;
      this.position += length;
    }
    return undefined;
  }

  /** Where the first character stands that has to wait. */
  get from(): number {
    let from = this.#plain.from(this.position) ?? this.position;
    for (const watch of this.#decoded) from = Math.min(from, watch.from(this.position) ?? from);
    return from;
  }

  #take(code: number): FoundLeak | undefined {
    const passage = this.#takePlain(code);
    if (passage !== undefined) return leakOf(passage, passage.disguise, this.#plain);
    for (const watch of this.#decoded) {
      const decoded = watch.take(code, this.position);
      if (decoded !== undefined) return leakOf(decoded, watch.name, watch);
    }
    return undefined;
  }

  #takePlain(code: number): Passage | undefined {
    if (code < 0x80) {
      const letter = plainLetter(code);
      return letter === 0 ? undefined : this.#plain.take(letter, this.position);
    }
    const letters = lettersOf(code);
    for (let at = 0; at < letters.length; at += 1) {
      const passage = this.#plain.take(letters.charCodeAt(at), this.position);
      if (passage !== undefined) return passage;
    }
    return undefined;
  }
}

function leakOf(
  { prompt, version }: Passage,
  rule: LeakRule,
  watch: Pick<Watch, 'begin' | 'takeBack'>,
): FoundLeak {
  watch.takeBack();
  return { leak: { prompt, version, rule }, begin: watch.begin };
}

class Reply implements Sanitizing {
  leak: Leak | undefined;
  readonly #reader: Reader;
  readonly #done: () => void;
  /** The text that is held back, and where it begins. */
  #waiting = '';
  #begin: number;
  /** The first half of a character that a piece ended in. */
  #half = '';

  constructor(reader: Reader, done: () => void) {
    this.#reader = reader;
    this.#done = done;
    this.#begin = reader.position;
  }

  push(piece: string): string {
    if (this.leak !== undefined) return '';
    const text = this.#half + piece;
    this.#half = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - this.#half.length);
    this.#waiting += whole;
    const found = this.#reader.read(whole);
    if (found === undefined) return this.#out(this.#reader.from - this.#begin);
    this.leak = found.leak;
    const before = this.#out(found.begin - this.#begin);
    this.#waiting = '';
    return before;
  }

  end(): string {
    if (this.leak !== undefined) return '';
    this.#done();
    const rest = this.#out(this.#waiting.length) + this.#half;
    this.#half = '';
    return rest;
  }

  #out(length: number): string {
    // A letter of a code may be out before its byte is whole.
    const out = this.#waiting.slice(0, Math.max(0, length));
    this.#waiting = this.#waiting.slice(length < 0 ? 0 : length);
    this.#begin += out.length;
    return out;
  }
}
