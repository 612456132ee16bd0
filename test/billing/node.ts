import { type Database, statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { products } from '#products';
import type { WorldEvent } from '#sandbox/stripe';
import { stopTime } from '@plinth/testkit/factories';
import { atEndOfFile } from '@plinth/testkit/closing';
import {
  createProjection,
  type Projection,
} from '../../server/src/platform/billing/projection/projection.ts';
import type { ConnectedAccounts } from '../../server/src/platform/billing/inbox/connected-accounts.ts';
import { createInbox, type Inbox } from '../../server/src/platform/billing/inbox/inbox.ts';
import type { PaymentProvider } from '../../server/src/platform/billing/payment-provider.ts';
import { createStripeClient } from '../../server/src/platform/billing/providers/stripe/client.ts';
import { syncPrices } from '../../server/src/platform/billing/providers/stripe/prices.ts';
import { priceCatalogOf } from '../../server/src/platform/billing/providers/stripe/price-catalog.ts';
import { createStripeProvider } from '../../server/src/platform/billing/providers/stripe/provider.ts';
import { testApp, type TestApp } from '@plinth/testkit/services/app';
import { type AccountReader, openAccountReader, type Rows } from './account-state.ts';
import type { DrivenStripe } from './driven-stripe.ts';

/** No test waits for a turn, unless it is about turns. */
const PLENTY = 1_000_000;
/** With what the tests sign as Stripe does. */
export const SECRET = 'whsec_of_the_tests';
/** Secret of the endpoint for events of connected accounts. */
export const CONNECT_SECRET = 'whsec_of_connected_accounts';

/** A process of the program that sells through Stripe, with a database whose time stands still unless it is moved. */
export interface Node {
  readonly app: TestApp;
  readonly db: Database;
  readonly provider: PaymentProvider;
  readonly inbox: Inbox;
  readonly projection: Projection;
  /** Takes a message as Stripe sends it, signed just now. */
  hear(event: Pick<WorldEvent, 'id'>): Promise<void>;
  /** An account with a manager. The same in every database. */
  open(accountId: AccountId, email: string): Promise<void>;
  /** All that an account has by now. */
  rows(accountId: AccountId): Promise<Rows>;
  readonly reader: AccountReader;
}

/** `beside`: another process on the same database. */
export async function openNode(
  drivenStripe: DrivenStripe,
  {
    beside,
    connectedAccounts,
  }: { readonly beside?: Node; readonly connectedAccounts?: ConnectedAccounts } = {},
): Promise<Node> {
  const app = await testApp({ work: false, ...(beside === undefined ? {} : { beside: beside.app }) });
  const { db } = app;
  if (beside === undefined) await stopTime(db);
  const { url, secretKey } = drivenStripe.sandbox;
  const client = createStripeClient({ url, secretKey, mode: 'sandbox' });
  atEndOfFile(() => client.close());
  await syncPrices(
    { db, client, tax: { behavior: 'exclusive', code: 'txcd_10103001' } },
    priceCatalogOf(products.map(({ catalogue }) => catalogue)),
  );
  const clock = { ...systemClock, now: () => drivenStripe.now().getTime() };
  const link = { client, webhookSecrets: () => [SECRET, CONNECT_SECRET] };
  const provider = createStripeProvider({ link, clock });
  const { modules } = app.app;
  const projection = createProjection({ ...modules, freeAccountsPerUser: 1 });
  const ids = createIds({ clock, random: systemRandom });
  const inbox = createInbox({
    ...modules,
    ids,
    projection,
    log: modules.telemetry.logger,
    providers: [{ provider, readsPerSecond: PLENTY }],
    connectedAccounts,
  });
  const reader = await openAccountReader(db);
  return {
    app,
    db,
    provider,
    inbox,
    projection,
    reader,
    hear: ({ id }) => inbox.receive('stripe', drivenStripe.sandbox.message(id, SECRET)),
    async open(accountId, email) {
      await db.asMigrator(accountWith(accountId, email));
    },
    rows: (accountId) => reader.read((asked) => db.asMigrator(asked), accountId),
  };
}

const accountWith = (accountId: AccountId, email: string) =>
  statement(
    `with person as (
       insert into identity.users (user_id, email) values ($1, $2) returning user_id),
     account as (
       insert into accounts.accounts (account_id, kind, name, created_by) select $1, 'organization', $2, user_id from person returning account_id)
     insert into accounts.members (account_id, user_id, role) select account_id, $1, 'owner' from account`,
    [accountId, email],
  );
