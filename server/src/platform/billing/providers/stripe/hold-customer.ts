import { setTimeout } from 'node:timers/promises';
import { commitPoint, type Database, type Statement, statement } from '#platform/db';
import { type AccountId, AppError } from '#platform/kernel';
import type { Mode } from '../../payment-provider.ts';
import type { StripeConnection } from './client.ts';

const HELD = commitPoint(
  'billing.customer-held',
  'the call that alone may charge a customer, and until when it may',
);

/** Longer than one request to Stripe takes with its retries. Each change renews it. */
const LEASE = `interval '90 seconds'`;
/** A caller tries to take the lease for six seconds, so often and with such a pause in milliseconds. */
const ATTEMPTS = 24;
const PAUSE = 250;
/** Seconds after which a refused caller may come back. */
const COME_BACK = 5;

export interface HoldingParts {
  readonly db: Database;
  readonly stripe: StripeConnection;
}

/**
 * Makes the check of an agreed price and its charge one step: one call at a time runs `does` for an account, as a change of its subscription
 * or of its credit changes the price of the next one. The call has a lease and no open transaction, and renews the lease before each change
 * at Stripe: a process that lost it changes nothing more. Throws `conflict` if another call keeps the lease.
 */
export async function holdCustomer<P extends HoldingParts, T>(
  parts: P,
  accountId: AccountId,
  does: (parts: P) => Promise<T>,
): Promise<T> {
  const { db, stripe } = parts;
  const { client } = stripe;
  const update = async <Row>(change: Statement<Row>) =>
    (await db.system('billing.customers', HELD, [change]))[0];
  const lease = await takeLease(() => update(take(accountId, client.mode)));
  if (lease === undefined) return does(parts);
  const { customer } = lease;
  let until = lease.held_until;
  const change: typeof client.change = async (asking) => {
    const [renewed] = await update(renew(client.mode, customer, until));
    if (renewed === undefined) throw heldByAnother();
    until = renewed.held_until;
    return client.change(asking);
  };
  try {
    return await does({ ...parts, stripe: { ...stripe, client: { ...client, change } } });
  } finally {
    // A lease that is not given back runs out.
    await update(giveBack(client.mode, customer, until)).catch(() => {});
  }
}

interface Lease {
  readonly customer: string;
  /** As the database writes it: what tells this lease from a later one. */
  readonly held_until: string;
}

/** Undefined: Stripe does not know the account, so nothing can be charged. */
async function takeLease(take: () => Promise<readonly LeaseRow[]>): Promise<Lease | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await setTimeout(PAUSE);
    const [row] = await take();
    if (row === undefined) return undefined;
    const { customer, held_until } = row;
    if (held_until !== null) return { customer, held_until };
  }
  throw heldByAnother();
}

const heldByAnother = () =>
  new AppError('conflict', {
    message: 'Another purchase or change of this account is under way. Try again.',
    retryAfter: COME_BACK,
  });

interface LeaseRow extends Omit<Lease, 'held_until'> {
  /** null: another call has the lease. */
  readonly held_until: string | null;
}

/** The account's first customer stands for all of them. */
const take = (accountId: AccountId, mode: Mode) =>
  statement<LeaseRow>(
    `with first as (
       select customer from billing.customers where account_id = $1 and store = 'stripe' and mode = $2 order by created_at, customer limit 1),
     taken as (
       update billing.customers c set held_until = app.now() + ${LEASE}, updated_at = app.now() from first
       where c.store = 'stripe' and c.mode = $2 and c.customer = first.customer and (c.held_until is null or c.held_until <= app.now())
       returning c.customer, c.held_until::text)
     select first.customer, taken.held_until from first left join taken on taken.customer = first.customer`,
    [accountId, mode],
  );

const IS_LEASE = `store = 'stripe' and mode = $1 and customer = $2 and held_until = $3::text::timestamptz`;

const renew = (mode: Mode, customer: string, until: string) =>
  statement<Pick<Lease, 'held_until'>>(
    `update billing.customers set held_until = app.now() + ${LEASE}, updated_at = app.now() where ${IS_LEASE} returning held_until::text`,
    [mode, customer, until],
  );

const giveBack = (mode: Mode, customer: string, until: string) =>
  statement(`update billing.customers set held_until = null, updated_at = app.now() where ${IS_LEASE}`, [
    mode,
    customer,
    until,
  ]);
