import type { PatternKind } from '../kinds.ts';

/** Words of a message, and where they stand in it, in UTF-16 units. */
export interface Quote {
  readonly messageId: string;
  readonly span: readonly [number, number];
  readonly text: string;
}

/** Where a pattern occurs: its steps, a problem with its solution, or a statement. */
export interface Occurrence {
  readonly sessionId: string;
  readonly quotes: readonly Quote[];
  /** Its normalised content: of the same content it is the same pattern. */
  readonly content: string;
}

/** A recurring pattern. */
export interface FoundPattern {
  readonly kind: PatternKind;
  readonly tools: readonly string[];
  /** One at least of each of its sessions; the first one leads. */
  readonly occurrences: readonly Occurrence[];
  /** In how many sessions it was otherwise: steps in another order, the problem with another solution. */
  readonly against: number;
}

/** A message as it is read. */
export interface ReadMessage {
  readonly sessionId: string;
  readonly id: string;
  readonly role: 'user' | 'assistant' | 'system' | 'tool';
  readonly text: string;
}

/** From when on something is a pattern. Each is chosen on the dev half of `npm run eval -- patterns` (docs/memory-retrieval.md). */
export interface Thresholds {
  /** Sessions that a pattern occurs in. */
  readonly sessions: number;
  /** Steps of a workflow. */
  readonly steps: number;
  /** Among the sessions with all steps of a workflow, those that have them in this order. */
  readonly order: number;
  /** How alike two errors are. */
  readonly problem: number;
  /** How alike two solutions without a command in common are. */
  readonly solution: number;
  /** How alike two statements are. */
  readonly practice: number;
}

export const THRESHOLDS: Thresholds = {
  sessions: 2,
  steps: 3,
  order: 0.6,
  problem: 0.6,
  solution: 0.4,
  practice: 0.5,
};

export const sessionsOf = (occurrences: readonly { readonly sessionId: string }[]): number =>
  new Set(occurrences.map(({ sessionId }) => sessionId)).size;
