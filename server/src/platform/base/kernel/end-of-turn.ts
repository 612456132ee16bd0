/** Does a work at the end of the turn of the event loop in which it was asked for. */
export type EndOfTurn = (work: () => void) => void;

/**
 * Answers that are made in one turn leave one after the other at its end. Each alone would wake its client, on another core, from the
 * sleep into which the one before sent it: with 32 callers on one machine, waking was half of what a call cost this process
 * (docs/decisions/0065). A lone caller does not wait for others: the end of a turn is its next step. Each work answers for its own failures.
 */
export function createEndOfTurn(): EndOfTurn {
  let waiting: (() => void)[] = [];
  const flush = () => {
    const leaving = waiting;
    waiting = [];
    for (const work of leaving) work();
  };
  return (work) => {
    if (waiting.push(work) === 1) setImmediate(flush);
  };
}
