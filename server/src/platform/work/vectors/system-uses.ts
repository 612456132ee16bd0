import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const vectorsSystemUses = {
  'vectors.centre': 'collections of all accounts that have grown get a new centre',
} as const;

declareLongUses('vectors.centre');

type Own = typeof vectorsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
