import { createFinder } from '../../../products/memory/patterns/finding/finder.ts';
import {
  type FoundPattern,
  type Thresholds,
  THRESHOLDS,
} from '../../../products/memory/patterns/finding/pattern.ts';
import { PATTERN_KINDS } from '../../../products/memory/patterns/kinds.ts';
import { type Half, type History, readHistory } from './histories.ts';

/** A pattern that was found, and which labelled one it is; undefined: none, or one that another is already. */
export interface JudgedPattern {
  readonly pattern: FoundPattern;
  readonly label: string | undefined;
}

export interface PatternScore {
  readonly half: Half;
  readonly sessions: number;
  readonly kinds: Readonly<
    Record<string, { readonly found: number; readonly right: number; readonly labelled: number }>
  >;
  readonly precision: number;
  readonly recall: number;
}

export function findIn({ sessions }: History, thresholds: Thresholds = THRESHOLDS): FoundPattern[] {
  const finder = createFinder(thresholds);
  for (const session of sessions) {
    for (const message of session) finder.read(message);
    finder.endSession(session[0]?.sessionId ?? '');
  }
  return [...finder.find()].flatMap((pattern) => pattern ?? []);
}

/** Four fifths of the sessions that a right one cites are of one labelled pattern of its kind, at the messages that it names. */
const OF_ONE = 0.8;

export function judge(history: History, found: readonly FoundPattern[]): JudgedPattern[] {
  const taken = new Set<string>();
  return found.map((pattern) => {
    const label = labelOf(history, pattern);
    if (label === undefined || taken.has(label)) return { pattern, label: undefined };
    taken.add(label);
    return { pattern, label };
  });
}

function labelOf({ labels }: History, { kind, occurrences }: FoundPattern): string | undefined {
  const sessions = new Map<string, Set<string>>();
  for (const { sessionId, quotes } of occurrences)
    for (const { messageId } of quotes) {
      const label = labels.get(messageId);
      if (label?.startsWith(`${kind} `) === true)
        sessions.set(label, new Set([...(sessions.get(label) ?? []), sessionId]));
    }
  const all = new Set(occurrences.map(({ sessionId }) => sessionId)).size;
  return [...sessions].find(([, own]) => own.size >= 2 && own.size >= OF_ONE * all)?.[0];
}

export function scorePatterns(half: Half, thresholds: Thresholds = THRESHOLDS): PatternScore {
  const history = readHistory(half);
  const judged = judge(history, findIn(history, thresholds));
  const kinds = Object.fromEntries(
    PATTERN_KINDS.map((kind) => {
      const own = judged.filter(({ pattern }) => pattern.kind === kind);
      const right = own.filter(({ label }) => label !== undefined).length;
      const labelled = history.patterns.filter((name) => name.startsWith(`${kind} `)).length;
      return [kind, { found: own.length, right, labelled }] as const;
    }),
  );
  const right = judged.filter(({ label }) => label !== undefined).length;
  return {
    half,
    sessions: history.sessions.length,
    kinds,
    precision: right / judged.length,
    recall: right / history.patterns.length,
  };
}

/** What another value of one threshold comes to. */
export interface SweptScore {
  readonly threshold: keyof Thresholds;
  readonly value: number;
  readonly score: PatternScore;
}

/** Other values of each threshold on the dev half, those of the others being as they are. */
export function sweep(): SweptScore[] {
  const values: Readonly<Record<keyof Thresholds, readonly number[]>> = {
    sessions: [2, 3],
    steps: [2, 3, 4],
    order: [0.3, 0.5, 0.6, 0.8, 1],
    problem: [0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    solution: [0.2, 0.3, 0.4, 0.5, 0.6],
    practice: [0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7],
  };
  return (Object.keys(values) as (keyof Thresholds)[]).flatMap((threshold) =>
    values[threshold].map((value) => ({
      threshold,
      value,
      score: scorePatterns('dev', { ...THRESHOLDS, [threshold]: value }),
    })),
  );
}
