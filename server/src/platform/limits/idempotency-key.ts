import type { KeptAnswers, KeyName } from '#platform/idempotency';
import type { AccountId } from '#platform/kernel';
import type { IdempotencyRequest } from './permit.ts';

/** The Idempotency-Key of a call, as its row stores it. */
export interface IdempotencyKey {
  readonly name: KeyName;
  /** The stored digest of the request. */
  readonly request: string;
  /** The key as it was sent; it is never stored. */
  readonly key: string;
}

/** The key of a call that spends for an account. */
export function idempotencyKeyOf(
  answers: KeptAnswers,
  accountId: AccountId,
  { route, by, key, bodyHash }: IdempotencyRequest,
): IdempotencyKey {
  const name = answers.nameOf({ owner: { account: accountId }, route, by, key });
  return { name, request: answers.requestOf(name, bodyHash), key };
}
