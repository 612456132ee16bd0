import { describe, expect, test } from 'vitest';
import { engine } from '@plinth/testkit/services';
import { runDecisions } from './run.ts';

describe.runIf(engine === 'postgres')('three processes that are killed, paused and cut off', () => {
  test('decide some thousand times, and pass no limit and charge no denial', {
    timeout: 180_000,
  }, async () => {
    const { violations, counts } = await runDecisions({ seed: 'suite', decisions: 3_000, say: () => {} });
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ denied_and_charged: 0 });
    expect(counts['admitted']).toBeGreaterThan(0);
    expect(counts['denied']).toBeGreaterThan(0);
  });
});
