import { describe, expect, test } from 'vitest';
import { engine } from '#test/services';
import { reportOf } from './report.ts';
import { runLoad } from './run.ts';

// It has a database of its own, and reads /proc.
describe.runIf(engine === 'postgres' && process.platform === 'linux')('people at Prism', () => {
  test('are all answered, and the ledger is the bill', async () => {
    const model = { latencyMs: 5, perTokenMs: 1 };
    const load = await runLoad({ users: 6, seconds: 4, withRedis: false, seed: '3', pace: 0.02, model });
    expect(load.errors).toEqual(new Map());
    expect(load.ledger.violations).toEqual([]);
    expect(load.ledger.posted).toEqual(load.ledger.billed);
    expect(load.taken.get('sign-in')?.times.length).toBeGreaterThanOrEqual(6);
    expect(reportOf(load)).toContain('the ledger is the bill');
  });
});
