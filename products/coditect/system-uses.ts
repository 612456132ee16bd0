import { declareLongUses } from 'plinth/product';

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
export const coditectSystemUses = {
  'coditect.activity': 'a platform admin reads what all accounts did, and what of it is unusual',
} as const;

declareLongUses('coditect.activity');

type Own = typeof coditectSystemUses;
declare module 'plinth/product' {
  interface ProductSystemUses extends Own {}
}
