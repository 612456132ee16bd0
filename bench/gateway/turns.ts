import { cpuSeconds } from '../process.ts';
import { type Kind, requestOf } from './answers.ts';
import type { Measurement } from './arithmetic.ts';
import type { Order, Outcome } from './load.ts';
import { cpuOfFamily } from './processes.ts';
import { type Setting, type Subject, type SubjectName, tell } from './subjects.ts';

/** What is asked and by how many at once. */
export interface Scenario {
  readonly kind: Kind;
  readonly callers: number;
  /** Bytes of the text that is sent. */
  readonly bytes: number;
  /** How many accounts call in turn; others in each turn, for none may make more than 1,500 calls a minute. */
  readonly accounts: number;
}

const SHORT = 300;
/** So few that each calls again at once, as one who is alone does. */
const FEW = 4;
const ALL = 400;

export const SCENARIOS = {
  plain_1: { kind: 'plain', callers: 1, bytes: SHORT, accounts: FEW },
  plain_1_of_all: { kind: 'plain', callers: 1, bytes: SHORT, accounts: ALL },
  plain_32: { kind: 'plain', callers: 32, bytes: SHORT, accounts: ALL },
  plain_200: { kind: 'plain', callers: 200, bytes: SHORT, accounts: ALL },
  stream_32: { kind: 'stream', callers: 32, bytes: SHORT, accounts: ALL },
  paced_1: { kind: 'paced', callers: 1, bytes: SHORT, accounts: FEW },
  paced_32: { kind: 'paced', callers: 32, bytes: SHORT, accounts: ALL },
  megabyte_8: { kind: 'plain', callers: 8, bytes: 1_000_000, accounts: ALL },
} as const satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;

/** What came of one turn. */
export interface Turn extends Measurement, Pick<Outcome, 'p50' | 'p99' | 'first'> {}

export interface Length {
  readonly seconds: number;
  readonly most: number;
}

/** Right answers of our gateway so far: what its ledger must have in the end. */
export type AnswerCounts = Record<Kind, number>;

/** How long the load may take over a turn's time: its own patience with one answer, and the time to tell. */
const GRACE = 30_000;

/** Their calls are in the ledger. */
const OURS: ReadonlySet<SubjectName> = new Set(['plinth', 'traced', 'traced_all']);

let turnsTaken = 0;

function keysOf({ keys }: Subject, accounts: number): readonly string[] {
  turnsTaken += 1;
  const from = (turnsTaken * accounts) % keys.length;
  return [...keys.slice(from), ...keys.slice(0, from)].slice(0, accounts);
}

/** Asks one subject for a while; the first wrong answer ends the bench, and names it. */
export async function take(
  { load, upstream, plinth }: Setting,
  { subject, scenario, made }: { subject: Subject; scenario: Scenario; made: AnswerCounts },
  length: Length,
): Promise<Turn> {
  const { kind, callers, bytes, accounts } = scenario;
  const order: Order = {
    origin: subject.origin,
    path: subject.path(kind),
    headers: subject.headers(kind),
    keys: keysOf(subject, accounts),
    body: requestOf(kind, bytes),
    kind,
    callers,
    ...length,
  };
  const cpu = () => ({
    gateway: subject.pid === undefined ? 0 : cpuSeconds(subject.pid),
    database: cpuOfFamily(plinth.databasePid),
    upstream: cpuSeconds(upstream.pid),
    load: cpuSeconds(load.pid),
  });
  const before = cpu();
  const outcome = await tell<Outcome>(load, order, length.seconds * 1_000 + GRACE);
  const after = cpu();
  if (outcome.wrong !== undefined) throw new Error(`${subject.name}, ${kind}: ${outcome.wrong}`);
  if (OURS.has(subject.name)) made[kind] += outcome.calls;
  const { calls, seconds, p50, p99, first } = outcome;
  return {
    calls,
    seconds,
    p50,
    p99,
    first,
    cpu: {
      gateway: after.gateway - before.gateway,
      database: after.database - before.database,
      upstream: after.upstream - before.upstream,
      load: after.load - before.load,
    },
  };
}
