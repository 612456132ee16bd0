import { expect, test } from 'vitest';
import { helplinesState } from './doctor.ts';

test('doctor warns of helplines that nobody has looked at for a year, and of no others', () => {
  expect(helplinesState(new Date('2026-12-01'))).toBe('looked at within the last year');
  expect(helplinesState(new Date('2028-01-01'))).toMatch(
    /^WARNING: nobody has looked at these for a year: .*US: 988/,
  );
});
