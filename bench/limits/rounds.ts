import { quantile, round } from '../figures.ts';

/** A thing to do, told how often it was done before. */
export type Task = (n: number) => Promise<unknown>;

export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Medians over the rounds, a second. */
  readonly ours_per_s: number;
  readonly theirs_per_s: number;
}

export interface Contest {
  readonly ours: Task;
  readonly theirs: Task;
  readonly callers: number;
  readonly rounds: number;
  /** How often each is done in a round. */
  readonly times: number;
  readonly between: () => Promise<void>;
}

/** Alternates the two, so that both see the same machine, and answers how much faster ours is, round by round. */
export async function contest({ ours, theirs, between, rounds, ...how }: Contest): Promise<Ratio> {
  const pairs: { ours: number; theirs: number }[] = [];
  for (let turn = -2; turn < rounds; turn += 1) {
    await between();
    const first = turn % 2 === 0;
    const one = await speed(first ? ours : theirs, how);
    const other = await speed(first ? theirs : ours, how);
    // The first ones warm up.
    if (turn >= 0) pairs.push(first ? { ours: one, theirs: other } : { ours: other, theirs: one });
  }
  const ratios = pairs.map((pair) => pair.ours / pair.theirs);
  return {
    median: median(ratios),
    least: round(Math.min(...ratios)),
    most: round(Math.max(...ratios)),
    ours_per_s: median(pairs.map((pair) => pair.ours)),
    theirs_per_s: median(pairs.map((pair) => pair.theirs)),
  };
}

/** Calls a second of so many callers; each waits for its answer before it asks again. */
async function speed(deed: Task, how: { callers: number; times: number }): Promise<number> {
  const began = performance.now();
  let started = 0;
  await Promise.all(
    Array.from({ length: how.callers }, async () => {
      while (started < how.times) await deed(started++);
    }),
  );
  return how.times / ((performance.now() - began) / 1_000);
}

export interface Latency {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Medians over the blocks of the median of a block. */
  readonly ours_ms: number;
  readonly theirs_ms: number;
}

/** What a lone caller waits for, ours over theirs, in alternating blocks. */
export async function measureAlone(
  how: Pick<Contest, 'ours' | 'theirs' | 'rounds' | 'between'>,
): Promise<Latency> {
  const pairs: { ours: number; theirs: number }[] = [];
  for (let block = 0; block <= how.rounds; block += 1) {
    await how.between();
    const pair = { ours: await patience(how.ours), theirs: await patience(how.theirs) };
    // The first one warms up.
    if (block > 0) pairs.push(pair);
  }
  const ratios = pairs.map((pair) => pair.ours / pair.theirs);
  return {
    median: median(ratios),
    least: round(Math.min(...ratios)),
    most: round(Math.max(...ratios)),
    ours_ms: median(pairs.map((pair) => pair.ours)),
    theirs_ms: median(pairs.map((pair) => pair.theirs)),
  };
}

async function patience(deed: Task): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 200; n += 1) {
    const began = performance.now();
    await deed(n);
    times.push(performance.now() - began);
  }
  return median(times);
}

export function median(values: readonly number[]): number {
  return round(quantile(values, 0.5));
}
