import { z } from 'zod';
import { list, setting } from './setting.ts';

/** Purchases in apps (docs/app-store.md). */
export const STORE_SETTINGS = {
  STORE_SANDBOX_ACCOUNTS: setting(
    list
      .refine(
        (all) => all.every((id) => z.uuid().safeParse(id).success),
        'must be ids of accounts, separated by commas',
      )
      .default([]),
    {
      group: 'Stores',
      says: 'Accounts that hold what is bought in a store’s sandbox, where others get nothing for it because real money is taken too: that of App Review, those of your testers.',
      example: '01932c07-1f6e-7d0a-8b9a-2f6d3c1e5a44',
    },
  ),
} as const;
