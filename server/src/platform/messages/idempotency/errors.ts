import { declareErrors } from '#platform/kernel';

declareErrors({
  idempotency_key_required: { status: 400, message: 'This call needs an Idempotency-Key header.' },
  idempotency_in_progress: {
    status: 409,
    message: 'A call with this Idempotency-Key is still running. Try again in a moment.',
  },
  idempotency_mismatch: {
    status: 422,
    message: 'This Idempotency-Key was used with another request. Send a new key.',
  },
});
