import { installationOf } from '#platform/db';
import { createUpgradeFor, isRunning } from '#platform/entitlements';
import type { Prepared } from '#platform/http';
import type { PlannedCall } from '#platform/limits';
import { createOneTimeCodes, ownerKeyOf } from '#platform/owner';
import { planTextCall, type Product } from '#platform/product';
import type { ServerParts } from '#server';
import type { AppOptions } from './options.ts';
import type { Modules } from './wiring.ts';

/** Parts of the modules that the server needs. */
export function serverParts(modules: Modules, { config, version, serve, sample }: AppOptions): ServerParts {
  const { db, redis, entitlements, identity, accounts, limits, ai } = modules;
  return {
    ...modules,
    settings: {
      ...config,
      version,
      publicBasePath: config.publicBasePath ?? rootOf(modules.products),
      isSample: sample?.isHere,
    },
    mounted: serve ? modules.mounted : [],
    dependencies: [
      { name: 'database', required: true, check: () => db.ping() },
      ...(redis === undefined ? [] : [{ name: 'redis', required: false, check: () => redis.ping() }]),
    ],
    waitingIn: db.waitingIn,
    identify: identity.identify,
    assertProven: identity.mfa.stepUp.assertProven,
    roleOf: accounts.roleOf,
    kindOf: accounts.kindOf,
    isArchived: accounts.isArchived,
    servedAccount: accounts.servedAccount,
    safety: ai.safety,
    admit: ({ spender: { userId, keyId, sessionId }, product, feature, textBytes, prepared, ...request }) => {
      const planned = prepared ?? { planned: planTextCall(ai, { product, feature, textBytes }) };
      const closer = async () => {
        const measured = await prepared?.closer?.();
        return measured && callOf(measured);
      };
      return limits.admit({
        ...request,
        ...callOf(planned),
        closer,
        userId,
        keyId,
        sessionId,
        product,
        feature,
      });
    },
    brandOf: modules.brands.brandOf,
    docsKey: {
      codes: createOneTimeCodes({
        clock: modules.clock,
        random: modules.random,
        dataDir: config.dataDir,
        terminal: process.stdout.isTTY ? (text) => void process.stdout.write(text) : undefined,
      }),
      read: async () => ownerKeyOf(config.dataDir, (await installationOf(db)).id),
    },
    upgradeFor: createUpgradeFor(entitlements),
    offersIn: modules.sales.checkoutLinks.offersIn,
  };
}

/** The root, where the one product that runs has its calls there. */
function rootOf(products: readonly Product[]): string | undefined {
  const running = products.filter(({ catalogue }) => isRunning(catalogue));
  return running.length === 1 && running[0]?.atRoot === true ? '/' : undefined;
}

/** Not all that a route has prepared: a denied request is remembered as text. */
function callOf({ planned, leastReserve, leastTokens, tags }: Prepared) {
  return { call: planned as PlannedCall, leastReserve, leastTokens, tags };
}
