import { declareErrors } from '#platform/kernel';

/** Codes of the conventions that every call shares. */
declareErrors({
  method_not_allowed: {
    status: 405,
    message: 'This path does not take this method: Allow lists what it takes.',
  },
  request_timeout: { status: 408, message: 'The request did not arrive in time.' },
  precondition_failed: {
    status: 412,
    message: 'This has changed since you read it. Read it again, and repeat your change.',
  },
  payload_too_large: { status: 413, message: 'The body is larger than this call takes.' },
  unsupported_media_type: {
    status: 415,
    message: 'Send this call application/json in UTF-8, without a Content-Encoding.',
  },
  headers_too_large: { status: 431, message: 'The headers of the request are too large.' },
  unavailable: { status: 503, message: 'This cannot be done right now. Try again shortly.' },
});
