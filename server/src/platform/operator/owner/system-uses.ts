/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const ownerSystemUses = {
  'owner.first-start': 'the first start makes the local owner, later ones give them plans of new products',
  'owner.sign-in': 'the local owner signs in by a link: nobody is signed in yet',
} as const;

type Own = typeof ownerSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
