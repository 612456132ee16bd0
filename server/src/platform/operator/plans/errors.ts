import { declareErrors } from '#platform/kernel';

declareErrors({
  plans_refused: {
    status: 409,
    message: 'These plans take away what accounts hold. See details.problems.',
  },
});
