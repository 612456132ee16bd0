import { type Exposure, FRAGMENT, type Passage, rollHash, WINDOW } from './secrets.ts';

/** So far apart letters belong to no passage: what follows the last one has not to wait for the next. */
export const FARTHEST = 64;

/** Letters that are kept: as many as a passage has that is not found out yet. */
const KEPT = 64;

/** Reads letters one at a time, and sees whether they give out a passage of a secret. */
export class Watch {
  readonly #exposure: Exposure;
  /** The last letters, and where each of them stands in the reply. */
  readonly #letters = new Uint16Array(KEPT);
  readonly #positions = new Float64Array(KEPT);
  #count = 0;
  #hash = 0;
  /** How many letters up to the last one are of secrets. */
  #shared = 0;
  /** How many letters of secrets had left before those. */
  #before = 0;

  constructor(exposure: Exposure) {
    this.#exposure = exposure;
  }

  /** Takes a letter that stands at a position of the reply; answers the passage that it completes. */
  take(letter: number, position: number): Passage | undefined {
    if (this.#count > 0 && position - this.#positionAt(1) > FARTHEST) this.forget();
    const leaving = this.#count < FRAGMENT ? 0 : (this.#letters[(this.#count - FRAGMENT) % KEPT] ?? 0);
    this.#hash = rollHash(this.#hash, leaving, letter);
    this.#letters[this.#count % KEPT] = letter;
    this.#positions[this.#count % KEPT] = position;
    this.#count += 1;
    if (this.#count < FRAGMENT) return undefined;
    if (this.#shared === 0) this.#before = this.#exposure.count;
    const marked = this.#exposure.mark(this.#hash);
    if (marked === undefined) this.#shared = 0;
    else this.#shared = this.#shared === 0 ? FRAGMENT : this.#shared + 1;
    return marked?.passage;
  }

  /** Where the earliest letter stands that may yet turn out to belong to a passage, at the end of the text; undefined: none is waited for. */
  from(end: number): number | undefined {
    if (this.#count === 0) return undefined;
    if (end - this.#positionAt(1) > FARTHEST) {
      this.forget();
      return undefined;
    }
    return this.#positionAt(this.#shared === 0 ? FRAGMENT - 1 : this.#shared);
  }

  /** Where the passage begins that was just found. */
  get begin(): number {
    return this.#positionAt(this.#shared);
  }

  /** The passage that was just found does not leave. */
  takeBack(): void {
    this.#exposure.takeBackTo(this.#before);
  }

  forget(): void {
    this.#count = 0;
    this.#hash = 0;
    this.#shared = 0;
  }

  /** The position of the last letter but `back`, as far as they are kept. */
  #positionAt(back: number): number {
    const place = this.#count - Math.min(back, this.#count, WINDOW);
    return this.#positions[place % KEPT] ?? 0;
  }
}
