import { round } from '../figures.ts';

/** What rounds say of one figure. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Undefined where no round counted. */
export function spread(values: readonly number[]): Spread | undefined {
  const counted = values.filter(Number.isFinite);
  if (counted.length === 0) return undefined;
  return {
    median: round(quantile(counted, 0.5)),
    least: round(Math.min(...counted)),
    most: round(Math.max(...counted)),
  };
}

/** Between the two nearest where none is in the place; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** What one subject did in one turn; the fields that ratios are made of. */
export interface Measurement {
  readonly calls: number;
  readonly seconds: number;
  /** Processor seconds by process. */
  readonly cpu: Readonly<Record<Part, number>>;
}

/** `gateway` is the process between the load and the upstream; direct calls have none. */
export type Part = 'gateway' | 'database' | 'upstream' | 'load';

/** A core that is less busy than this did not set the rate. */
export const BUSY = 0.95;

export function rateOf({ calls, seconds }: Measurement): number {
  return calls / seconds;
}

export function busyOf({ cpu, seconds }: Measurement): number {
  return cpu.gateway / seconds;
}

/** Milliseconds of processor time for each call. */
export function cpuOf({ cpu, calls }: Measurement, part: Part): number {
  return (cpu[part] * 1_000) / calls;
}

/** How many times as many calls a second; NaN where a core was not busy, for then another's work set the rate. */
export function rateRatio(one: Measurement, other: Measurement): number {
  if (busyOf(one) < BUSY || busyOf(other) < BUSY) return Number.NaN;
  return rateOf(one) / rateOf(other);
}

export function cpuRatio(one: Measurement, other: Measurement): number {
  return cpuOf(one, 'gateway') / cpuOf(other, 'gateway');
}
