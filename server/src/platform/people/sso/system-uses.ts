/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const ssoSystemUses = {
  'sso.sign-in':
    'nobody is signed in yet: the organization of a domain, and whom its provider means, are looked up to find out who comes',
  'sso.domains': 'proven domains of all organizations are looked up in DNS anew',
} as const;

type Own = typeof ssoSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
