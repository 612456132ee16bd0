import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createStripeClient, type StripeConnection, syncStripe } from '#platform/billing';
import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { AppOptions, StripeStandIn } from './options.ts';
import { sandboxOnCall, type SandboxOnCall, type SandboxParts, STRIPE_STATE } from './sandboxes.ts';

/** A way to Stripe that is made ready once it is known where this process is reached. */
export interface OpenedStripe {
  readonly link: StripeConnection;
  /**
   * For the sandbox: tells it what is sold, and where messages go; once something is to be sold, if it does not run yet. To Stripe itself
   * `plinth stripe sync` does.
   */
  connect(modules: ConnectParts, url: string): Promise<void>;
}

interface ConnectParts {
  readonly db: Database;
  readonly entitlements: Pick<Entitlements, 'catalogues'>;
}

/** Where purchases are paid, as the settings have it; undefined: nothing is sold here. */
export async function openStripe(
  options: AppOptions,
  sandboxes: SandboxParts,
): Promise<OpenedStripe | undefined> {
  const { config, crashHook } = options;
  const { stripe: settings } = config;
  if (settings === undefined) return undefined;
  const { account, url, ...how } = settings;
  if (account !== undefined) {
    const client = createStripeClient({ ...account, url, crashHook });
    sandboxes.opened.defer(() => client.close());
    return {
      link: {
        ...how,
        client,
        webhookSecrets: () => [...account.webhookSecrets, ...account.connectWebhookSecrets],
      },
      connect: async () => {},
    };
  }
  const sandbox = await sandboxOf(options, sandboxes);
  const client = createStripeClient({ ...sandbox, mode: 'sandbox', crashHook });
  sandboxes.opened.defer(() => client.close());
  let webhookSecrets: readonly string[] = [];
  const telling = onceOnly();
  return {
    link: {
      ...how,
      client,
      webhookSecrets: () => webhookSecrets,
      ...(sandbox.isRunning === undefined
        ? {}
        : { standIn: { isRunning: sandbox.isRunning, prepare: telling.run } }),
    },
    async connect({ db, entitlements }, baseUrl) {
      telling.is(async () => {
        const catalogues = [...entitlements.catalogues.values()];
        const sync = { db, client, catalogues, tax: how.tax, baseUrl, anew: true };
        const { endpoint, connectEndpoint } = await syncStripe(sync);
        webhookSecrets = [endpoint, connectEndpoint].flatMap((made) => made?.secret ?? []);
      });
      if (sandbox.isRunning === undefined) await telling.run();
    },
  };
}

/** Work that is known later than it may be asked for, and done once; what failed is done again when it is asked for again. */
function onceOnly() {
  const known = Promise.withResolvers<() => Promise<void>>();
  let done: Promise<void> | undefined;
  return {
    is: known.resolve,
    run: (): Promise<void> =>
      (done ??= known.promise
        .then((work) => work())
        .catch((error: unknown) => {
          done = undefined;
          throw error;
        })),
  };
}

/** A process that neither serves nor works asks nothing of it. */
const NOBODY: StripeStandIn = { url: 'http://127.0.0.1:9', secretKey: 'sk_test_nobody' };

/**
 * Started by its first call. One that was used before runs from the start, where it was: what falls due there falls due by itself, and
 * a user may have written down the address of a page.
 */
async function sandboxOf(
  { config: { dataDir }, stripeSandbox, serve, work }: AppOptions,
  sandboxes: SandboxParts,
): Promise<StripeStandIn & Partial<Pick<SandboxOnCall, 'isRunning'>>> {
  if (stripeSandbox !== undefined) return stripeSandbox;
  if (!serve && !work) return NOBODY;
  const file = join(dataDir, STRIPE_STATE);
  // Sales in euros are paid out in euros: a transfer takes from the balance of its own currency.
  const settings = { heldCurrencies: ['eur'] };
  if (existsSync(file)) {
    const { createStripeSandbox } = await import('#sandbox/stripe');
    const sandbox = await createStripeSandbox({ file, settings });
    sandboxes.opened.defer(() => sandbox.close());
    return { url: sandbox.url, secretKey: sandbox.secretKey };
  }
  const secretKey = 'sk_test_sandbox';
  const { url, isRunning } = await sandboxOnCall(sandboxes, 'Stripe', async (server) => {
    const { createStripeSandbox } = await import('#sandbox/stripe');
    return createStripeSandbox({ file, server, settings });
  });
  return { url, secretKey, isRunning };
}

/**
 * A sandbox whose clock is moved by `travel`, for the sample's month: what is bought there is in the file of this data folder, and a
 * later start goes on by the wall clock.
 */
export async function openDrivenStripe(dataDir: string, startsAt: Date) {
  const { createStripeSandbox } = await import('#sandbox/stripe');
  const file = join(dataDir, STRIPE_STATE);
  return createStripeSandbox({ file, driven: startsAt, settings: { heldCurrencies: ['eur'] } });
}
