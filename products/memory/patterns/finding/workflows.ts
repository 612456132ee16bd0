import { type Command, isLook, isOfShell } from './commands.ts';
import { type FoundPattern, type Quote, sessionsOf, type Thresholds } from './pattern.ts';
import { isTool } from '../kinds.ts';

/** A step of a session. */
export interface Step extends Quote {
  readonly step: string;
}

/** The steps of a session in their order. */
export interface StepsOfSession {
  readonly sessionId: string;
  readonly steps: readonly Step[];
}

/** A step of a workflow may stand so many after the one before: between two of them there may be one that is none of it. */
const REACH = 2;
const LONGEST = 8;
/** Sequences that are looked at: a bound on the work for any text. */
const MOST_SEQUENCES = 20_000;
const MOST_PLACES = 100_000;

/** Commands as steps: without those that only look, and each once where it is repeated. */
export function stepsOf(messageId: string, text: string, commands: readonly Command[]): Step[] {
  return commands
    .filter((command) => !isOfShell(command) && !isLook(command))
    .map(({ step, span }) => ({ messageId, span, step, text: step }));
}

export function isRepetition(steps: readonly Step[], next: Step): boolean {
  return steps.at(-1)?.step === next.step;
}

/** Positions of the steps of one occurrence. */
interface Place {
  readonly session: StepsOfSession;
  readonly positions: readonly number[];
}

interface Sequence {
  readonly steps: readonly string[];
  readonly places: readonly Place[];
  /** That it has places in. */
  readonly sessions: number;
}

/** Sequences of steps that several sessions have, the longest and most frequent first; no step of a session counts for two of them. */
export function* findWorkflows(
  all: readonly StepsOfSession[],
  thresholds: Thresholds,
): Generator<FoundPattern | undefined> {
  const frequent: Sequence[] = [];
  const countWith = countersOf(all);
  for (const sequence of growSequences(all, thresholds.sessions)) {
    yield undefined;
    if (sequence.steps.length < thresholds.steps) continue;
    if (sequence.sessions / countWith(sequence.steps) >= thresholds.order) frequent.push(sequence);
  }
  const taken = new Map<StepsOfSession, Set<number>>();
  const ordered = frequent
    .map((sequence) => ({
      sequence,
      worth: (sequence.steps.length - 1) * sequence.sessions,
      name: sequence.steps.join(' → '),
    }))
    .toSorted((a, b) => b.worth - a.worth || (a.name < b.name ? -1 : 1));
  for (const { sequence, name } of ordered) {
    yield undefined;
    const places = takePlaces(sequence, taken);
    const sessions = sessionsOf(places.map(({ session }) => session));
    if (sessions < thresholds.sessions) continue;
    for (const { session, positions } of places)
      taken.set(session, new Set([...(taken.get(session) ?? []), ...positions]));
    yield { ...patternOf(places, name), against: countWith(sequence.steps) - sessions };
  }
}

/** Those of a sequence's places that no step is taken of, in each session without a step in common. */
function takePlaces({ places }: Sequence, taken: ReadonlyMap<StepsOfSession, ReadonlySet<number>>): Place[] {
  const used = new Map<StepsOfSession, Set<number>>();
  return places.filter(({ session, positions }) => {
    const own = used.get(session) ?? new Set(taken.get(session));
    if (positions.some((position) => own.has(position))) return false;
    used.set(session, new Set([...own, ...positions]));
    return true;
  });
}

function patternOf(places: readonly Place[], content: string): Omit<FoundPattern, 'against'> {
  const occurrences = places.map(({ session, positions }) => ({
    sessionId: session.sessionId,
    content,
    quotes: positions.flatMap((position) => session.steps[position] ?? []),
  }));
  const names = (occurrences[0]?.quotes ?? []).flatMap(({ text }) => text.split(' ', 1));
  const tools: string[] = names.filter(isTool);
  return { kind: 'workflow', tools: [...new Set(tools)], occurrences };
}

/** In how many sessions all of some steps stand, in any order. */
function countersOf(all: readonly StepsOfSession[]): (steps: readonly string[]) => number {
  const holders = new Map<string, Set<StepsOfSession>>();
  for (const session of all)
    for (const { step } of session.steps) holders.set(step, (holders.get(step) ?? new Set()).add(session));
  return (steps) => {
    const sets = steps.map((step) => holders.get(step) ?? new Set()).toSorted((a, b) => a.size - b.size);
    return [...(sets[0] ?? [])].filter((session) => sets.every((own) => own.has(session))).length;
  };
}

/** Sequences of different steps that enough sessions have, each after those that it begins with (PrefixSpan, breadth first). */
function* growSequences(all: readonly StepsOfSession[], least: number): Generator<Sequence> {
  const roots = new Map<string, Place[]>();
  for (const session of all)
    for (const [position, { step }] of session.steps.entries())
      push(roots, step, { session, positions: [position] });
  let grown: Sequence[] = frequentOf([], roots, least);
  let [seen, places] = [0, 0];
  for (let length = 1; length <= LONGEST && grown.length > 0; length += 1) {
    const next: Sequence[] = [];
    for (const sequence of grown) {
      if (seen >= MOST_SEQUENCES || places >= MOST_PLACES) return;
      yield sequence;
      const longer = length === LONGEST ? [] : frequentOf(sequence.steps, extend(sequence), least);
      next.push(...longer);
      seen += 1;
      for (const one of longer) places += one.places.length;
    }
    grown = next;
  }
}

function extend({ steps, places }: Sequence): Map<string, Place[]> {
  const longer = new Map<string, Place[]>();
  for (const { session, positions } of places)
    for (let step = 1; step <= REACH; step += 1) {
      const position = (positions.at(-1) ?? 0) + step;
      const name = session.steps[position]?.step;
      if (name !== undefined && !steps.includes(name))
        push(longer, name, { session, positions: [...positions, position] });
    }
  return longer;
}

function frequentOf(before: readonly string[], by: ReadonlyMap<string, Place[]>, least: number): Sequence[] {
  return [...by].flatMap(([step, places]) => {
    const sessions = new Set(places.map(({ session }) => session)).size;
    return sessions < least ? [] : [{ steps: [...before, step], places, sessions }];
  });
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
