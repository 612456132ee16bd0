import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const secretsSystemUses = {
  'secrets.keys':
    'master keys are the server’s, and what is sealed under an old one is sealed anew whoever’s it is',
} as const;

declareLongUses('secrets.keys');

type Own = typeof secretsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
