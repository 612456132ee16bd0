import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const productSystemUses = {
  'product.purge': 'items of all accounts that were in the trash of a product for 30 days go',
} as const;

declareLongUses('product.purge');

type Own = typeof productSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
