import { type DataRule, erased, THE_ACCOUNTS } from '#platform/db';

/** The purpose of a file that its product alone can open: no archive lists it, but what the product's own table has of it. */
export const SEALED = 'sealed';

/** How erasure and export treat files. Their bytes are deleted before the rows, and an archive has links to them. */
export const blobsDataRules: DataRule[] = [
  {
    table: 'blobs.blobs',
    account: erased(),
    accountShows: `t.purpose <> '${SEALED}'`,
    user: THE_ACCOUNTS,
    // Where the bytes lie and how they came there is the operator's.
    withheld: ['key', 'upload_id'],
  },
];
