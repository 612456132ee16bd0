import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { askForDrainIn } from '../fetching/request-drain.ts';
import { ownerIn } from '../objects/customer-owner.ts';
import type { ReceivingParts } from './receive-event.ts';
import type { Shop } from '../store/fetch-tasks.ts';

const CLAIMED_LATE = commitPoint('billing.claimed-late', 'whose a customer is whose account came after them');

/** Customers that one run finds; the next one finds more. */
const MOST = 1_000;

/** Finds the customers who were told of before there was their account: what waits for them is looked at again. */
export async function claimLate(parts: ReceivingParts, shop: Shop): Promise<void> {
  const [found] = await parts.db.system('billing.inbox', [claimedLate(shop)]);
  for (const { customer, claims: accountId } of found)
    await parts.db.system('billing.inbox', CLAIMED_LATE, async (tx) => {
      await ownerIn(tx, shop, { customer, accountId });
      await askForDrainIn(parts, tx, shop);
    });
  if (found.length > 0) parts.jobs.wake();
}

const claimedLate = ({ store, mode }: Shop) =>
  statement<{ customer: string; claims: AccountId }>(
    `select o.customer, o.claims from billing.objects o join accounts.accounts a on a.account_id = o.claims
     where o.store = $1 and o.mode = $2 and o.state = 'waiting' and o.customer is not null and o.claims is not null and not exists (
       select from billing.customers c where c.store = o.store and c.mode = o.mode and c.customer = o.customer)
     order by o.object_id limit ${MOST}`,
    [store, mode],
  );
