import { expect, test } from 'vitest';
import { z } from 'zod';
import { wholeNumber } from './whole-number.ts';

const query = z.strictObject({
  after: wholeNumber(0, 100).optional(),
  limit: wholeNumber(1, 100).default(20),
});

test.each([
  '',
  ' ',
  ' 1',
  '1 ',
  '0x10',
  '1e1',
  '+1',
  '01',
  '1.0',
  '1.5',
  '٣',
  '1,0',
  'NaN',
  '-1',
  '101',
  '1e400',
])('a query’s number is digits alone: “%s” is none', (after) => {
  expect(query.safeParse({ after }).error?.issues).toMatchObject([{ path: ['after'] }]);
});

test('a query’s number is as it is written, and what was not said is what the call says', () => {
  expect(query.parse({ after: '0', limit: '100' })).toEqual({ after: 0, limit: 100 });
  expect(query.parse({ after: 7 })).toEqual({ after: 7, limit: 20 });
});
