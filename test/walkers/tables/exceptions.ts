interface Exception {
  readonly table: string;
  /** What is objected, in full or up to a star. */
  readonly says: string;
  readonly because: string;
}

const asked = new Set<Exception>();

/** Tables without an owner, and what else is not as elsewhere, each with its reason. */
export const TABLE_EXCEPTIONS: readonly Exception[] = [
  // The system's own.
  { table: 'app.clock', says: 'it is the system’s', because: 'the time is everybody’s' },
  {
    table: 'app.clock',
    says: 'row security is *',
    because: 'one row, the same for all; tests alone move it',
  },
  { table: 'app.clock', says: 'tenants may select*', because: 'app.now() reads it in every scope' },
  { table: 'app.clock', says: 'it has no created_at', because: 'one row, made by its migration' },
  {
    table: 'app.clock',
    says: 'it is changed and has no updated_at',
    because: 'a sample moves the time of a database of its own',
  },
  { table: 'app.installation', says: 'it is the system’s', because: 'which data this is, of everybody' },
  { table: 'public.plinth_migrations', says: 'it is the system’s', because: 'which migrations were applied' },
  {
    table: 'public.plinth_migrations',
    says: 'row security is *',
    because: 'the system reads what is applied; no role but the migrator’s may write',
  },
  { table: 'public.plinth_migrations', says: 'it has no created_at', because: 'applied_at is that' },
  {
    table: 'entitlements.defaults',
    says: 'it is the system’s',
    because: 'what accounts have that hold no plan',
  },
  {
    table: 'entitlements.defaults',
    says: 'tenants may select*',
    because: 'read where an account holds nothing',
  },
  { table: 'entitlements.defaults', says: 'the policy everybody*', because: 'the same for all accounts' },
  {
    table: 'entitlements.plan_versions',
    says: 'it is the system’s',
    because: 'terms at which the operator sold plans',
  },
  {
    table: 'entitlements.plan_versions',
    says: 'tenants may select*',
    because: 'read with what an account bought',
  },
  {
    table: 'entitlements.plan_versions',
    says: 'the policy everybody*',
    because: 'the same for all who bought the plan',
  },
  { table: 'identity.signing_keys', says: 'it is the system’s', because: 'the keys belong to the server' },
  { table: 'coditect.signing_keys', says: 'it is the system’s', because: 'the keys belong to the server' },
  { table: 'coditect.rolled_days', says: 'it is the system’s', because: 'a day is of all accounts' },
  {
    table: 'coditect.licenses',
    says: 'the unique licenses_key_hash_key*',
    because: 'a keyed hash of 95 random bits says whose it is before the account is known',
  },
  { table: 'ai.routes', says: 'it is the system’s', because: 'routes of models are the operator’s' },
  { table: 'brands.brands', says: 'it is the system’s', because: 'brands are the operator’s' },
  { table: 'plans.moves', says: 'it is the system’s', because: 'what is sold is the operator’s' },
  { table: 'plans.drafts', says: 'it is the system’s', because: 'what is sold is the operator’s' },
  { table: 'plans.versions', says: 'it is the system’s', because: 'what is sold is the operator’s' },
  {
    table: 'orbit.public_templates',
    says: 'it is the system’s',
    because: 'what the operator publishes for all workspaces',
  },
  {
    table: 'orbit.workspaces',
    says: 'the unique workspaces_slug_key*',
    because: 'a slug is a name in links: of another’s it shows that it is taken, and no more',
  },
  {
    table: 'privacy.budgets',
    says: 'it is the system’s',
    because: 'what releases have spent, of all accounts alike',
  },
  {
    table: 'erasure.proofs',
    says: 'it is the system’s',
    because: 'counts of what was erased, of whom by an id that is nobody’s by then',
  },
  {
    table: 'privacy.releases',
    says: 'it is the system’s',
    because: 'counts with noise over all accounts, and of none',
  },
  { table: 'secrets.master_keys', says: 'it is the system’s', because: 'the names of the server’s keys' },
  { table: 'idempotency.salts', says: 'it is the system’s', because: 'the salt belongs to the server' },
  {
    table: 'identity.guesses',
    says: 'it is the system’s',
    because: 'guesses are counted before anybody is known',
  },
  {
    table: 'identity.admin_invitations',
    says: 'it is the system’s',
    because: 'addresses that an operator invited, of which many have no user yet',
  },
  {
    table: 'identity.passkey_ceremonies',
    says: 'it is the system’s',
    because: 'random bytes for five minutes; at a sign-in nobody knows yet whose they are',
  },
  {
    table: 'identity.sign_in_states',
    says: 'it is the system’s',
    because: 'browsers that are at a provider for ten minutes; nobody knows yet whose they are',
  },
  {
    table: 'identity.mail_sign_ins',
    says: 'it is the system’s',
    because: 'addresses that somebody typed, of which many have no user; gone within hours',
  },
  {
    table: 'identity.used_id_tokens',
    says: 'it is the system’s',
    because: 'hashes of ID tokens that let any bearer in once',
  },
  {
    table: 'identity.identities',
    says: 'the unique identities_by_subject*',
    because: 'a subject of a provider is one user’s of all; tenants can not write it',
  },
  { table: 'limits.holders', says: 'it is the system’s', because: 'a holder is a process' },
  {
    table: 'limits.holders',
    says: 'it is changed*',
    because: 'expires_at is all that changes, and says when',
  },
  { table: 'jobs.schedules', says: 'it is the system’s', because: 'a schedule is of no account' },
  {
    table: 'jobs.schedules',
    says: 'it is changed*',
    because: 'last_at is when it ran, and all that changes with next_at',
  },
  {
    table: 'limits.rates',
    says: 'it is the system’s',
    because: 'counted by IP and key, before an account is known',
  },
  { table: 'limits.rates', says: 'it has no created_at', because: 'a row of a minute, gone an hour later' },
  { table: 'limits.rates', says: 'it is changed*', because: 'written with every call: no byte too many' },
  {
    table: 'limits.operator_budgets',
    says: 'it is the system’s',
    because: 'budgets of the operator, over all accounts',
  },
  {
    table: 'limits.operator_spending',
    says: 'it is the system’s',
    because: 'what all accounts spent of them',
  },
  {
    table: 'limits.operator_spending',
    says: 'it has no created_at',
    because: 'a sum of a day, whose row says which',
  },
  {
    table: 'limits.postings',
    says: 'it is the system’s',
    because: 'a row names what one statement posted, of many accounts',
  },
  {
    table: 'vectors.signs',
    says: 'it has no created_at',
    because: 'it is of an item, which has that: a search reads all of them',
  },
  {
    table: 'vectors.points',
    says: 'it has no created_at',
    because: 'it is of an item, which has that',
  },
  {
    table: 'vectors.stray_points',
    says: 'it is the system’s',
    because: 'random ids of what a store outside is about to delete, also of accounts that are erased',
  },
  { table: 'webhooks.endpoints', says: 'it is the system’s', because: 'endpoints are the operator’s' },
  {
    table: 'webhooks.deliveries',
    says: 'it is the system’s',
    because: 'what the operator’s endpoints were told, of whichever account',
  },
  {
    table: 'billing.inbox',
    says: 'it is the system’s',
    because: 'a store tells of all its customers; whose they are is found out by reading',
  },
  {
    table: 'billing.wants',
    says: 'it is the system’s',
    because: 'objects of a store, before anybody knows whose they are',
  },
  {
    table: 'billing.bodies',
    says: 'it is the system’s',
    because: 'what a store answered of an object; billing.objects says whose it is',
  },
  {
    table: 'billing.drains',
    says: 'it is the system’s',
    because: 'a job of a store',
  },
  {
    table: 'billing.buckets',
    says: 'it is the system’s',
    because: 'when a store may be read, by all processes together',
  },
  {
    table: 'billing.buckets',
    says: 'it has no created_at',
    because: 'a number that moves with each read',
  },
  {
    table: 'billing.reconciled',
    says: 'it is the system’s',
    because: 'up to when a store was asked',
  },
  {
    table: 'billing.reconciled',
    says: 'it has no created_at',
    because: 'an instant that moves with each look',
  },
  {
    table: 'billing.prices',
    says: 'it is the system’s',
    because: 'what the store calls what is sold',
  },
  {
    table: 'billing.objects',
    says: 'account_id may be null',
    because: 'its customer is nobody here yet',
  },
  {
    table: 'billing.objects',
    says: 'the unique objects_pkey*',
    because: 'an object of a store is one account’s of all; tenants have no right to the table',
  },
  {
    table: 'billing.customers',
    says: 'the unique customers_by_name*',
    because: 'a customer of a store is one account’s of all; tenants can not write it',
  },
  {
    table: 'billing.subscriptions',
    says: 'the unique subscriptions_by_store_id*',
    because: 'a subscription of a store is one account’s of all; tenants can not write it',
  },
  {
    table: 'billing.invoices',
    says: 'the unique invoices_by_store_id*',
    because: 'an invoice of a store is one account’s of all; tenants can not write it',
  },
  {
    table: 'billing.payments',
    says: 'the unique payments_by_store_id*',
    because: 'a charge of a store is one account’s of all; tenants can not write it',
  },
  {
    table: 'billing.refunds',
    says: 'the unique refunds_by_store_id*',
    because: 'a refund of a store is one account’s of all; tenants can not write it',
  },
  {
    table: 'billing.disputes',
    says: 'the unique disputes_by_store_id*',
    because: 'a dispute of a store is one account’s of all; tenants can not write it',
  },
  {
    table: 'billing.checkouts',
    says: 'the unique checkouts_by_session*',
    because: 'a session of a store is one account’s of all; another that names it is refused',
  },
  {
    table: 'billing.item_sales',
    says: 'the unique item_sales_by_invoice*',
    because: 'an invoice of a store is one account’s of all; tenants can not write it',
  },
  {
    table: 'billing.payees',
    says: 'the unique payees_by_store_id*',
    because: 'an account at a store is one account’s of all; tenants can not write it',
  },
  { table: 'billing.payout_runs', says: 'it is the system’s', because: 'a run pays all payees' },
  { table: 'billing.payout_looks', says: 'it is the system’s', because: 'what differs from a store’s books' },
  { table: 'adiuva.plugins', says: 'it is the system’s', because: 'the catalogue is public' },
  { table: 'adiuva.plugin_versions', says: 'it is the system’s', because: 'the catalogue is public' },
  { table: 'adiuva.market_keys', says: 'it is the system’s', because: 'the keys belong to the server' },
  // Accounts and users themselves.
  {
    table: 'accounts.accounts',
    says: 'the unique accounts_one_personal*',
    because: 'one personal account for each user',
  },
  { table: 'identity.users', says: 'the unique users_by_email*', because: 'an email is one user’s of all' },
  {
    table: 'identity.users',
    says: 'the unique users_by_external_id*',
    because: 'what an import calls somebody is one user’s of all; tenants can not write it',
  },
  {
    table: 'accounts.customers',
    says: 'the unique customers_external_id_key*',
    because:
      'an external id is one customer’s of all; the operator’s backend alone gives it, and tenants can not write it',
  },
  {
    table: 'reports.proceeds',
    says: 'the unique proceeds_by_source*',
    because: 'a sale of a store is one account’s of all; tenants have no right to the table',
  },
  {
    table: 'sso.domains',
    says: 'the unique domains_verified*',
    because:
      'a domain is proven to be one organization’s of all, and the second organization has shown that it is theirs too',
  },
  // Tables with an owner, and yet not as elsewhere.
  { table: 'audit.events', says: 'account_id may be null', because: 'a log-in is of no account' },
  {
    table: 'audit.events',
    says: 'the unique events_pkey*',
    because: 'without an account the id alone is the key',
  },
  { table: 'idempotency.keys', says: 'it is changed*', because: 'it changes once, from running to done' },
  {
    table: 'identity.refresh_tokens',
    says: 'it is changed*',
    because: 'it changes once, and rotated_at says when',
  },
  {
    table: 'limits.meters',
    says: 'it is changed*',
    because: 'written with every admission: no byte too many',
  },
];

/** Functions that tenants may call, that run as the system, and that ask for no scope: each tells nothing of another's. */
export const SCOPELESS: Readonly<Record<string, string>> = {
  'jobs.turn_for(uuid,text,bigint,text[])':
    'a turn is a number in the queue of all accounts; no row is shown',
};

/** Tables whose rows are written once: no role may change or delete them. */
export const APPEND_ONLY = [
  'audit.events',
  'entitlements.plan_versions',
  'entitlements.snapshots',
  'erasure.proofs',
  'privacy.releases',
];

/** Whether a reason is known for what is objected to a table. */
export function excuses(table: string, says: string): boolean {
  const found = TABLE_EXCEPTIONS.filter(
    (one) =>
      one.table === table &&
      (one.says.endsWith('*') ? says.startsWith(one.says.slice(0, -1)) : says === one.says),
  );
  for (const one of found) asked.add(one);
  return found.length > 0;
}

/** Exceptions that excused nothing so far. */
export function idleExceptions(): readonly Exception[] {
  return TABLE_EXCEPTIONS.filter((one) => !asked.has(one));
}
