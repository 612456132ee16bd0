/** Every use of `db.system`, with the reason why no single account or user owns the work. */
export const SYSTEM_USES = {
  'identity.credentials':
    'nobody is signed in yet: a token, key, email or refresh token is looked up to find out who calls',
  'identity.guessing': 'guesses are counted before anybody is known',
  'identity.prune': 'sessions that were over long ago are deleted, whoever’s they were',
  'identity.import': 'users of another system, who are nobody here yet',
  'billing.overage': 'units past the limits of all accounts are counted, and reported to the store',
  'billing.prices': 'what the store calls what is sold, which is of no account',
  'billing.customers': 'who owns an account is told to the store, which only the system role may write down',
  'billing.import': 'what was sold elsewhere, to any account',
  'billing.endings':
    'subscriptions of accounts that were closed, and customers who were erased, are ended at the store',
  'billing.inbox': 'a store tells of all its customers, and whose they are is found out by reading',
  'admin.billing': 'a platform admin reads what stores told, and has it looked at again',
  'identity.signing-keys': 'the signing keys belong to the server',
  'secrets.keys':
    'master keys are the server’s, and what is sealed under an old one is sealed anew whoever’s it is',
  'accounts.membership':
    'whether a caller may act for an account, or open it again, is read before there is a scope',
  'accounts.prune': 'invitations that were over long ago are deleted, whoever sent them',
  'accounts.personal-audit':
    'what a person did belongs to no account: the owner of a personal account reads their own sign-ins with it',
  'accounts.invitee': 'whoever was invited is no member yet: their invitation is found by its token',
  'sso.sign-in':
    'nobody is signed in yet: the organization of a domain, and whom its provider means, are looked up to find out who comes',
  'sso.domains': 'proven domains of all organizations are looked up in DNS anew',
  'admin.admins': 'an operator makes and unmakes platform admins at the machine',
  'admin.users': 'a platform admin suspends and reinstates users other than themselves',
  'erasure.run': 'whoever closed their account 14 days ago is erased, from the rows of all modules',
  'erasure.export': 'an archive holds what a tenant’s role does not read: the mails, the audit of a person',
  'admin.accounts': 'a platform admin suspends and reinstates accounts that are not their own',
  'admin.audit': 'a platform admin reads what happened in all accounts',
  'admin.calls': 'an idempotent call of a platform admin acts on accounts that are not their own',
  'admin.grants': 'a platform admin grants a plan to an account that is not their own',
  'admin.mail': 'a platform admin reads the log of all mails',
  'admin.jobs': 'a platform admin looks after jobs of accounts that are not their own',
  'admin.reports': 'a platform admin’s reports, and what was sold, are of all accounts',
  'reports.rollup': 'one run adds up what was posted of all accounts',
  'entitlements.rewrite': 'a change of plans in code rewrites the snapshots of all accounts',
  'idempotency.salt': 'the salt of the names of keys belongs to the server',
  'idempotency.sweep': 'expired keys are deleted whoever they belong to',
  'http.rates': 'rates by IP and key are counted before or without an account',
  'limits.admission': 'one batch decides for callers of many accounts',
  'limits.settlement': 'one batch settles permits of many accounts',
  'limits.holders': 'a holder is a process and serves all accounts',
  'limits.sweep': 'permits of dead holders are closed whoever they belong to',
  'limits.alerts': 'alerts of all accounts are told, and those who manage them found',
  'limits.operator': 'budgets of the operator are over all accounts, and platform admins are told of them',
  'jobs.queue': 'a worker takes the next job whoever it belongs to',
  'webhooks.admin': 'endpoints and deliveries are the operator’s',
  'webhooks.relay': 'events of all accounts are handed out to the operator’s endpoints',
  'webhooks.delivery': 'a worker tells the operator’s endpoints of all accounts',
  'mail.sending': 'a worker sends mails whoever they belong to, and many belong to no account',
  'product.purge': 'what has been in the trash of a product for 30 days goes, whoever it belongs to',
  'server.owner': 'the first start makes the local owner',
  'server.installation':
    'which data a database keeps, and whether it was moved elsewhere, is said of all of it',
  'db.maintenance': 'statistics and dead rows are those of whole tables',
} as const;

export type SystemUse = keyof typeof SYSTEM_USES;
