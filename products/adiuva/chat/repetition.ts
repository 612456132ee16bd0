/** Characters of a text that are looked back at, and how many of new ones are waited for before the next look. */
const WINDOW = 6_000;
const STEP = 500;
/** A text has lost its way when so many characters repeat one passage at least so often in a row. */
const LEAST = 2_000;
const TIMES = 4;

/** Watches a text that is being written, and notices when it says one passage over and over. */
export class RepetitionWatch {
  #tail = '';
  #unseen = 0;

  /** Whether the text repeats itself, the new piece included. */
  push(piece: string): boolean {
    this.#tail = (this.#tail + piece).slice(-WINDOW);
    this.#unseen += piece.length;
    if (this.#unseen < STEP || this.#tail.length < LEAST) return false;
    this.#unseen = 0;
    return endsInRepetition(this.#tail);
  }
}

/**
 * The prefix function of Knuth, Morris and Pratt over the text read backwards: of each ending it says the length of the passage
 * that the ending is made of. Linear in the window, twelve steps a character.
 */
function endsInRepetition(text: string): boolean {
  const borders = new Uint16Array(text.length);
  const at = (index: number): number => text.charCodeAt(text.length - 1 - index);
  let border = 0;
  for (let index = 1; index < text.length; index += 1) {
    while (border > 0 && at(index) !== at(border)) border = borders[border - 1] ?? 0;
    if (at(index) === at(border)) border += 1;
    borders[index] = border;
    const length = index + 1;
    if (length >= LEAST && length >= TIMES * (length - border)) return true;
  }
  return false;
}
