/** Weeks whose same weekday a day is compared with, and those of them that an account must have been there for. */
export const WEEKS = 8;
const LEAST_WEEKS = 4;
/** From which score on a day is an anomaly: Iglewicz and Hoaglin 1993, 'How to Detect and Handle Outliers'. */
export const THRESHOLD = 3.5;
/** A normal distribution's standard deviation is so many times its median absolute deviation. */
const SIGMAS_OF_MAD = 1.4826;

/** The least spread, however alike the weeks before were. */
export interface Floor {
  /** In the metric's unit. */
  readonly least: number;
  /** Share of the median. */
  readonly share: number;
  /** Whether it counts events, whose number varies by its root even where nothing changes (Poisson). */
  readonly isCount: boolean;
}

export interface Score {
  readonly median: number;
  /** The median absolute deviation of the weeks before. */
  readonly mad: number;
  readonly z: number;
}

/**
 * How far a day's value lies above that of the same weekday in the weeks before, in robust standard deviations:
 * (value − median) ÷ max(1.4826 × MAD, floor). Undefined: too few weeks to tell. One of the weeks that was an anomaly
 * itself moves neither median nor MAD by much.
 */
export function scoreOf(value: number, weeks: readonly number[], floor: Floor): Score | undefined {
  if (weeks.length < LEAST_WEEKS) return undefined;
  const median = medianOf(weeks);
  const mad = medianOf(weeks.map((one) => Math.abs(one - median)));
  const root = floor.isCount ? Math.sqrt(median) : 0;
  const spread = Math.max(SIGMAS_OF_MAD * mad, floor.share * median, root, floor.least);
  return { median, mad, z: (value - median) / spread };
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const above = sorted[Math.floor(middle)] ?? 0;
  const below = sorted[Math.ceil(middle) - 1] ?? 0;
  return (below + above) / 2;
}
