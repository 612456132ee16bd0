import { expect, test } from 'vitest';
import { AppError, type AppErrorOptions } from '#platform/kernel';
import '#platform/limits';
import { failureAnswer } from './failures.ts';

const headersOf = (options: AppErrorOptions) =>
  failureAnswer(new AppError('limit_exceeded', options), 'request').headers;

test('a 429 says when to come back, or that a retry is of no use', () => {
  expect(headersOf({ retryAfter: 7 })).toEqual({ 'retry-after': '7' });
  expect(headersOf({})).toEqual({ 'x-should-retry': 'false' });
});
