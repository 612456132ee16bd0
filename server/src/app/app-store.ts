import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAppStoreClient, createAppStoreProvider, type ProviderSettings } from '#platform/billing';
import type { AppStoreSettings } from '#platform/config';
import type { Clock } from '#platform/kernel';
import { products } from '#products';
import type { AppStoreSandbox } from '#sandbox/app-store';
import type { AppOptions, AppStoreStandIn } from './options.ts';
import { APP_STORE_STATE, sandboxOnCall, type SandboxParts } from './sandboxes.ts';

/** The App Store in each environment that this server is told of, and the work to do once the address of this process is known. */
export interface OpenedAppStore {
  readonly stores: readonly ProviderSettings[];
  /** For the sandbox: tells it where notifications go. Apple is told in App Store Connect. */
  connect(url: string): void;
}

type AppStoreOptions = Pick<AppOptions, 'config' | 'crashHook' | 'serve' | 'work' | 'appStoreSandbox'> & {
  readonly clock: Clock;
};

/** Where an app's purchases are read, as the settings have it. */
export async function openAppStore(
  options: AppStoreOptions,
  sandboxes: SandboxParts,
): Promise<OpenedAppStore> {
  const { config, serve, work, appStoreSandbox } = options;
  const { appStore: settings } = config;
  if (settings === undefined) return NOWHERE;
  const { app } = settings;
  if (app !== undefined) {
    const credentials = async () => app;
    const stores = app.environments.map((environment) =>
      connection(options, settings, {
        environment,
        mode: environment === 'Production' ? 'live' : 'test',
        credentials,
      }),
    );
    return { ...NOWHERE, stores };
  }
  if (appStoreSandbox !== undefined)
    return { ...NOWHERE, stores: appStoreSandbox.map((one) => standIn(options, settings, one)) };
  return serve || work ? ownSandbox(options, settings, sandboxes) : NOWHERE;
}

const NOWHERE: OpenedAppStore = { stores: [], connect: () => {} };

type ClientOptions = Pick<Parameters<typeof createAppStoreClient>[0], 'environment' | 'mode' | 'credentials'>;

function connection(
  { clock, crashHook }: AppStoreOptions,
  { commissionPercent, readsPerSecond, answers }: AppStoreSettings,
  { isRunning, ...client }: ClientOptions & { readonly isRunning?: () => boolean },
): ProviderSettings {
  const provider = createAppStoreProvider({
    client: createAppStoreClient({ ...client, crashHook }),
    terms: { commissionPercent },
    answers,
    clock,
    catalogues: products.map(({ catalogue }) => catalogue),
    isRunning,
  });
  return { provider, readsPerSecond };
}

function standIn(
  options: AppStoreOptions,
  settings: AppStoreSettings,
  sandbox: AppStoreStandIn,
): ProviderSettings {
  const { mode = 'sandbox', app } = sandbox;
  return connection(options, settings, {
    environment: app.environment,
    mode,
    credentials: async () => credentialsOf(sandbox),
  });
}

function credentialsOf({
  url,
  root,
  app: { bundleId, appId },
  key: { pem, keyId, issuerId },
}: AppStoreStandIn) {
  return { bundleId, appId, privateKey: pem, keyId, issuerId, url, root, ocsp: false };
}

/** Publishes the URL of the sandbox, for purchases made by hand (docs/app-store.md). */
const FILE = 'app-store-sandbox.json';

/**
 * Started by its first call. Its root and its key are new with each process: nothing that a former one has signed is believed.
 */
async function ownSandbox(
  options: AppStoreOptions,
  settings: AppStoreSettings,
  sandboxes: SandboxParts,
): Promise<OpenedAppStore> {
  const started = Promise.withResolvers<AppStoreSandbox>();
  let notifications: string | undefined;
  const { url, isRunning } = await sandboxOnCall(sandboxes, 'the App Store', async (server) => {
    const { createAppStoreSandbox } = await import('#sandbox/app-store');
    const sandbox = await createAppStoreSandbox({
      server,
      file: join(options.config.dataDir, APP_STORE_STATE),
    });
    sandbox.notifyAt(notifications);
    started.resolve(sandbox);
    return sandbox;
  });
  const credentials = async () => {
    if (!isRunning()) await fetch(url);
    return credentialsOf(await started.promise);
  };
  return {
    stores: [
      connection(options, settings, { environment: 'Sandbox', mode: 'sandbox', credentials, isRunning }),
    ],
    connect(baseUrl) {
      notifications = `${baseUrl}/v1/webhooks/app-store`;
      writeFileSync(join(options.config.dataDir, FILE), `${JSON.stringify({ url })}\n`, { mode: 0o600 });
    },
  };
}
