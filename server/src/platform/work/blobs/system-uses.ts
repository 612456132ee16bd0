import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const blobsSystemUses = {
  'blobs.signed': 'a signed request names a file, and no account',
  'blobs.sweep': 'files of all accounts whose time is over are found, and their bytes deleted',
  'blobs.erasure': 'the bytes of an account that is erased are deleted, and it has no members any more',
  'blobs.totals': 'what all accounts store is a figure for the operator',
  'blobs.export': 'an archive lists the files of the account that it is of, and a job of nobody’s makes it',
} as const;

declareLongUses('blobs.totals');

type Own = typeof blobsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
