import { declareErrors } from '#platform/kernel';
// idempotency_mismatch and idempotency_in_progress are declared there.
import '#platform/idempotency';

declareErrors({
  limit_exceeded: { status: 429, message: 'A limit of your plan is reached.' },
  plan_required: { status: 402, message: 'Your plan does not include this.' },
  outcome_unknown: {
    status: 409,
    message:
      'A request with this Idempotency-Key was interrupted after its model call was sent; your usage has its cost. To try again, send a new key.',
  },
  operator_budget_closed: { status: 503, message: 'This is not available at the moment. Try again later.' },
  permit_stale: { status: 409, message: 'This permit is closed, or another process took over its work.' },
});
