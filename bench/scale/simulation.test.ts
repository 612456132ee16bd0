import { expect, test } from 'vitest';
import { costFrom, simulate } from './simulation.ts';

const COST = { program: 0.25, batch: 0.4, step: 0.03, disk: 0.2, others: 0.1 };

test('a lone caller waits for the program, a batch of one step, its commit and the provider, and not for settlement', () => {
  const { latency, callsPerSecond, batch } = simulate({ ...COST, others: 0 }, 1, 1_000);
  expect(latency).toBeGreaterThanOrEqual(0.25 + 0.43 + 0.2);
  expect(callsPerSecond).toBeCloseTo(1_000 / latency, 6);
  expect(batch).toBe(1);
});

test('many callers fill batches until the core is busy, and never more than it can do', () => {
  const { callsPerSecond, batch } = simulate(COST, 200);
  expect(callsPerSecond).toBeGreaterThan(0.9 * 4_000);
  expect(callsPerSecond).toBeLessThanOrEqual(4_000);
  expect(batch).toBeGreaterThan(2);
});

test('where the other core is the slower one, it sets the rate', () => {
  expect(simulate({ ...COST, program: 0.01, others: 2 }, 200).callsPerSecond).toBeLessThan(500);
});

test('costs are found from what one caller and hundreds measured', () => {
  const lone = { program: 0.5, database: 0.86, others: 0.2, p50: 1.33 };
  const many = { program: 0.25, database: 0.076, others: 0.1, p50: 50 };
  const { step, batch, disk } = costFrom(lone, many);
  expect(step).toBeCloseTo(0.03, 3);
  expect(batch).toBeCloseTo(0.4, 3);
  expect(disk).toBeCloseTo(0.2, 3);
});
