import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from './arithmetic.ts';
import { round } from '../figures.ts';
import { residentOf } from './processes.ts';
import type { Setting } from './subjects.ts';
import { type AnswerCounts, SCENARIOS, take } from './turns.ts';

/** The calls are made in so many parts; resident memory is sampled all the time. */
const PARTS = 10;
const LOOK = 250;
/** Milliseconds without a call, before the first and after the last. */
const REST = 5_000;
/** Seconds that one part may take at most. */
const LONGEST = 600;

export interface Memory {
  readonly calls: number;
  /** Megabytes that are resident: before any call, in the second tenth of the calls, in the last, and after a rest. */
  readonly idle: number;
  readonly steady: number;
  readonly after: number;
  readonly rested: number;
  /** The last tenth divided by the second. */
  readonly growth: number;
}

/** What our gateway holds over many plain calls of 32 callers. Medians, for collections of garbage come and go. */
export async function watchMemory(
  setting: Setting,
  {
    calls,
    made,
    say,
  }: { readonly calls: number; readonly made: AnswerCounts; readonly say: (line: string) => void },
): Promise<Memory | undefined> {
  const subject = setting.subjects.find(({ name }) => name === 'plinth');
  if (subject === undefined) return undefined;
  const { pid } = setting.plinth;
  const idle = await measureMemory(pid, () => pause(REST));
  const tenths: number[] = [];
  const before = made.plain;
  for (let n = 0; n < PARTS; n += 1) {
    const length = { seconds: LONGEST, most: Math.ceil(calls / PARTS) };
    const resident = await measureMemory(pid, () =>
      take(setting, { subject, scenario: SCENARIOS.plain_32, made }, length),
    );
    tenths.push(resident);
    say(`memory: ${Math.round(resident)} MB in calls up to ${made.plain - before}`);
  }
  const rested = await measureMemory(pid, () => pause(REST));
  const [steady = Number.NaN, after = Number.NaN] = [tenths[1], tenths.at(-1)];
  return {
    calls: made.plain - before,
    idle: round(idle),
    steady: round(steady),
    after: round(after),
    rested: round(rested),
    growth: round(after / steady),
  };
}

async function measureMemory(pid: number, during: () => Promise<unknown>): Promise<number> {
  const seen: number[] = [];
  const timer = setInterval(() => seen.push(residentOf(pid)), LOOK);
  try {
    await during();
  } finally {
    clearInterval(timer);
  }
  return quantile([...seen, residentOf(pid)], 0.5);
}
