import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  createGooglePlayClient,
  openGooglePlayStore,
  type PaymentProvider,
  type ProviderSettings,
  storeProducts,
} from '#platform/billing';
import type { Database } from '#platform/db';
import { products } from '#products';
import type { BasePlan } from '#sandbox/google-play';
import type { AppOptions } from './options.ts';
import { GOOGLE_PLAY_STATE, sandboxOnCall, type SandboxParts } from './sandboxes.ts';

/** As the sandbox signs its pushes. */
const PUSH_ACCOUNT = 'play-push@sandbox.iam.gserviceaccount.com';
const catalogues = () => products.map(({ catalogue }) => catalogue);

/** Google Play, and the work to do once the address of this process is known. */
export interface OpenedGooglePlay {
  readonly stores: readonly ProviderSettings[];
  /** For the sandbox: tells it where notifications go. Google is told in Play Console. */
  connect(url: string): void;
}

const NOWHERE: OpenedGooglePlay = { stores: [], connect: () => {} };

/** Google Play, as the settings have it; none: nothing is taken of it. */
export async function openGooglePlay(
  options: AppOptions,
  db: Database,
  sandboxes: SandboxParts,
): Promise<OpenedGooglePlay> {
  const { config, crashHook, googlePlaySandbox, serve, work } = options;
  const { googlePlay: settings } = config;
  if (settings === undefined) return NOWHERE;
  const { account, url, pushAudience: audience, readsPerSecond } = settings;
  const common = { db, catalogues: catalogues(), readsPerSecond };
  if (account !== undefined) {
    const { packageName, serviceAccount, pushAccount: email } = account;
    const client = createGooglePlayClient({
      packageName,
      serviceAccount: () => serviceAccount,
      url,
      crashHook,
    });
    const store = openGooglePlayStore({ ...common, client, mode: 'live', push: { audience, email } });
    return { ...NOWHERE, stores: [store] };
  }
  // A process that neither serves nor works asks nothing of it.
  if (googlePlaySandbox === undefined && !serve && !work) return NOWHERE;
  const { connect, ...standIn } =
    googlePlaySandbox === undefined
      ? await ownSandbox(options, audience, sandboxes)
      : { ...googlePlaySandbox, connect: NOWHERE.connect };
  const client = createGooglePlayClient({ ...standIn, crashHook });
  const push = { audience, email: PUSH_ACCOUNT };
  const { isRunning = () => true } = standIn;
  const store = openGooglePlayStore({ ...common, client, mode: 'sandbox', push, isRunning });
  return { stores: [{ ...store, provider: whileItRuns(store.provider, isRunning) }], connect };
}

/** Nothing happens there before it runs: then nothing is asked for that would start it. */
function whileItRuns(provider: PaymentProvider, isRunning: () => boolean): PaymentProvider {
  return {
    ...provider,
    allObjects: (reading) => (isRunning() ? provider.allObjects(reading) : Readable.from([])),
    overdue: () => (isRunning() ? (provider.overdue?.() ?? Readable.from([])) : Readable.from([])),
  };
}

/** Publishes the URL of the sandbox, for purchases made by hand (docs/google-play.md). */
const FILE = 'google-play-sandbox.json';

/** Started by its first call: a purchase that is made there, or brought here. It pushes what happens to this server. */
async function ownSandbox({ config }: AppOptions, audience: string, sandboxes: SandboxParts) {
  const packageName = 'com.example.sandbox';
  let pushedTo = audience;
  const { url, isRunning } = await sandboxOnCall(sandboxes, 'Google Play', async (server) => {
    const { createGooglePlaySandbox } = await import('#sandbox/google-play');
    const pushTo = { url: pushedTo, audience, email: PUSH_ACCOUNT };
    const file = join(config.dataDir, GOOGLE_PLAY_STATE);
    return createGooglePlaySandbox({ packageName, plans: basePlans(), pushTo, server, file });
  });
  const serviceAccount = async () => (await fetch(`${url}/sandbox/service-account`)).text();
  return {
    packageName,
    serviceAccount,
    url,
    isRunning,
    connect(baseUrl: string) {
      pushedTo = `${baseUrl}/v1/webhooks/google-play`;
      writeFileSync(join(config.dataDir, FILE), `${JSON.stringify({ url })}\n`, { mode: 0o600 });
    },
  };
}

/** Days of grace and of hold, as Play Console proposes them. */
const USUAL = { graceDays: 7, holdDays: 30 };

/** All plans and add-ons, as they are called in Play Console. */
export function basePlans(): BasePlan[] {
  return catalogues().flatMap((catalogue) =>
    [...storeProducts([catalogue], 'google_play', ':').all].flatMap(([id, sold]): BasePlan[] => {
      const [productId = '', basePlanId] = id.split(':');
      if (sold.addOn !== undefined) {
        const { once = 0, currency = 'usd' } = catalogue.addOns[sold.addOn]?.price ?? {};
        const costs = { priceMicros: once * 10_000, currency: currency.toUpperCase() };
        return [{ productId, basePlanId: '', period: 'once' as const, ...costs, ...USUAL }];
      }
      if (basePlanId === undefined) return [];
      const price = catalogue.plans[sold.plan]?.price;
      const amount = (sold.cycle === 'monthly' ? price?.monthly : price?.yearly) ?? 0;
      const period = sold.cycle === 'monthly' ? ('P1M' as const) : ('P1Y' as const);
      const currency = price?.currency.toUpperCase() ?? 'USD';
      return [{ productId, basePlanId, period, priceMicros: amount * 10_000, currency, ...USUAL }];
    }),
  );
}
