interface Exception {
  readonly table: string;
  /** What is objected, in full or up to a star. */
  readonly says: string;
  readonly because: string;
}

const asked = new Set<Exception>();

/** Tables that nobody owns, and what else is not as elsewhere, each with its reason. */
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
  { table: 'public.plinth_migrations', says: 'it is the system’s', because: 'which migrations were applied' },
  {
    table: 'public.plinth_migrations',
    says: 'row security is *',
    because: 'no role but the migrator’s has any right',
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
  { table: 'identity.signing_keys', says: 'it is the system’s', because: 'the keys belong to the server' },
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
    because: 'what was spent of them, whoever did',
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
  { table: 'webhooks.endpoints', says: 'it is the system’s', because: 'endpoints are the operator’s' },
  {
    table: 'webhooks.deliveries',
    says: 'it is the system’s',
    because: 'what the operator’s endpoints were told, of whichever account',
  },
  // Accounts and users themselves.
  {
    table: 'accounts.accounts',
    says: 'the unique accounts_one_personal*',
    because: 'one personal account for each user',
  },
  { table: 'identity.users', says: 'the unique users_by_email*', because: 'an email is one user’s of all' },
  {
    table: 'reports.proceeds',
    says: 'the unique proceeds_by_source*',
    because: 'a sale of a store is one account’s of all; tenants have no right to the table',
  },
  // Of owners, and yet not as elsewhere.
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

/** Tables whose rows are written once: no role may change or delete them. */
export const APPEND_ONLY = ['audit.events', 'entitlements.snapshots'];

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
