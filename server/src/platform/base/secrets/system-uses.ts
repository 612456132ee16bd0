import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const secretsSystemUses = {
  'secrets.keys': 'master keys are the server’s, and values of all accounts under an old one are sealed anew',
} as const;

declareLongUses('secrets.keys');

type Own = typeof secretsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
