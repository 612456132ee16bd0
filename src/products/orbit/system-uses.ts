/** Uses of `db.system` by this product, with the reason why no single account or user owns the work. */
export const orbitSystemUses = {
  'orbit.workspaces': 'a person’s workspaces are listed together, and each is an account of its own',
  'orbit.documents': 'uploads that were never completed are found, whoever began them',
} as const;

type Own = typeof orbitSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
