/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const complianceSystemUses = {
  'admin.compliance': 'a platform admin reads what was exported, erased and released, over all accounts',
} as const;

type Own = typeof complianceSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
