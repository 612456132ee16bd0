import { type DataRule, erased, erasedWith, kept, THE_ACCOUNTS, THE_BOOKS, unlinked } from '#platform/db';

/** Condition for objects of a payment provider: billing.objects says which are an account's, and goes in the same statement. */
const OF_ITS_OBJECTS = `(t.store, t.mode, t.kind, t.object_id) in (
  select o.store, o.mode, o.kind, o.object_id from billing.objects o where o.account_id = $1::uuid)`;

const RAW =
  'answers and events of payment providers, word for word; what they say is in subscriptions, invoices, payments, refunds and disputes';
const ACCOUNTS = 'accounts.accounts';

/** How erasure and export treat purchases. */
export const billingDataRules: DataRule[] = [
  { table: 'billing.inbox', account: erased(OF_ITS_OBJECTS), withheld: RAW },
  { table: 'billing.bodies', account: erased(OF_ITS_OBJECTS), withheld: RAW },
  {
    table: 'billing.wants',
    account: erased(OF_ITS_OBJECTS),
    withheld: 'which objects of a payment provider are read next',
  },
  { table: 'billing.objects', account: erased(), withheld: RAW },
  {
    table: 'billing.customers',
    account: unlinked(
      { erased_at: 'app.now()' },
      'the provider is asked to forget them by this id, and nothing of it is kept again; whose it was nobody says by then',
    ),
    withheld: ['held_until'],
  },
  {
    table: 'billing.subscriptions',
    account: unlinked({ leaving_comment: 'null' }, 'the books; not what a customer wrote'),
  },
  {
    table: 'billing.invoices',
    account: unlinked(
      { url: 'null', pdf_url: 'null' },
      'the books; not where the provider shows a name and an address',
    ),
  },
  { table: 'billing.invoice_lines', account: THE_BOOKS },
  { table: 'billing.former_subscriptions', account: THE_BOOKS },
  { table: 'billing.former_invoices', account: THE_BOOKS },
  { table: 'billing.payments', account: THE_BOOKS },
  { table: 'billing.refunds', account: THE_BOOKS },
  { table: 'billing.disputes', account: THE_BOOKS },
  {
    table: 'billing.endings',
    account: erasedWith(ACCOUNTS),
    withheld: 'what becomes of subscriptions by the end of an account',
  },
  {
    table: 'billing.gone_credits',
    account: erasedWith(ACCOUNTS),
    withheld: 'what of a credit is still to be taken at a payment provider',
  },
  // Anyone with the address may pay.
  {
    table: 'billing.checkouts',
    account: erasedWith(ACCOUNTS),
    user: THE_ACCOUNTS,
    withheld: ['asked', 'session', 'url'],
  },
  {
    table: 'billing.trials',
    account: kept(
      'ids, and hashes of what a payment provider tells a card by and of the maker’s verified address: a person who erases an account tries nothing anew',
    ),
    withheld: 'which trials count',
  },
  { table: 'billing.overage', account: erasedWith(ACCOUNTS) },
  { table: 'billing.overage_windows', account: erasedWith('billing.overage') },
  {
    table: 'billing.overage_reports',
    account: unlinked({ customer: 'null' }, 'the books: what the provider was told to bill'),
  },
  {
    table: 'billing.top_ups',
    account: erasedWith(ACCOUNTS),
    user: THE_ACCOUNTS,
    withheld: ['customer', 'card', 'looked_at'],
  },
  {
    table: 'billing.top_up_attempts',
    account: erasedWith(ACCOUNTS),
    withheld: ['customer', 'card', 'url'],
  },
  { table: 'billing.notices', account: erasedWith(ACCOUNTS) },
  { table: 'billing.told_failures', account: erasedWith(ACCOUNTS) },
  { table: 'billing.item_sales', account: THE_BOOKS },
  { table: 'billing.shares', account: THE_BOOKS },
  { table: 'billing.payouts', account: THE_BOOKS },
  {
    table: 'billing.payees',
    account: kept('the books: where money was sent, and where debts are still paid'),
  },
  { table: 'billing.payout_runs', nobodys: 'when payees were paid' },
  { table: 'billing.payout_looks', nobodys: 'how payouts differ from the provider’s books' },
  { table: 'billing.buckets', nobodys: 'when a payment provider may be read next' },
  { table: 'billing.drains', nobodys: 'whether a job is on its way' },
  { table: 'billing.reconciled', nobodys: 'up to when a payment provider was asked for what it never told' },
  { table: 'billing.prices', nobodys: 'what the provider calls what is sold' },
];
