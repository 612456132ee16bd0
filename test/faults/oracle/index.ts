import { examineAnswers } from './answers.ts';
import { examineEnds, examineUsage } from './ends.ts';
import type { Facts, Violation } from './facts.ts';
import { examineLedger } from './ledger.ts';
import { examineLent } from './lent.ts';
import { examineLimits } from './limits.ts';

export type { Facts, Violation } from './facts.ts';

/** All that must never be and was; `at`: the database's time at the end. */
export function examine(facts: Facts, at: number): Violation[] {
  const { violations, books } = examineLimits(facts);
  return [
    ...violations,
    ...examineLedger(facts),
    ...examineAnswers(facts),
    ...examineLent(facts),
    ...examineEnds(facts),
    ...examineUsage(facts, books, at),
  ];
}
