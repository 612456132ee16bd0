import type { JsonObject } from './json.ts';

/** Where in the answer a value stands. */
export interface Place {
  /** The nearest property's name, which says what kind of words fit. */
  readonly name: string;
  /** The position in the nearest array. */
  readonly index: number;
  /** The position in the array around that one: which of several posts a hashtag belongs to. */
  readonly outer: number;
  readonly depth: number;
  /** What is worked over here: the object of the request that this part of the answer replaces. */
  readonly original?: JsonObject | undefined;
}
