import type { Prompt } from '../prompts.ts';
import { ALPHABETS, DecodedWatch } from './decoded.ts';
import { type LeakRule, type Passage, Watch, windowsOf } from './windows.ts';

/** A passage of a secret prompt that a reply was about to repeat. It names it, and has no text. */
export interface Leak {
  readonly prompt: string;
  readonly version: number;
  readonly rule: LeakRule;
}

/** A reply on its way out. */
export interface Sanitizing {
  /** Takes a piece of the reply, cut anywhere, and answers what may go out by now: the last 48 letters wait. */
  push(piece: string): string;
  /** The reply is over: answers what waited. */
  end(): string;
  /** The first passage that was found: what stands before it went out, and nothing after it does. */
  readonly leak: Leak | undefined;
}

/**
 * Keeps replies from repeating secret prompts: word for word, in other cases, spacings and punctuation, backwards, in rot13,
 * base64 or hexadecimal. What a model says of a prompt in its own words, or in another language, nothing of this can see.
 */
export interface Sanitizer {
  begin(): Sanitizing;
  /** The leak in a text that is there as a whole. */
  leakIn(text: string): Leak | undefined;
}

/** Checks the texts of prompts around their variables: what callers wrote themselves is no secret. */
export function createSanitizer(
  prompts: readonly Pick<Prompt, 'id' | 'version' | 'fixed'>[],
): Sanitizer | undefined {
  if (prompts.length === 0) return undefined;
  const windows = windowsOf(prompts);
  return {
    begin: () => new Reply(windows),
    leakIn(text) {
      const reply = new Reply(windows);
      reply.push(text);
      return reply.leak;
    },
  };
}

class Reply implements Sanitizing {
  leak: Leak | undefined;
  readonly #watches: readonly {
    readonly rule: 'base64' | 'hex' | undefined;
    readonly watch: Watch | DecodedWatch;
  }[];
  /** The text that is held back, and where in the reply it begins. */
  #waiting = '';
  #begin = 0;
  /** The first half of a character that a piece ended in. */
  #half = '';

  constructor(windows: ReadonlyMap<string, Passage>) {
    this.#watches = [
      { rule: undefined, watch: new Watch(windows) },
      ...ALPHABETS.flatMap((alphabet) =>
        Array.from({ length: alphabet.alignments }, (_, alignment) => ({
          rule: alphabet.name,
          watch: new DecodedWatch(windows, alphabet, alignment),
        })),
      ),
    ];
  }

  push(piece: string): string {
    if (this.leak !== undefined) return '';
    const text = this.#half + piece;
    this.#half = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - this.#half.length);
    let position = this.#begin + this.#waiting.length;
    this.#waiting += whole;
    for (const character of whole) {
      const found = this.#take(character, position);
      if (found !== undefined) return this.#cut(found);
      position += character.length;
    }
    const from = Math.min(...this.#watches.map(({ watch }) => watch.from ?? position));
    return this.#out(from - this.#begin);
  }

  end(): string {
    const rest = this.#out(this.#waiting.length) + this.#half;
    this.#half = '';
    return this.leak === undefined ? rest : '';
  }

  #take(character: string, position: number): { readonly leak: Leak; readonly begin: number } | undefined {
    for (const { rule, watch } of this.#watches) {
      const passage = watch.take(character, position);
      if (passage === undefined) continue;
      const { prompt, version, disguise } = passage;
      return { leak: { prompt, version, rule: rule ?? disguise }, begin: watch.begin };
    }
    return undefined;
  }

  #cut({ leak, begin }: { readonly leak: Leak; readonly begin: number }): string {
    this.leak = leak;
    const before = this.#out(begin - this.#begin);
    this.#waiting = '';
    return before;
  }

  #out(length: number): string {
    // A letter of a code may be out before its byte is whole.
    const out = this.#waiting.slice(0, Math.max(0, length));
    this.#waiting = this.#waiting.slice(length);
    this.#begin += out.length;
    return out;
  }
}
