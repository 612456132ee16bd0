import { expect, test } from 'vitest';
import { AppError } from '#platform/kernel';
import '../errors.ts';
import { anthropicError } from './anthropic-errors.ts';

test('an error in Anthropic’s form has our code, details and request id inside', () => {
  const error = new AppError('field_refused', { details: { field: 'mcp_servers' } });
  expect(anthropicError(error, 'r-1')).toEqual({
    type: 'error',
    error: {
      type: 'invalid_request_error',
      code: 'field_refused',
      message: error.message,
      details: { field: 'mcp_servers' },
      request_id: 'r-1',
      docs_url: '/docs/guides/errors#field_refused',
    },
    request_id: 'r-1',
  });
});

test.each([
  [new AppError('unauthenticated'), 'authentication_error'],
  [new AppError('forbidden'), 'permission_error'],
  [new AppError('model_unknown'), 'not_found_error'],
  [new AppError('context_too_large'), 'request_too_large'],
  [new AppError('provider_rate_limited'), 'rate_limit_error'],
  [new AppError('provider_timeout'), 'timeout_error'],
  [new AppError('provider_unavailable'), 'overloaded_error'],
  [new AppError('internal'), 'api_error'],
  [new AppError('conflict'), 'invalid_request_error'],
])('%s is %s to Anthropic’s clients', (error, type) => {
  expect(anthropicError(error, 'r').error.type).toBe(type);
});
