import { type DataRule, erased, THE_ACCOUNTS } from '#platform/db';

/** What erasure and export do with files. Their bytes are deleted before the rows, and an archive has links to them. */
export const blobsDataRules: DataRule[] = [
  {
    table: 'blobs.blobs',
    account: erased(),
    user: THE_ACCOUNTS,
    // Where the bytes lie and how they came there is the operator's.
    withheld: ['key', 'upload_id'],
  },
];
