import { declareErrors } from '#platform/kernel';

declareErrors({
  job_not_dead: {
    status: 409,
    message: 'Only a dead job can be replayed or deleted. This job is not dead.',
  },
  job_not_replayable: {
    status: 409,
    message: 'A job of this kind cannot be replayed, because its subject has ended.',
  },
});
