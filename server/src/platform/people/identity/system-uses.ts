import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const identitySystemUses = {
  'identity.credentials':
    'nobody is signed in yet: a token, key, email or refresh token is looked up to find out who calls',
  'identity.guessing': 'guesses are counted before anybody is known',
  'identity.prune': 'sessions of all users that were over long ago are deleted',
  'identity.import': 'users of another system, who are nobody here yet',
  'identity.signing-keys': 'the signing keys belong to the server',
  'admin.admins': 'an operator makes and unmakes platform admins at the machine',
  'admin.users': 'a platform admin suspends and reinstates users other than themselves',
} as const;

declareLongUses('identity.import', 'identity.prune');

type Own = typeof identitySystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
