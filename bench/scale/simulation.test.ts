import { expect, test } from 'vitest';
import { costFrom, simulate } from './simulation.ts';

const COST = { program: 0.25, batch: 0.6, step: 0.03, provider: 0.5 };

test('a lone caller waits for a batch of one step, the program and the provider, and not for settlement', () => {
  const { latency, callsPerSecond, batch } = simulate(COST, 1, 1_000);
  expect(latency).toBeCloseTo(0.25 + 0.63 + 0.5, 6);
  expect(callsPerSecond).toBeCloseTo(1_000 / latency, 6);
  expect(batch).toBe(1);
});

test('many callers fill batches until the core is busy, and never more than it can do', () => {
  const { callsPerSecond, batch } = simulate(COST, 200);
  expect(callsPerSecond).toBeGreaterThan(0.95 * 4_000);
  expect(callsPerSecond).toBeLessThanOrEqual(4_000);
  expect(batch).toBeGreaterThan(2);
});

test('where the database is the slower one, it sets the rate', () => {
  expect(simulate({ ...COST, program: 0.01, step: 1 }, 200).callsPerSecond).toBeCloseTo(1_000, -2);
});

test('its cost is found again from what one caller and four did', () => {
  const measured = (callers: number) => {
    const { callsPerSecond, latency } = simulate(COST, callers, 4_000);
    return { callers, callsPerSecond, p50: latency, program: COST.program };
  };
  const { step } = costFrom(measured(1), measured(4), COST);
  expect(step).toBeCloseTo(COST.step, 3);
});
