import { declareErrors } from '#platform/kernel';

declareErrors({
  job_not_dead: {
    status: 409,
    message: 'Only a job that was given up can be replayed or discarded, and this one is not.',
  },
  job_not_replayable: {
    status: 409,
    message: 'A job of this kind can’t be replayed: what it was about has ended with it.',
  },
});
