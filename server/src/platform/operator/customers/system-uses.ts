/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const customersSystemUses = {
  'admin.customers': 'a platform admin finds accounts among all of them',
} as const;

type Own = typeof customersSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
