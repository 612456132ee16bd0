import { createKeptAnswers } from '#platform/idempotency';
import { systemRandom } from '#platform/kernel';
import { createSecrets } from '#platform/secrets';

/** How tests name Idempotency-Keys and keep answers: the same way in all their processes. */
export const answers = createKeptAnswers({
  secrets: createSecrets({ keys: [{ id: 'tests', bytes: Buffer.alloc(32, 7) }] }),
  random: systemRandom,
  salt: 'the salt of tests',
});
