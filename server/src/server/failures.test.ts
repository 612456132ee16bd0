import { expect, test } from 'vitest';
import { AppError, type AppErrorOptions } from '#platform/kernel';
import '#platform/limits';
import { failureAnswer } from './failures.ts';

const headersOf = (options: AppErrorOptions, code = 'limit_exceeded') =>
  failureAnswer(new AppError(code, options), 'request').headers;

test('a 429 says when to come back, or that a retry is of no use', () => {
  expect(headersOf({ retryAfter: 7 })).toEqual({ 'retry-after': '7' });
  expect(headersOf({})).toEqual({ 'x-should-retry': 'false' });
});

test.each([
  [undefined, '1'],
  [0, '1'],
  [0.2, '1'],
  [-5, '1'],
  [2, '2'],
  [31_536_000, '60'],
  [Number.POSITIVE_INFINITY, '60'],
])('a 503 of an error that says %s keeps callers away for %s seconds', (retryAfter, told) => {
  const options = retryAfter === undefined ? {} : { retryAfter };
  expect(headersOf(options, 'server_stopping')).toEqual({ 'retry-after': told });
});
