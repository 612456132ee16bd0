import { jsonIn } from '#platform/kernel';

/** Room for the spaces that a model may write between a name, its colon and its bracket. */
const MOST_SPACE = 1_000;

/**
 * Hands out the elements of one list of a JSON text as each is complete, wherever the text is cut into pieces. It
 * looks for `"list": [`, counts brackets from there, and lets JSON.parse judge each element. So what a model writes
 * around its JSON, a code fence or a sentence, is passed over; a strict streaming parser (@streamparser/json, looked
 * at) gives up at its first letter. The name can't be met within a string: there its quotes are escaped.
 */
export class ElementReader {
  readonly #opening: RegExp;
  readonly #mostKept: number;
  #state: 'before' | 'within' | 'over' = 'before';
  /** Before the list: where it may begin. Within: the element that is not complete yet. */
  #text = '';
  #depth = 0;
  #isString = false;
  #isEscaped = false;

  constructor(list: string) {
    const name = JSON.stringify(list);
    this.#opening = new RegExp(String.raw`${name.replaceAll(/[^\w"]/g, String.raw`\$&`)}\s*:\s*\[`);
    this.#mostKept = name.length + MOST_SPACE;
  }

  /** Takes a piece and answers the elements that it completes. One that is no JSON is left out. */
  push(piece: string): unknown[] {
    const text = this.#state === 'before' ? this.#opened(piece) : piece;
    const found: unknown[] = [];
    let from = 0;
    for (let at = 0; at < text.length && this.#state === 'within'; at += 1) {
      const position = this.#read(text[at]);
      if (position === 'inside') continue;
      const element = jsonIn(this.#text + text.slice(from, position === 'last' ? at + 1 : at));
      if (element !== undefined) found.push(element);
      this.#text = '';
      from = at + 1;
    }
    if (this.#state === 'within') this.#text += text.slice(from);
    return found;
  }

  /** The text after the list's opening bracket, once that is there. */
  #opened(piece: string): string {
    const text = this.#text + piece;
    const opening = this.#opening.exec(text);
    this.#text = opening === null ? text.slice(-this.#mostKept) : '';
    if (opening === null) return '';
    this.#state = 'within';
    return text.slice(opening.index + opening[0].length);
  }

  /** Whether a character is inside an element, the last of one, or past one: a comma, or the list's own end. */
  #read(character: string | undefined): 'inside' | 'last' | 'past' {
    if (this.#isString) return this.#readString(character);
    switch (character) {
      case '"':
        this.#isString = true;
        return 'inside';
      case '{':
      case '[':
        this.#depth += 1;
        return 'inside';
      case '}':
      case ']':
        if (this.#depth === 0) this.#state = 'over';
        else this.#depth -= 1;
        if (this.#state === 'over') return 'past';
        return this.#depth === 0 ? 'last' : 'inside';
      case ',':
        return this.#depth === 0 ? 'past' : 'inside';
      case undefined:
      default:
        return 'inside';
    }
  }

  #readString(character: string | undefined): 'inside' | 'last' {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\') this.#isEscaped = true;
    else if (character === '"') {
      this.#isString = false;
      if (this.#depth === 0) return 'last';
    }
    return 'inside';
  }
}
