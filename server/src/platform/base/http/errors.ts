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
  origin_not_allowed: {
    status: 403,
    message:
      'This server does not take this call from pages of this origin: CORS_ORIGINS lists those that it takes.',
  },
  upgrade_required: {
    status: 426,
    message: 'This path is a WebSocket: send the request in its first frame.',
  },
  unexpected_frame: {
    status: 400,
    message: 'A socket takes one frame of text, the request. Open another socket for another request.',
  },
  too_many_sockets: {
    status: 429,
    message: 'Too many sockets are open here. Close some, or wait until others are done.',
  },
  payload_too_large: { status: 413, message: 'The body is larger than this call takes.' },
  unsupported_media_type: {
    status: 415,
    message: 'Send this call application/json in UTF-8, without a Content-Encoding.',
  },
  headers_too_large: { status: 431, message: 'The headers of the request are too large.' },
  unavailable: { status: 503, message: 'This cannot be done right now. Try again shortly.' },
});
