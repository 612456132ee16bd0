import { expect, test } from 'vitest';
import { neverRun, type Outcome } from './outcomes.ts';

function outcomes(states: Record<string, Outcome['state']>): Outcome[] {
  return Object.entries(states).map(([name, state]) => ({ file: 'a.test.ts', name, state }));
}

test('a test counts as not run only when every pass skipped it', () => {
  const first = outcomes({ 'on PGlite alone': 'skipped', 'on neither': 'skipped', red: 'failed' });
  const second = outcomes({ 'on PGlite alone': 'passed', 'on neither': 'skipped', red: 'skipped' });
  expect(neverRun([...first, ...second])).toEqual(outcomes({ 'on neither': 'skipped' }));
});
