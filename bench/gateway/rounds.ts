import {
  BUSY,
  busyOf,
  cpuOf,
  cpuRatio,
  type Part,
  rateOf,
  rateRatio,
  type Spread,
  spread,
} from './arithmetic.ts';
import { round } from '../figures.ts';
import type { Setting, SubjectName } from './subjects.ts';
import { type AnswerCounts, SCENARIOS, type ScenarioName, take, type Turn } from './turns.ts';

/** Seconds before each turn in which connections are made anew; they do not count. */
const WARM_UP = 0.7;
/** Calls of one turn at most. */
const MOST = 100_000;
/**
 * Calls that each subject has answered before the first turn that counts, plain ones and streams: as any that has been up for some
 * minutes. Of its first thousands half the time is spent in code that is not compiled yet.
 */
const ANSWERED = 20_000;
const PATIENCE = 60;

export type Round = Partial<Record<SubjectName, Turn>>;

export interface RoundsOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly made: AnswerCounts;
  readonly say: (line: string) => void;
}

/** In each round all subjects have a turn at each scenario, each round beginning with another subject. */
export async function takeRounds(
  setting: Setting,
  { scenarios, rounds, seconds, made, say }: RoundsOptions,
): Promise<ReadonlyMap<ScenarioName, readonly Round[]>> {
  const taken = new Map(scenarios.map((name) => [name, [] as Round[]]));
  await warmUp(setting, { scenarios, made, say });
  for (let n = 0; n < rounds; n += 1) {
    const { subjects } = setting;
    const first = n % subjects.length;
    const order = [...subjects.slice(first), ...subjects.slice(0, first)];
    for (const name of scenarios) {
      const scenario = SCENARIOS[name];
      const turns: Round = {};
      for (const subject of order) {
        const who = { subject, scenario, made };
        await take(setting, who, { seconds: WARM_UP, most: MOST });
        turns[subject.name] = await take(setting, who, { seconds, most: MOST });
      }
      taken.get(name)?.push(turns);
      say(
        `round ${n + 1}, ${name}: ${JSON.stringify(Object.fromEntries(Object.entries(turns).map(shortOf)))}`,
      );
    }
  }
  return taken;
}

/** What is paced runs through the code of other streams. */
async function warmUp(
  setting: Setting,
  { scenarios, made, say }: Pick<RoundsOptions, 'scenarios' | 'made' | 'say'>,
): Promise<void> {
  const kinds = new Set(
    scenarios.map((name) => (SCENARIOS[name].kind === 'plain' ? 'plain_32' : 'stream_32')),
  );
  for (const name of kinds)
    for (const subject of setting.subjects) {
      const who = { subject, scenario: SCENARIOS[name], made };
      const { calls } = await take(setting, who, { seconds: PATIENCE, most: ANSWERED });
      say(`${subject.name} has answered ${calls} calls of ${name}`);
    }
}

function shortOf([name, turn]: [string, Turn]): [string, object] {
  const cpu = (Object.keys(turn.cpu) as Part[]).map(
    (part) => [`${part}_ms`, round(cpuOf(turn, part))] as const,
  );
  const counts = busyOf(turn) >= BUSY;
  return [
    name,
    {
      per_s: round(rateOf(turn)),
      ...(counts || name === 'direct' ? {} : { rate_counts: false }),
      busy: round(busyOf(turn)),
      p50: round(turn.p50),
      p99: round(turn.p99),
      first: round(turn.first),
      ...Object.fromEntries(cpu),
    },
  ];
}

/** What one subject is to another, round by round; undefined where either is missing, or no round counted. */
function compareSubjects(
  rounds: readonly Round[] | undefined,
  [one, other]: readonly [SubjectName, SubjectName],
  how: (one: Turn, other: Turn) => number,
): Spread | undefined {
  const values = (rounds ?? []).map((turns) => {
    const [first, second] = [turns[one], turns[other]];
    return first === undefined || second === undefined ? Number.NaN : how(first, second);
  });
  return spread(values);
}

export type Comparisons = Readonly<Record<(typeof COMPARISONS)[number], Spread | undefined>>;
const COMPARISONS = [
  'plain_vs_relay',
  'cpu_vs_relay_32',
  'cpu_vs_relay_200',
  'cpu_vs_portkey',
  'added_ms_p50',
  'added_ms_p50_of_all',
  'stream_cpu_vs_relay',
  'megabyte_cpu_vs_relay',
  'first_token_added_ms_p50',
  'db_cpu_ms_32',
  'db_cpu_ms_1',
  'db_cpu_ms_1_of_all',
  'traced_cpu_32',
  'traced_all_cpu_32',
] as const;

/** "Relay" is the one that parses, as counting the cost of a call requires. */
export function compare(taken: ReadonlyMap<ScenarioName, readonly Round[]>): Comparisons {
  const ours = ['plinth', 'parsed'] as const;
  const added = ['plinth', 'direct'] as const;
  return {
    plain_vs_relay: compareSubjects(taken.get('plain_32'), ours, rateRatio),
    cpu_vs_relay_32: compareSubjects(taken.get('plain_32'), ours, cpuRatio),
    cpu_vs_relay_200: compareSubjects(taken.get('plain_200'), ours, cpuRatio),
    cpu_vs_portkey: compareSubjects(taken.get('plain_32'), ['plinth', 'portkey'], cpuRatio),
    added_ms_p50: compareSubjects(taken.get('plain_1'), added, addedOf),
    added_ms_p50_of_all: compareSubjects(taken.get('plain_1_of_all'), added, addedOf),
    stream_cpu_vs_relay: compareSubjects(taken.get('stream_32'), ours, cpuRatio),
    megabyte_cpu_vs_relay: compareSubjects(taken.get('megabyte_8'), ours, cpuRatio),
    first_token_added_ms_p50: compareSubjects(
      taken.get('paced_1'),
      added,
      (one, other) => one.first - other.first,
    ),
    db_cpu_ms_32: compareSubjects(taken.get('plain_32'), ['plinth', 'plinth'], databaseOf),
    db_cpu_ms_1: compareSubjects(taken.get('plain_1'), ['plinth', 'plinth'], databaseOf),
    db_cpu_ms_1_of_all: compareSubjects(taken.get('plain_1_of_all'), ['plinth', 'plinth'], databaseOf),
    traced_cpu_32: compareSubjects(taken.get('plain_32'), ['traced', 'plinth'], cpuRatio),
    traced_all_cpu_32: compareSubjects(taken.get('plain_32'), ['traced_all', 'plinth'], cpuRatio),
  };
}

function addedOf(one: Turn, other: Turn): number {
  return one.p50 - other.p50;
}

function databaseOf(turn: Turn): number {
  return cpuOf(turn, 'database');
}
