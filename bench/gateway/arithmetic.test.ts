import { describe, expect, test } from 'vitest';
import { busyOf, cpuOf, cpuRatio, type Measurement, quantile, rateRatio, spread } from './arithmetic.ts';
import { compare, type Round } from './rounds.ts';
import type { ScenarioName, Turn } from './turns.ts';

/** A second's turn of so many calls and so many seconds of its gateway's processor. */
function createMeasurement(calls: number, gateway: number): Measurement {
  return { calls, seconds: 1, cpu: { gateway, database: 0.5, upstream: 0.1, load: 0.1 } };
}

const turn = (calls: number, gateway: number, p50: number): Turn => ({
  ...createMeasurement(calls, gateway),
  p50,
  p99: p50,
  first: p50,
});

describe('medians', () => {
  test('stand between the two nearest, and the least and the most beside them', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([5], 0.99)).toBe(5);
    expect(quantile([], 0.5)).toBeNaN();
    expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  });

  test('leave out rounds that do not count; of none there is no figure', () => {
    expect(spread([2, Number.NaN, 4])).toEqual({ median: 3, least: 2, most: 4 });
    expect(spread([Number.NaN])).toBeUndefined();
  });
});

describe('ratios', () => {
  test('of processor time are per call, at any rate', () => {
    expect(cpuOf(createMeasurement(1_000, 0.5), 'gateway')).toBe(0.5);
    expect(cpuRatio(createMeasurement(1_000, 1), createMeasurement(4_000, 1))).toBe(4);
  });

  test('of rates count only where both cores were busy', () => {
    expect(busyOf(createMeasurement(10, 0.94))).toBe(0.94);
    expect(rateRatio(createMeasurement(1_000, 0.97), createMeasurement(4_000, 0.96))).toBe(0.25);
    expect(rateRatio(createMeasurement(1_000, 0.94), createMeasurement(4_000, 0.96))).toBeNaN();
    expect(rateRatio(createMeasurement(1_000, 0.97), createMeasurement(4_000, 0.5))).toBeNaN();
  });
});

describe('the figures', () => {
  test('are compared within a round, and the median is that of the rounds', () => {
    const rounds = [1, 2, 3].map(
      (n): Round => ({ plinth: turn(100, 0.1 * n, 5), parsed: turn(100, 0.1, 3), direct: turn(100, 0, n) }),
    );
    const taken = new Map<ScenarioName, Round[]>([
      ['plain_32', rounds],
      ['plain_1', rounds],
    ]);
    const figures = compare(taken);
    expect(figures.cpu_vs_relay_32).toEqual({ median: 2, least: 1, most: 3 });
    expect(figures.added_ms_p50).toEqual({ median: 3, least: 2, most: 4 });
    expect(figures.db_cpu_ms_1?.median).toBe(5);
  });

  test('of a scenario that was not asked for, of a gateway that is missing and of idle cores there are none', () => {
    const taken = new Map<ScenarioName, Round[]>([
      ['plain_32', [{ plinth: turn(100, 0.1, 5), parsed: turn(100, 0.1, 3) }]],
    ]);
    const { cpu_vs_relay_200, cpu_vs_portkey, plain_vs_relay } = compare(taken);
    expect([cpu_vs_relay_200, cpu_vs_portkey, plain_vs_relay]).toEqual([undefined, undefined, undefined]);
  });
});
