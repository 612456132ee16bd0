import { commandsIn } from './commands.ts';
import type { FoundPattern, ReadMessage, Thresholds } from './pattern.ts';
import { THRESHOLDS } from './pattern.ts';
import { type Event, eventOf, findSolutions, type SolvedProblem, solvedIn } from './problems.ts';
import { findPractices, type Statement, statementsIn } from './statements.ts';
import { findWorkflows, isRepetition, type Step, stepsOf, type StepsOfSession } from './workflows.ts';

/** Most that is kept of a session: a bound on the work and the memory that one takes. */
const MOST_OF_SESSION = { steps: 300, statements: 20, solved: 50, events: 2_000 } as const;
/** So many patterns of each kind, those that occur in most sessions. */
const MOST_PATTERNS = 100;

/** Finds what recurs in sessions. Messages are read one by one, session after session, and few of their words are kept. */
export function createFinder(thresholds: Thresholds = THRESHOLDS) {
  const workflows: StepsOfSession[] = [];
  const solved: SolvedProblem[] = [];
  const statements: Statement[] = [];
  let [steps, events, rules]: [Step[], Event[], Statement[]] = [[], [], []];
  return {
    read(message: ReadMessage): void {
      const commands = commandsIn(message.text);
      for (const step of stepsOf(message.id, message.text, commands))
        if (steps.length < MOST_OF_SESSION.steps && !isRepetition(steps, step)) steps.push(step);
      if (events.length < MOST_OF_SESSION.events) events.push(eventOf(message, commands));
      if (rules.length < MOST_OF_SESSION.statements) rules.push(...statementsIn(message));
    },

    endSession(sessionId: string): void {
      if (steps.length > 0) workflows.push({ sessionId, steps });
      solved.push(...solvedIn(sessionId, events).slice(0, MOST_OF_SESSION.solved));
      statements.push(...rules.slice(0, MOST_OF_SESSION.statements));
      [steps, events, rules] = [[], [], []];
    },

    /** Every so often it yields nothing, so that others get a turn. */
    *find(): Generator<FoundPattern | undefined> {
      yield* mostFrequent(findWorkflows(workflows, thresholds));
      yield* mostFrequent(findSolutions(solved, thresholds));
      yield* mostFrequent(findPractices(statements, thresholds));
    },
  };
}

function* mostFrequent(found: Iterable<FoundPattern | undefined>): Generator<FoundPattern | undefined> {
  const all: FoundPattern[] = [];
  for (const pattern of found) {
    if (pattern !== undefined) all.push(pattern);
    yield undefined;
  }
  // A sort keeps the order of equals.
  const sorted = all.toSorted((a, b) => b.occurrences.length - a.occurrences.length);
  yield* sorted.slice(0, MOST_PATTERNS);
}
