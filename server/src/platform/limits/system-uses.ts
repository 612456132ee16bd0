/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const limitsSystemUses = {
  'limits.rates': 'rates by IP and key are counted before or without an account',
  'limits.admission': 'one batch decides for callers of many accounts',
  'limits.settlement': 'one batch settles permits of many accounts',
  'limits.holders': 'a holder is a process and serves all accounts',
  'limits.seats': 'one batch renews seats of many accounts, and they are counted over all',
  'limits.sweep': 'permits of dead holders are closed in all accounts',
  'limits.alerts': 'alerts of all accounts are told, and those who manage them found',
  'limits.denials':
    'one process counts denials and failed calls of many accounts, and platform admins read denials of all',
  'limits.operator': 'budgets of the operator are over all accounts, and platform admins are told of them',
} as const;

type Own = typeof limitsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
