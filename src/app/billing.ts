import { join } from 'node:path';
import {
  createEndings,
  createFolding,
  createInbox,
  createOverage,
  createStripeClient,
  createStripeEnder,
  createStripeMeter,
  createStripeStore,
  createSubscriptions,
  type Endings,
  type Inbox,
  type Overages,
  type StripeLink,
  type Subscriptions,
  syncStripe,
} from '#platform/billing';
import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { Limits } from '#platform/limits';
import type { Telemetry } from '#platform/telemetry';
import type { AppOptions, StripeStandIn } from './options.ts';

/** A way to Stripe that is made ready once it is known where this process is reached. */
export interface OpenedStripe {
  readonly link: StripeLink;
  /** Of the sandbox: tells it what is sold, and where messages go. To Stripe itself `plinth stripe sync` does. */
  connect(modules: Connecting, url: string): Promise<void>;
}

interface Connecting {
  readonly db: Database;
  readonly entitlements: Pick<Entitlements, 'catalogues'>;
}

/** Where purchases are paid, as the settings have it; undefined: nothing is sold here. */
export async function openStripe(
  options: AppOptions,
  opened: AsyncDisposableStack,
): Promise<OpenedStripe | undefined> {
  const { config, passing } = options;
  const { stripe: settings } = config;
  if (settings === undefined) return undefined;
  const { account, url, ...how } = settings;
  const to =
    account === undefined
      ? { mode: 'sandbox' as const, ...(await sandboxOf(options, opened)) }
      : { ...account, url };
  const client = await createStripeClient({ ...to, passing });
  opened.defer(() => client.close());
  let webhookSecrets = account?.webhookSecrets ?? [];
  return {
    link: { ...how, client, webhookSecrets: () => webhookSecrets },
    async connect({ db, entitlements }, baseUrl) {
      if (account !== undefined) return;
      const catalogues = [...entitlements.catalogues.values()];
      const { endpoint } = await syncStripe({ db, client, catalogues, baseUrl, anew: true });
      webhookSecrets = endpoint?.secret === undefined ? [] : [endpoint.secret];
    },
  };
}

type InboxWiring = Omit<Parameters<typeof createInbox>[0], 'stores' | 'folding' | 'log'> &
  Parameters<typeof createFolding>[0] & {
    readonly telemetry: Telemetry;
    readonly stripe: StripeLink | undefined;
  };

/** What stores tell, and what accounts are granted by it. */
export function openInbox(parts: InboxWiring): Inbox {
  const { stripe: link, clock, telemetry } = parts;
  return createInbox({
    ...parts,
    log: telemetry.logger,
    folding: createFolding(parts),
    stores:
      link === undefined
        ? []
        : [{ store: createStripeStore({ link, clock }), readsPerSecond: link.readsPerSecond }],
  });
}

type SubscriptionsWiring = Omit<
  Parameters<typeof createSubscriptions>[0],
  'catalogues' | 'look' | 'notFitting'
> & {
  readonly entitlements: Pick<Entitlements, 'catalogues'>;
  readonly inbox: Pick<Inbox, 'look'>;
  readonly limits: Pick<Limits, 'notFitting'>;
};

/** What accounts buy. */
export function openSubscriptions(parts: SubscriptionsWiring): Subscriptions {
  return createSubscriptions({
    ...parts,
    catalogues: parts.entitlements.catalogues,
    look: (refs) => parts.inbox.look('stripe', refs),
    notFitting: parts.limits.notFitting,
  });
}

type EndingsWiring = Omit<Parameters<typeof createEndings>[0], 'enders' | 'log'> &
  Pick<InboxWiring, 'telemetry' | 'stripe'>;

/** What becomes of subscriptions when their account is closed. */
export function openEndings(parts: EndingsWiring): Endings {
  const { stripe: link, telemetry } = parts;
  const enders = link === undefined ? [] : [createStripeEnder(link.client)];
  return createEndings({ ...parts, log: telemetry.logger, enders });
}

/** A process that neither serves nor works asks nothing of it. */
const NOBODY: StripeStandIn = { url: 'http://127.0.0.1:9', secretKey: 'sk_test_nobody' };

type OverageWiring = Omit<Parameters<typeof createOverage>[0], 'store' | 'log' | 'usage'> &
  Pick<InboxWiring, 'telemetry' | 'stripe'> & { readonly limits: Pick<Limits, 'usage'> };

/** Limits that may be passed for money. */
export function openOverage(parts: OverageWiring): Overages {
  const { stripe: link, telemetry, limits } = parts;
  const store =
    link === undefined ? undefined : { mode: link.client.mode, meter: createStripeMeter(link.client) };
  return createOverage({ ...parts, usage: limits.usage, log: telemetry.logger, store });
}

/** Loaded where it is needed: a process with a key pays nothing for it. */
async function sandboxOf(
  { config: { dataDir }, stripeSandbox, serve, work }: AppOptions,
  opened: AsyncDisposableStack,
): Promise<StripeStandIn> {
  if (stripeSandbox !== undefined) return stripeSandbox;
  if (!serve && !work) return NOBODY;
  const { createStripeSandbox } = await import('#sandbox/stripe');
  const sandbox = await createStripeSandbox({ file: join(dataDir, 'stripe-sandbox.json') });
  opened.defer(() => sandbox.close());
  return sandbox;
}
