import { type Database, statement } from '#platform/db';
import { createStripeSandbox, type StripeSandbox } from '#sandbox/stripe';
import type { Stripe } from 'stripe';
import { NOON } from '@plinth/testkit/crash/installation';
import { readUntil } from '@plinth/testkit/crash/until';
import type { Vendor } from '@plinth/testkit/crash/walk';
import type { Client } from '../process/client.ts';

const SECRET = 'whsec_of_a_process_that_is_killed';
/** A caller of the server. */
type Caller = Pick<Client, 'call'>;

/** A store where a customer has paid for a plan; it sends the event to a live process until one accepts it. */
export interface StripeFixture extends Vendor {
  /** A customer pays for the organization of an installation. */
  begin(db: Database): Promise<void>;
  /** Tells of everything that was not told yet, and waits until the customer sees what they have bought. */
  tell(client: Caller): Promise<string>;
  /** Tells of everything once more, also to those who have heard it. */
  tellAgain(client: Caller): Promise<string>;
}

/** `at`: the time at the store. */
export async function openStripe(at = new Date(NOON)): Promise<StripeFixture> {
  // Few of the walks need it.
  const { packageAt } = await import('../../sandboxes/src/stripe/testing/package.ts');
  const sandbox = await createStripeSandbox({ driven: at });
  const stripe = packageAt(sandbox);
  const heard = new Set<string>();
  async function tell(client: Caller): Promise<string> {
    for (const event of sandbox.events().filter(({ id }) => !heard.has(id))) {
      const { status } = await client.call('POST /v1/webhooks/stripe', signEvent(stripe, event));
      if (status !== 200) throw new Error(`the store was answered with ${status}`);
      heard.add(event.id);
    }
    return (
      (await readUntil(
        () => readState(client),
        (state) => state !== undefined,
      )) ?? 'nothing yet'
    );
  }
  return {
    settings: {
      STRIPE_API_URL: sandbox.url,
      STRIPE_SECRET_KEY: sandbox.secretKey,
      STRIPE_WEBHOOK_SECRET: SECRET,
    },
    async begin(db) {
      const [account] = await db.asMigrator(
        statement<{ id: string }>(
          `select account_id as id from accounts.accounts where kind = 'organization'`,
        ),
      );
      await pay(stripe, account?.id ?? '');
    },
    tell,
    async tellAgain(client) {
      heard.clear();
      return tell(client);
    },
    close: () => sandbox.close(),
  };
}

async function pay(stripe: Stripe, account: string): Promise<void> {
  const { id: customer } = await stripe.customers.create({ metadata: { plinth_account: account } });
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  const { id: product } = await stripe.products.create({ id: 'plinth_reel_basic', name: 'Reel Basic' });
  const recurring = { interval: 'month' } as const;
  const price = await stripe.prices.create({ product, currency: 'usd', unit_amount: 595, recurring });
  const items = [{ price: price.id }];
  await stripe.subscriptions.create({ customer, items, default_payment_method: card.id });
}

/** By the wall clock, which is the process's. */
function signEvent(stripe: Stripe, body: ReturnType<StripeSandbox['events']>[number]) {
  const payload = JSON.stringify(body);
  return {
    body,
    headers: { 'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET }) },
  };
}

/** undefined: not all of it is there yet. */
async function readState(client: Caller): Promise<string | undefined> {
  const subscriptions = await listOf<{ plan: string; state: string }>(client, 'subscriptions');
  const invoices = await listOf<{ state: string }>(client, 'invoices');
  if (subscriptions.length === 0 || invoices.length === 0) return undefined;
  return [
    ...subscriptions.map(({ plan, state }) => `${plan} ${state}`),
    ...invoices.map(({ state }) => state),
  ].join(', ');
}

async function listOf<Row>(client: Caller, name: string): Promise<readonly Row[]> {
  const { body } = await client.call(`GET /v1/billing/${name}`);
  return (body as { data?: readonly Row[] }).data ?? [];
}
