import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const entitlementsSystemUses = {
  'admin.grants': 'a platform admin grants a plan to an account that is not their own',
  'entitlements.rewrite': 'a change of plans in code rewrites the snapshots of all accounts',
} as const;

declareLongUses('entitlements.rewrite');

type Own = typeof entitlementsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
