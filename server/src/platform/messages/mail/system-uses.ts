/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const mailSystemUses = {
  'admin.mail': 'a platform admin reads the log of all mails',
  'mail.sending': 'a worker sends the mails of all accounts, and many belong to no account',
} as const;

type Own = typeof mailSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
