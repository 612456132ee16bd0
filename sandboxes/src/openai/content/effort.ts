/** Thrown for a schema that no answer of reasonable size can fulfil, or that takes more work than a request may cost. */
export class UnfillableSchema extends Error {
  override readonly name = 'UnfillableSchema';
}

/**
 * What one request may have the sandbox do for its schema, in steps: an entry that is looked at, sixteen characters that are read,
 * an instruction of a pattern at one character. 300,000 are 50 to 100 ms on a slow core; the largest schema of our products takes 3,000.
 */
const MOST_STEPS = 300_000;

/**
 * Counts what filling a schema costs, over the whole request. A caller writes the schema, the text and the patterns, and
 * the sandbox runs where all callers' calls run: all that grows with what a caller wrote is paid for here first.
 */
export class Effort {
  #left = MOST_STEPS;

  /** Throws UnfillableSchema when the request has used up what it may cost. */
  spend(steps: number): void {
    if (!this.mayAfford(steps))
      throw new UnfillableSchema('the schema asks for more than an answer can hold');
    this.#left -= steps;
  }

  /** Whether so much is left, for work that may as well be left out. */
  mayAfford(steps: number): boolean {
    return steps <= this.#left;
  }
}

const CHARACTERS_A_STEP = 16;

/** Steps that reading a text takes. */
export function stepsOf(text: string): number {
  return 1 + Math.floor(text.length / CHARACTERS_A_STEP);
}
