import { deleteUnheld, statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import type { Method } from '../sessions/sign-in-replies.ts';

/** Choosing an account and giving a second factor at the provider takes minutes. */
const STATE_LIFETIME = `interval '10 minutes'`;
/** A browser takes its code to the product at once. */
const CODE_LIFETIME = `interval '60 seconds'`;

export interface SignInState {
  readonly stateHash: string;
  readonly browserHash: string;
  readonly provider: string;
  readonly returnTo: string;
  readonly codeChallenge: string;
}

/** Stores a sign-in that has begun; drops those whose browser never came back. */
export const putState = (state: SignInState) =>
  [
    statement(deleteUnheld('identity.sign_in_states', 'expires_at <= app.now()')),
    statement(
      `insert into identity.sign_in_states (state_hash, browser_hash, provider, return_to, code_challenge, expires_at)
       values ($1, $2, $3, $4, $5, app.now() + ${STATE_LIFETIME})`,
      [state.stateHash, state.browserHash, state.provider, state.returnTo, state.codeChallenge],
    ),
  ] as const;

/** Uses a state up: of two at once, one gets the row. Another browser's, another provider's and an old one give none. */
export const useState = (state: Pick<SignInState, 'stateHash' | 'browserHash' | 'provider'>) =>
  statement<{ return_to: string; code_challenge: string }>(
    `delete from identity.sign_in_states
     where state_hash = $1 and browser_hash = $2 and provider = $3 and expires_at > app.now()
     returning return_to, code_challenge`,
    [state.stateHash, state.browserHash, state.provider],
  );

export interface SignInCode {
  readonly userId: UserId;
  readonly codeHash: string;
  readonly method: Method;
  readonly codeChallenge: string;
}

/** Stores a one-time code; drops those of the user that were not used in time. */
export const putCode = (code: SignInCode) =>
  [
    statement('delete from identity.sign_in_codes where user_id = $1 and expires_at <= app.now()', [
      code.userId,
    ]),
    statement(
      `insert into identity.sign_in_codes (user_id, code_hash, method, code_challenge, expires_at)
       values ($1, $2, $3, $4, app.now() + ${CODE_LIFETIME})`,
      [code.userId, code.codeHash, code.method, code.codeChallenge],
    ),
  ] as const;

/** The code of a hash, while it is good; not locked. */
export const codeOf = (codeHash: string) =>
  statement<{ user_id: UserId; method: Method; code_challenge: string }>(
    'select user_id, method, code_challenge from identity.sign_in_codes where code_hash = $1 and expires_at > app.now()',
    [codeHash],
  );

/** Uses a code up: of two at once, one gets the row. */
export const useCode = (userId: UserId, codeHash: string) =>
  statement<{ user_id: UserId }>(
    `delete from identity.sign_in_codes where user_id = $1 and code_hash = $2 and expires_at > app.now()
     returning user_id`,
    [userId, codeHash],
  );

/** Ends the codes of a user that are not used yet. */
export const endCodes = (userId: UserId) =>
  statement('delete from identity.sign_in_codes where user_id = $1', [userId]);

/** Marks an ID token as used until it is over, in Unix seconds; no row comes back when it was used before. */
export const useIdToken = (tokenHash: string, until: number) =>
  [
    statement(deleteUnheld('identity.used_id_tokens', 'expires_at <= app.now()')),
    statement<{ token_hash: string }>(
      `insert into identity.used_id_tokens (token_hash, expires_at) values ($1, to_timestamp($2))
       on conflict (token_hash) do nothing returning token_hash`,
      [tokenHash, until],
    ),
  ] as const;
