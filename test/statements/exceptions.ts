/** A statement that can't be looked at, and why. */
export interface Exception {
  /** The file and what in it makes the statement. */
  readonly name: string;
  readonly because: string;
}

const CATALOG =
  'its tables and columns are those of the catalog, whichever they are; moving.test.ts moves them all';

export const EXCEPTIONS: readonly Exception[] = [
  { name: 'server/src/platform/base/db/contents.ts contentsOf', because: CATALOG },
  { name: 'server/src/platform/base/db/copying.ts withoutObstacles', because: CATALOG },
  { name: 'server/src/platform/base/db/copying.ts copyRows', because: CATALOG },
  { name: 'server/src/platform/base/db/copying.ts copySequences', because: CATALOG },
  { name: 'server/src/platform/base/db/moving.ts firstFilled', because: CATALOG },
  { name: 'server/src/platform/base/db/moving.ts copyTable', because: CATALOG },
  {
    name: 'server/src/platform/base/secrets/reseal.ts oldTexts',
    because: 'its columns are those that modules declare as sealed; resealing.test.ts reseals each of them',
  },
  {
    name: 'server/src/platform/base/secrets/reseal.ts replaceText',
    because: 'its columns are those that modules declare as sealed; resealing.test.ts reseals each of them',
  },
  {
    name: 'server/src/platform/work/erasure/plan.ts eraseStatement',
    because: 'its tables are those of the data rules; the walkers erase all of them',
  },
  {
    name: 'server/src/platform/work/erasure/contents.ts rowsIn',
    because: 'its tables are those of the data rules; the walkers export all of them',
  },
  {
    name: 'server/src/platform/limits/settlement/settling.ts costs',
    because:
      'its values are the columns of a batch, made once for all of a batch: the list is built in `orderClosings`',
  },
  {
    name: 'server/src/platform/limits/admission/admission.ts flush',
    because:
      'its values are the columns of a batch, made once for all of a batch: the list is built in batch.ts',
  },
  {
    name: 'server/src/platform/work/jobs/dead-letters.ts list',
    because:
      'its conditions are the filters that were asked for, so that each has a plan of its own; it has a test for each',
  },
  {
    name: 'server/src/platform/billing/projection/write-rows.ts upsert',
    because:
      'its values are the fields of a row, whose columns are looked at: each kind of row has its tests',
  },
];

/** The list may only shrink. */
export const MOST_EXCEPTIONS = 14;

/** Columns that may be null by their table, and are not where anybody reads them. */
export const FILLED: readonly { readonly column: string; readonly because: string }[] = [
  {
    column: 'identity.users.default_account_id',
    because: 'it is set in the transaction that makes the user, after the account, which names its maker',
  },
];
