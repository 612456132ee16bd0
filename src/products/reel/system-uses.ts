/** Uses of `db.system` by this product, with the reason why no single account or user owns the work. */
export const reelSystemUses = {
  'reel.purge': 'assets that have been in the trash for 30 days go, whoever they belong to',
} as const;

type Own = typeof reelSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
