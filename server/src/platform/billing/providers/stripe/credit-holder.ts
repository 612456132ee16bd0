import type { CreditHolder, CreditToTake } from '../../payment-provider.ts';
import { askOnce, refusedFor, type StripeClient } from './client.ts';
import { isDeleted } from './customers.ts';
import { holdCustomer, type HoldingParts } from './hold-customer.ts';

/** Under this name a movement of a balance says which subscription it is about. */
const ABOUT = 'plinth_subscription';
/** No customer has as many movements of one subscription. */
const MOST = 1_000;

/** The customer's balance at Stripe: below 0 it is their credit. */
export function createCreditHolder(parts: HoldingParts): CreditHolder {
  const { client } = parts.stripe;
  return {
    provider: 'stripe',
    mode: client.mode,
    async take(credit) {
      try {
        return await holdCustomer(parts, credit.account_id, ({ stripe }) => takeAt(stripe.client, credit));
      } catch (error) {
        // A deleted customer has no credit.
        if (refusedFor(error, 'resource_missing') && (await isDeleted(client, credit.customer)))
          return credit.amount;
        throw error;
      }
    },
  };
}

async function takeAt(
  client: StripeClient,
  { customer, subscription, currency, amount }: CreditToTake,
): Promise<number> {
  const own = await movementsOf(client, customer, subscription);
  const taken = own.reduce((sum, one) => sum + one.amount, 0);
  const asked = amount - taken;
  const moved = asked > 0 ? Math.min(asked, await creditOf(client, customer)) : asked;
  if (moved === 0) return taken;
  const order = {
    amount: moved,
    currency,
    description:
      moved > 0
        ? 'Credit for a plan whose payment was returned'
        : 'Credit for a plan whose payment was kept after all',
    metadata: { [ABOUT]: subscription },
  };
  await askOnce(client, {
    // Two who ask at once, or after one another without knowing, do it once.
    key: `plinth:credit:${subscription}:${own.length}:${moved}`,
    ask: (stripe, once) => stripe.customers.createBalanceTransaction(customer, order, once),
    find: async () => {
      const known = new Set(own.map(({ id }) => id));
      return (await movementsOf(client, customer, subscription)).find(({ id }) => !known.has(id));
    },
  });
  return taken + moved;
}

async function movementsOf(client: StripeClient, customer: string, subscription: string) {
  const all = await client.read((stripe) =>
    stripe.customers.listBalanceTransactions(customer, { limit: 100 }).autoPagingToArray({ limit: MOST }),
  );
  return all.filter(({ metadata }) => metadata?.[ABOUT] === subscription);
}

async function creditOf(client: StripeClient, customer: string): Promise<number> {
  const found = await client.read((stripe) => stripe.customers.retrieve(customer));
  return found.deleted === true ? 0 : Math.max(0, -found.balance);
}
