import { expect, test } from 'vitest';
import { neverRun, type Outcome, reasonOf } from './outcomes.ts';

function outcomes(states: Record<string, Outcome['state']>): Outcome[] {
  return Object.entries(states).map(([name, state]) => ({ file: 'a.test.ts', name, state }));
}

test('a test counts as not run only when every pass skipped it', () => {
  const first = outcomes({ 'on PGlite alone': 'skipped', 'on neither': 'skipped', red: 'failed' });
  const second = outcomes({ 'on PGlite alone': 'passed', 'on neither': 'skipped', red: 'skipped' });
  expect(neverRun([...first, ...second])).toEqual(outcomes({ 'on neither': 'skipped' }));
});

test('how a test failed is told without colours, with where, and not at any length', () => {
  const stacks = [{ file: 'a.test.ts', line: 7 }];
  expect(reasonOf({ message: '\u001B[31mno\u001B[39m', diff: '- a\n+ b', stacks })).toBe(
    'no\n- a\n+ b\nat a.test.ts:7',
  );
  expect(reasonOf({ message: 'x\n'.repeat(5_000) }).split('\n')).toHaveLength(31);
});
