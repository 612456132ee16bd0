/** Where in the answer a value stands. */
export interface Place {
  /** The nearest property's name, which says what kind of words fit. */
  readonly name: string;
  /** The position in the nearest array. */
  readonly index: number;
  /** The position in the array around that one: which of several posts a hashtag belongs to. */
  readonly outer: number;
  readonly depth: number;
}
