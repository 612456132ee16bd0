import { declareErrors } from '#platform/kernel';

declareErrors({
  webhook_disabled: { status: 409, message: 'This webhook is disabled: enable it first.' },
});
