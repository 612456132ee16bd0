import type { Certainty, Item } from './item.ts';

const CERTAIN: Readonly<Record<Certainty, number>> = { stated: 1, implied: 0.7, unsure: 0.4 };
/** Rest of an item's confidence without a single quote that occurs in its document. */
const UNQUOTED = 0.3;
/** Rest of it after a conflict: one of the two is wrong, and it is not known which. */
const CONFLICTING = 0.8;

/**
 * How much an item is to be trusted, 0 to 1: `certainty × (0.3 + 0.7 × quotes found / quotes given)`, times 0.8 where another
 * document says something else, and times how surely its pages were read. These are choices, not measures: docs/decisions/0097.
 */
export function confidenceOf(
  { certainty, citations, quoted, legibility = 1 }: Item,
  isConflicting = false,
): number {
  const share = quoted === 0 ? 0 : citations.length / quoted;
  return (
    CERTAIN[certainty] * (UNQUOTED + (1 - UNQUOTED) * share) * (isConflicting ? CONFLICTING : 1) * legibility
  );
}

/** The mean, to two digits; null of nothing. */
export function meanOf(confidences: readonly number[]): number | null {
  if (confidences.length === 0) return null;
  const sum = confidences.reduce((total, one) => total + one, 0);
  return Math.round((sum / confidences.length) * 100) / 100;
}

/** Confidence of a whole extraction: the mean of its items, times the share of the documents' chunks that were read. */
export function overallConfidence(
  confidences: readonly number[],
  { read, of }: { readonly read: number; readonly of: number },
): number | null {
  const mean = meanOf(confidences);
  return mean === null || of === 0 ? null : Math.round(mean * (read / of) * 100) / 100;
}
