import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const billingSystemUses = {
  'billing.overage': 'units past the limits of all accounts are counted, and reported to the provider',
  'billing.prices': 'what the provider calls what is sold, which is of no account',
  'billing.customers':
    'who owns an account is told to the provider, which only the system role may write down',
  'billing.import': 'what was sold elsewhere, to any account',
  'billing.paying':
    'how many subscriptions, of all accounts, pay for a product that its operator has turned off',
  'billing.endings':
    'subscriptions of accounts that were closed, and customers who were erased, are ended at the provider',
  'billing.credits': 'credit of any account is taken at the provider, where its money has gone back',
  'billing.inbox':
    'a payment provider tells of all its customers, and whose they are is found out by reading',
  'billing.sharing': 'an item that is sold belongs to its buyer, and its share to another account',
  'billing.payouts':
    'what all payees are owed is paid, and compared with the provider, which tells who can be paid',
  'admin.billing': 'a platform admin reads the events of payment providers, and has them processed again',
} as const;

declareLongUses('billing.import', 'billing.overage');

type Own = typeof billingSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
