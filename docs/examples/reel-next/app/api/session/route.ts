import { handle } from '../../../server/handle.ts';

/** The visitor, and their posts of the month. */
export const GET = handle(async ({ plinth }) => {
  const [{ email }, { data }] = [await plinth.me.get(), await plinth.usage()];
  const posts = data.find(({ product, limit }) => product === 'reel' && limit === 'generations');
  return { email, posts: posts === undefined ? 'no plan' : `${posts.used} of ${posts.max} posts` };
});

interface Door {
  readonly how: 'signIn' | 'signUp';
  readonly email: string;
  readonly password: string;
}

/** Signs in, or up. Tokens stay here: the answer is `signed_in`, `verification_sent` or `mfa_required`. */
export const POST = handle<Door>(async ({ plinth, body: { how, ...person } }) => {
  const { status } = await plinth.auth[how](person);
  return { status };
});

export const DELETE = handle(({ plinth }) => plinth.auth.signOut());
