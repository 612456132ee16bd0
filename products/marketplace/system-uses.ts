/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
export const marketplaceSystemUses = {
  'adiuva.catalogue': 'plugins, their ratings and installs are public data that no account owns',
  'adiuva.review':
    'plugins are sent, reviewed, published and removed: they are public data that no account owns',
} as const;

type Own = typeof marketplaceSystemUses;
declare module 'plinth/product' {
  interface ProductSystemUses extends Own {}
}
