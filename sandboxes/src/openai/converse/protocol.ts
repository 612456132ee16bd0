import { ApiError } from '../errors.ts';
import type { Protocol } from '../exchange.ts';

/** Errors of Converse by their status (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
const NAMES: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'AccessDeniedException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
};

export const CONVERSE: Protocol = {
  stream: { type: 'application/vnd.amazon.eventstream', encoding: 'latin1' },
  headers: (id) => ['x-amzn-requestid', id],
  error: ({ status, body }) => ({ message: wordsOf(status, body.message) }),
  errorHeaders: ({ status, body }) => [
    'x-amzn-errortype',
    `${/Exception$/.test(body.type) ? body.type : (NAMES[status] ?? 'InternalServerException')}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
  ],
};

/** A model's own words stand behind Bedrock's. */
function wordsOf(status: number, message: string): string {
  if (status === 429) return 'Too many requests, please wait before trying again.';
  return /^(?:messages|system|tools|prompt is)/.test(message)
    ? `The model returned the following errors: ${message}`
    : message;
}

export const refusal = (status: number, type: string, message: string): ApiError =>
  new ApiError(status, { type, message });

export const invalid = (message: string): ApiError => refusal(400, 'ValidationException', message);
