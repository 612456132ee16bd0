/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const billingSystemUses = {
  'billing.overage': 'units past the limits of all accounts are counted, and reported to the store',
  'billing.prices': 'what the store calls what is sold, which is of no account',
  'billing.customers': 'who owns an account is told to the store, which only the system role may write down',
  'billing.import': 'what was sold elsewhere, to any account',
  'billing.endings':
    'subscriptions of accounts that were closed, and customers who were erased, are ended at the store',
  'billing.inbox': 'a store tells of all its customers, and whose they are is found out by reading',
  'admin.billing': 'a platform admin reads what stores told, and has it looked at again',
} as const;

type Own = typeof billingSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
