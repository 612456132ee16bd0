import { type Caller, createCaller, type GivenFor, type ReplyOf, type RouteName } from '@plinth/sdk/calls';
import { BROWSER, LOCK, PARTS, session, type Token } from '../../session.ts';

/** Calls without credentials. */
export const anyone: Caller = createCaller({ ...PARTS, credentials: undefined, accountId: undefined });

export type Challenge = Extract<ReplyOf<'POST /v1/auth/login'>, { readonly mfa_required: true }>;

/** Trades a proof (a code of a link, an email and a password) for a session of this browser. Answers the challenge of who has a second factor. */
export async function signIn<R extends RouteName>(
  route: R,
  given: GivenFor<R>,
): Promise<Challenge | undefined> {
  // No refresh at that time: one that is refused would take the new cookie away.
  const response = await navigator.locks.request(LOCK, () => anyone.open(route, given, { headers: BROWSER }));
  const said = (await response.json()) as Token | Challenge;
  if ('mfa_required' in said) return said;
  session.begin(said);
  return undefined;
}
