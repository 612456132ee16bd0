import { examineAnswers } from './answers.ts';
import { examineCharges } from './charges.ts';
import { examineEnds, examineUsage, type Span } from './ends.ts';
import { examineEstimates } from './estimates.ts';
import type { Facts, Violation } from './facts.ts';
import { examineLedger } from './ledger.ts';
import { examineDelegated } from './delegated.ts';
import { examineLimits } from './limits.ts';
import { examineSlots } from './slots.ts';
import { examineStatuses } from './statuses.ts';

export type { Facts, Violation } from './facts.ts';
export { costOf } from './ledger.ts';
export { SLOT_FREE_WITHIN } from './slots.ts';

/** All that must never be and was; `at`: the database's time when the API was asked at the end, and when it had answered. */
export function examine(facts: Facts, at: Span): Violation[] {
  const { violations, states } = examineLimits(facts);
  return [
    ...violations,
    ...examineLedger(facts),
    ...examineEstimates(facts),
    ...examineCharges(facts),
    ...examineStatuses(facts),
    ...examineSlots(facts),
    ...examineAnswers(facts),
    ...examineDelegated(facts),
    ...examineEnds(facts),
    ...examineUsage(facts, states, at),
  ];
}
