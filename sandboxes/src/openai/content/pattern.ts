import { RE2JS } from 're2js';
import { type Effort, UnfillableSchema } from './effort.ts';
import { sampleOf, sketch } from './sketch.ts';

const LONGEST_PATTERN = 1_000;
const MOST_CANDIDATES = 20;
const LONGEST_CANDIDATE = 200;
/** Instructions of the largest pattern that is run. Those of schemas have ten to a hundred. */
const LARGEST_PROGRAM = 2_000;
/** Making a pattern's program takes some fifty times as long as one step through an instruction of it. */
const STEPS_TO_COMPILE = 50;

interface Read {
  /** A text that it matches, as far as can be told without running it. */
  readonly made: string;
  /** Undefined for a pattern that is not run: too large, or one that only a backtracking engine knows. */
  readonly program: RE2JS | undefined;
  /** Its instructions, about. */
  readonly size: number;
}

/**
 * The patterns of one request's schema. A caller wrote them, so that none of them runs in an engine that backtracks: one
 * `.*.*.*.*\u0001` would hold up the whole process. RE2's engine takes time by pattern times text, which is spent before.
 */
export class Patterns {
  readonly #effort: Effort;
  readonly #read = new Map<string, Read>();

  constructor(effort: Effort) {
    this.#effort = effort;
  }

  /**
   * A string that a pattern matches: the first candidate that it does, else one generated from it. Generation knows literals, classes,
   * groups, alternatives and counts, which is what the patterns of schemas use; for look-around and back-references the
   * result may not match. Throws UnfillableSchema for a pattern that is too long, or when the request has cost too much.
   */
  matching(pattern: string, candidates: readonly string[]): string {
    const { program, size, made } = this.#read.get(pattern) ?? this.#first(pattern);
    if (program === undefined) return made;
    const short = candidates.slice(0, MOST_CANDIDATES).filter(({ length }) => length <= LONGEST_CANDIDATE);
    for (const candidate of short) {
      const steps = size * (candidate.length + 1);
      // What was generated will do.
      if (!this.#effort.mayAfford(2 * steps)) return made;
      this.#effort.spend(steps);
      if (program.test(candidate)) return candidate;
    }
    return made;
  }

  #first(pattern: string): Read {
    if (pattern.length > LONGEST_PATTERN) {
      throw new UnfillableSchema(`a pattern is longer than ${LONGEST_PATTERN} characters`);
    }
    const { text: made, size } = sketch(pattern, (characters) => {
      this.#effort.spend(STEPS_TO_COMPILE);
      return sampleOf(characters);
    });
    this.#effort.spend(pattern.length + Math.min(size, LARGEST_PROGRAM) * STEPS_TO_COMPILE);
    const read = { made, size, program: size > LARGEST_PROGRAM ? undefined : compiled(pattern) };
    this.#read.set(pattern, read);
    return read;
  }
}

/** Undefined for look-around, back-references, and what is no pattern at all. */
function compiled(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch {
    return undefined;
  }
}
