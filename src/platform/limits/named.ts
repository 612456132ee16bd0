import type { KeptAnswers, KeyName } from '#platform/idempotency';
import type { AccountId } from '#platform/kernel';
import type { IdempotencyRequest } from './permit.ts';

/** A call's Idempotency-Key as its row has it. */
export interface Keyed {
  readonly name: KeyName;
  /** What is kept of the request. */
  readonly request: string;
  /** As it was sent; it is kept nowhere. */
  readonly key: string;
}

/** The row of a call that spends for an account. */
export function namedBy(
  answers: KeptAnswers,
  accountId: AccountId,
  { route, by, key, bodyHash }: IdempotencyRequest,
): Keyed {
  const name = answers.nameOf({ owner: { account: accountId }, route, by, key });
  return { name, request: answers.requestOf(name, bodyHash), key };
}
