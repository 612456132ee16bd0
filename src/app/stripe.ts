import { join } from 'node:path';
import { createStripeClient, type StripeLink, syncStripe } from '#platform/billing';
import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
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
  const { config, crashHook } = options;
  const { stripe: settings } = config;
  if (settings === undefined) return undefined;
  const { account, url, ...how } = settings;
  const to =
    account === undefined
      ? { mode: 'sandbox' as const, ...(await sandboxOf(options, opened)) }
      : { ...account, url };
  const client = await createStripeClient({ ...to, crashHook });
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

/** A process that neither serves nor works asks nothing of it. */
const NOBODY: StripeStandIn = { url: 'http://127.0.0.1:9', secretKey: 'sk_test_nobody' };

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
