import type { Loss, MemoryScore, QuestionResult, Recall } from './evaluate.ts';

const MOST_MISSED = 60;

/** Recall of evidence beside plain BM25, half by half and kind by kind. */
export function reportOfMemory(scores: readonly MemoryScore[]): string {
  return scores
    .flatMap(({ half, questions, ours, plain, misses, kinds, absentBelow }) => [
      `memory, ${half} half: ${questions} questions with an answer`,
      '',
      '                     10 turns  BM25   2,000 tokens  BM25',
      row('all', ours, plain),
      ...Object.entries(kinds).map(([kind, one]) => row(`  ${kind} (${one.questions})`, one.ours, one.plain)),
      '',
      `misses for one of BM25: ${misses.inTurns.toFixed(2)} in 10 turns, ${misses.inTokens.toFixed(2)} in 2,000 tokens`,
      `the best turn scores above that of a question without an answer: ${percent(absentBelow).trim()} %`,
      '',
    ])
    .join('\n');
}

/** Questions whose evidence did not fit among the first turns. Those of the test half are not shown. */
export function missedOf(results: readonly QuestionResult[]): string[] {
  return results
    .filter(({ question, ours }) => question.kind !== 'absent' && ours.inTurns < 1)
    .slice(0, MOST_MISSED)
    .map(
      ({ history, question, ours }) =>
        `  ${history} ${question.kind}: ${question.asked} (${ours.inTokens < 1 ? 'not' : 'only'} in 2,000 tokens)`,
    );
}

/** Points of recall that the absence of a part costs. */
export function partsOf(losses: readonly Loss[]): string[] {
  return losses.map(
    ({ without, lost }) =>
      `  without ${without.padEnd(26)}${percent(lost.inTurns)} in 10 turns ${percent(lost.inTokens)} in 2,000 tokens`,
  );
}

function row(name: string, ours: Recall, plain: Recall): string {
  const shares = [ours.inTurns, plain.inTurns, ours.inTokens, plain.inTokens].map(percent);
  return `${name.padEnd(20)}${shares[0]}    ${shares[1]}      ${shares[2]}      ${shares[3]}`;
}

function percent(share: number): string {
  return (share * 100).toFixed(1).padStart(6);
}
