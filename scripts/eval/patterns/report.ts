import type { PatternScore, SweptScore } from './evaluate.ts';

/** Precision and recall, half by half and kind by kind, and what other thresholds come to on the dev half. */
export function reportOfPatterns(scores: readonly PatternScore[], swept: readonly SweptScore[]): string {
  const halves = scores.flatMap(({ half, kinds, precision, recall, sessions }) => [
    `patterns, ${half} half: ${sessions} sessions, precision ${percent(precision)} %, recall ${percent(recall)} %`,
    ...Object.entries(kinds).map(
      ([kind, { found, right, labelled }]) =>
        `  ${kind.padEnd(18)}${found} found, ${right} right of ${labelled}`,
    ),
    '',
  ]);
  const others = swept.map(
    ({ threshold, value, score }) =>
      `  ${threshold.padEnd(10)}${value.toFixed(2)}  precision ${percent(score.precision)}  recall ${percent(score.recall)}`,
  );
  return [...halves, 'Other thresholds, on the dev half:', ...others].join('\n');
}

const percent = (share: number): string => (share * 100).toFixed(1);
