/** Uses of `db.system` by this product, with the reason why no single account or user owns the work. */
export const orbitSystemUses = {
  'orbit.workspaces': 'a person’s workspaces are listed together, and each is an account of its own',
  'orbit.exports': 'exports whose time is over are swept, those of all accounts',
} as const;

type Own = typeof orbitSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
