import { type DataRule, erased, THE_ACCOUNTS } from 'plinth/product';

/** How erasure and export treat posts. */
export const reelDataRules: DataRule[] = [
  { table: 'reel.drafts', account: erased(), user: THE_ACCOUNTS },
  { table: 'reel.generations', account: erased() },
  { table: 'reel.variants', account: erased() },
  {
    table: 'reel.assets',
    account: erased(),
    user: THE_ACCOUNTS,
    withheld: ['trashed', 'stemming', 'section', 'search'],
  },
];
