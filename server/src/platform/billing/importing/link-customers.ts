import { actorOf, type AuditEvent } from '#platform/audit';
import { commitPoint, statement, type Transaction } from '#platform/db';
import { itemError } from '#platform/http';
import { commitUnless } from '#platform/imports';
import { type AccountId, AppError, invalidInput } from '#platform/kernel';
import { resolveOwnerIn } from '../inbox/objects/customer-owner.ts';
import type { ProviderMode } from '../payment-provider.ts';
import {
  type ImportCall,
  type ImportingParts,
  readAccounts,
  type RowResult,
  type StripeLink,
} from './rows.ts';

const LINKED = commitPoint('billing.customer-linked', 'which customer of Stripe an account is already');

const TAKEN = itemError('conflict', 'stripe_customer: It is another account’s, or one that was erased.');
const HAS_ONE = itemError('conflict', 'customer: It is another customer at Stripe already.');

/** A commit for each link, so that no import waits for another. */
export async function linkCustomers(
  { db, audit, mode }: ImportingParts,
  { caller, origin, trying, livemode }: ImportCall & { readonly livemode: boolean },
  links: readonly StripeLink[],
): Promise<RowResult<'linked' | 'known'>[]> {
  if (mode === undefined) throw new AppError('nothing_sold');
  if ((mode === 'live') !== livemode)
    throw invalidInput('body.livemode', `This server sells in the mode "${mode}" of Stripe.`);
  const accountOf = await readAccounts(db, links);
  const transaction = <T>(work: (tx: Transaction) => Promise<T>) =>
    db.system('billing.customers', LINKED, work);
  const results: RowResult<'linked' | 'known'>[] = [];
  for (const { customer, stripe_customer: name } of links) {
    const account = accountOf(customer);
    if ('error' in account) {
      results.push(account);
      continue;
    }
    const { accountId } = account;
    const target = { kind: 'account', id: accountId };
    const changes = { stripe_customer: name };
    const action = 'customer.linked';
    const event: AuditEvent = { action, actor: actorOf(caller), accountId, target, changes, origin };
    results.push(
      await commitUnless<RowResult<'linked' | 'known'>>(trying, transaction, async (tx) => {
        await tx.run(lockAccount(accountId));
        const before = await tx.run(customersAt({ provider: 'stripe', mode }, accountId));
        if (before.some((row) => row.customer === name)) return { account_id: accountId, status: 'known' };
        if (before.length > 0) return HAS_ONE;
        const owner = await resolveOwnerIn(tx, { provider: 'stripe', mode }, { customer: name, accountId });
        if (owner.accountId !== accountId) return TAKEN;
        await audit.recordIn(tx, event);
        return { account_id: accountId, status: 'linked' };
      }),
    );
  }
  return results;
}

/** One link of an account at a time. */
const lockAccount = (accountId: AccountId) =>
  statement('select from accounts.accounts where account_id = $1 for no key update', [accountId]);

const customersAt = ({ provider, mode }: ProviderMode, accountId: AccountId) =>
  statement<{ customer: string }>(
    'select customer from billing.customers where account_id = $1 and store = $2 and mode = $3',
    [accountId, provider, mode],
  );
