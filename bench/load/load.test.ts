import { describe, expect, test } from 'vitest';
import { engine } from '@plinth/testkit/services';
import { reportOf } from './report.ts';
import { memory } from './remembering.ts';
import { runLoad } from './run.ts';
import { prism } from './visit.ts';

// It has a database of its own, and reads /proc.
describe.runIf(engine === 'postgres' && process.platform === 'linux')('people at Prism', () => {
  test('are all answered, and the ledger is the bill', async () => {
    const model = { latencyMs: 5, perTokenMs: 1 };
    const load = await runLoad({
      scenario: prism,
      users: 6,
      seconds: 4,
      withRedis: false,
      seed: '3',
      pace: 0.02,
      model,
    });
    expect(load.errors).toEqual(new Map());
    expect(load.ledger.violations).toEqual([]);
    expect(load.ledger.posted).toEqual(load.ledger.billed);
    expect(load.taken.get('sign-in')?.times.length).toBeGreaterThanOrEqual(6);
    expect(reportOf(load)).toContain('the ledger is the bill');
  });
});

describe.runIf(engine === 'postgres' && process.platform === 'linux')('people whose tools remember', () => {
  test('are all answered, from the first call of a session to its export', async () => {
    const load = await runLoad({
      scenario: memory,
      users: 4,
      seconds: 8,
      untilEachWasThere: true,
      withRedis: false,
      seed: '3',
      pace: 0.005,
    });
    expect(load.errors).toEqual(new Map());
    expect(load.taken.get('export')?.times.length).toBeGreaterThanOrEqual(4);
  });
});
