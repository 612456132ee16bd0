import { parseArgs } from 'node:util';
import type { Figures } from './figures.ts';
import { type Memory, watchMemory } from './gateway/memory.ts';
import { type Comparisons, compare, takeRounds } from './gateway/rounds.ts';
import { openSetting } from './gateway/subjects.ts';
import { type AnswerCounts, SCENARIOS, type ScenarioName } from './gateway/turns.ts';

type Say = (line: string) => void;

/** `memory` is none of the rounds: it comes before them, for its first look is at a process that has had no call. */
const PARTS = ['memory', ...(Object.keys(SCENARIOS) as ScenarioName[])] as const;
type PartName = (typeof PARTS)[number];

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly calls: number;
  readonly only: readonly PartName[];
  /** Our gateway without and with traces, by turns, in place of all else. */
  readonly traced: boolean;
}

/**
 * A plain or streamed chat call through our gateway as production runs it, beside the same call through a bare relay, one that
 * parses, Portkey's gateway, and none; one upstream, one load, by turns. Gateways have a core to themselves and all else the
 * others. Each answer is checked, and in the end the ledger. What a round said goes to standard error; the figures are medians.
 */
export async function benchGateway(say: Say, flags: readonly string[]): Promise<Figures> {
  const options = readOptions(flags);
  // A signal ends this process, and with it all processes that it started.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const setting = await openSetting(say, options);
  try {
    const made: AnswerCounts = { plain: 0, stream: 0, paced: 0 };
    const { only, calls, rounds, seconds } = options;
    const memory = only.includes('memory') ? await watchMemory(setting, { calls, made, say }) : undefined;
    const scenarios = only.filter((name) => name !== 'memory');
    const comparisons = compare(await takeRounds(setting, { scenarios, rounds, seconds, made, say }));
    const booked = await setting.plinth.checkLedger(made);
    say(`the ledger has all calls: ${JSON.stringify(booked)}`);
    say(`memory, MB: ${JSON.stringify(memory ?? null)}`);
    for (const [name, spread] of Object.entries(comparisons))
      say(`${name}: ${spread === undefined ? 'not measured, or no round counted' : JSON.stringify(spread)}`);
    return figuresOf(comparisons, memory);
  } finally {
    await setting.stop();
  }
}

/** Null: not asked for, left out, or not to be counted, which the lines before say. */
function figuresOf(comparisons: Comparisons, memory: Memory | undefined): Figures {
  const medians = Object.entries(comparisons).map(
    ([name, spread]) => [name, spread?.median ?? null] as const,
  );
  return {
    ...Object.fromEntries(medians),
    rss_mb: memory?.after ?? null,
    rss_growth: memory?.growth ?? null,
  };
}

function readOptions(flags: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      json: { type: 'boolean' },
      traced: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      calls: { type: 'string', default: '200000' },
      only: { type: 'string', default: PARTS.join(',') },
    },
  });
  const asked = values.only.split(',');
  const only = PARTS.filter((name) => asked.includes(name));
  if (only.length < new Set(asked).size) throw new Error(`--only takes any of: ${PARTS.join(',')}`);
  return {
    rounds: figure('rounds', values.rounds),
    seconds: figure('seconds', values.seconds),
    calls: figure('calls', values.calls),
    only,
    traced: values.traced,
  };
}

function figure(name: string, value: string): number {
  const read = Number(value);
  if (!Number.isInteger(read) || read < 1 || read > 1_000_000)
    throw new Error(`--${name} takes a whole number from 1 to 1000000`);
  return read;
}
