import type { Fault } from '#sandbox/openai';
import type { Chance } from './chance.ts';

/** One fault: what, to whom, and for how long. Times in milliseconds since the faults began. */
export type Trouble = { readonly at: number; readonly lasts: number } & (
  | { readonly kind: 'kill' | 'stop' | 'pause' | 'pause_past_lease'; readonly member: number }
  | {
      readonly kind: 'cut' | 'silence' | 'silence_and_cut' | 'delay';
      readonly member: number;
      readonly link: LinkName;
      /** Milliseconds at least and at most, of a delay. */
      readonly delay: readonly [number, number];
    }
  /** The way of one process to the database goes silent in the middle of what it says; at its end nothing more of that arrives, or all. */
  | { readonly kind: 'tear'; readonly member: number; readonly arrives: boolean }
  /** Restarted in one of its ways; where it lasts, it is away for so long. */
  | { readonly kind: 'database'; readonly how: 'fast' | 'immediate' }
  | { readonly kind: 'pooler' }
  /** The share of writing commits whose answer is lost on the way to one process. */
  | { readonly kind: 'commits'; readonly member: number; readonly share: number }
  | { readonly kind: 'redis'; readonly how: 'flush' | 'kill' | 'pause' }
  | { readonly kind: 'provider'; readonly faults: readonly Fault[] }
  | { readonly kind: 'clock'; readonly seconds: number }
);

export type LinkName = 'database' | 'redis' | 'provider' | 'front';

const WEIGHTS = {
  kill: 14,
  stop: 4,
  pause: 10,
  pause_past_lease: 6,
  cut: 16,
  silence: 8,
  silence_and_cut: 8,
  delay: 14,
  tear: 6,
  commits: 12,
  database: 3,
  pooler: 3,
  redis: 8,
  provider: 26,
  clock: 6,
} as const;

/** As long as the database is away when it is not just restarted: milliseconds. */
const AWAY = 10_000;

/** Longer than a statement without an answer, and than a silent connection may hold rows: milliseconds. */
const TORN = 32_000;

/** The whole plan of a run, which the seed decides alone. */
export function scheduleOf(
  chance: Chance,
  run: { readonly ms: number; readonly members: number },
): Trouble[] {
  const troubles: Trouble[] = [];
  for (let at = chance.between(200, 1_200); at < run.ms; at += chance.between(100, 1_500)) {
    troubles.push(troubleAt(chance, at, run.members));
  }
  return troubles;
}

function troubleAt(chance: Chance, at: number, members: number): Trouble {
  const kind = chance.weighted(WEIGHTS);
  const when = { at, lasts: chance.between(100, 4_000) };
  switch (kind) {
    case 'database':
      return { ...when, lasts: chance.pick([0, 0, AWAY]), kind, how: chance.pick(['fast', 'immediate']) };
    case 'pooler':
      return { ...when, kind };
    case 'commits':
      return {
        ...when,
        kind,
        member: chance.between(0, members - 1),
        share: chance.pick([0.05, 0.2, 0.5, 1]),
      };
    case 'tear':
      return {
        ...when,
        lasts: chance.pick([when.lasts, when.lasts, TORN]),
        kind,
        member: chance.between(0, members - 1),
        arrives: chance.happens(0.3),
      };
    case 'redis':
      return { ...when, kind, how: chance.pick(['flush', 'kill', 'pause']) };
    case 'provider':
      return { ...when, kind, faults: providerFaults(chance) };
    case 'clock':
      return { ...when, kind, seconds: chance.pick([5, 25, 65]) };
    case 'kill':
    case 'stop':
    case 'pause':
    case 'pause_past_lease':
      return { ...when, kind, member: chance.between(0, members - 1) };
    case 'cut':
    case 'silence':
    case 'silence_and_cut':
    case 'delay':
      return {
        ...when,
        kind,
        member: chance.between(0, members - 1),
        link: chance.pick(['database', 'database', 'redis', 'provider', 'front', 'front']),
        delay: [chance.between(0, 40), chance.between(50, 800)],
      };
  }
}

/** Reasoning tokens, billed and never shown: a caller that stops early, or is cut off, has seen less than it owes. */
function hiddenUsageFaults(chance: Chance): [Fault, Fault, Fault, Fault, Fault] {
  const thought = { reasoning_tokens: chance.between(1, 250), model: 'sandbox-reasoning' };
  return [
    { kind: 'usage', ...thought },
    { kind: 'missing_usage', ...thought },
    { kind: 'cut_stream', after: chance.between(0, 8), ...thought },
    { kind: 'reset', billed: true, ...thought },
    { kind: 'hang_midstream', after: chance.between(0, 8), ...thought },
  ];
}

function providerFaults(chance: Chance): Fault[] {
  return Array.from({ length: chance.between(1, 6) }, () => providerFault(chance));
}

function providerFault(chance: Chance): Fault {
  return chance.pick<Fault>([
    { kind: 'status', status: 429, retry_after: 1 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'latency', ms: chance.between(100, 3_000) },
    { kind: 'hang', billed: true },
    { kind: 'hang' },
    { kind: 'reset', billed: true },
    { kind: 'reset' },
    { kind: 'cut_stream', after: chance.between(0, 8), abrupt: chance.happens(0.5) },
    { kind: 'hang_midstream', after: chance.between(0, 8) },
    { kind: 'cut_stream', before: 'first_event', abrupt: chance.happens(0.5) },
    { kind: 'split_done', ms: chance.between(0, 300) },
    { kind: 'missing_usage' },
    ...hiddenUsageFaults(chance),
    { kind: 'malformed_json' },
    { kind: 'bad_content' },
  ]);
}
