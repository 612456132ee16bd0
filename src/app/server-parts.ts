import type { Ai } from '#platform/ai';
import { installationOf } from '#platform/db';
import type { PlannedCall } from '#platform/limits';
import { ownerKeyOf } from '#platform/owner';
import type { ServerParts } from '#server';
import type { AppOptions } from './options.ts';
import type { Modules } from './wiring.ts';

/** What the server asks of the modules. */
export function serverParts(modules: Modules, { config, version, serve }: AppOptions): ServerParts {
  const { db, redis, entitlements, identity, accounts, limits, ai } = modules;
  return {
    ...modules,
    settings: { ...config, version },
    mounted: serve ? modules.mounted : [],
    dependencies: [
      { name: 'database', required: true, check: () => db.ping() },
      ...(redis === undefined ? [] : [{ name: 'redis', required: false, check: () => redis.ping() }]),
    ],
    identify: identity.identify,
    assertProven: identity.mfa.stepUp.assertProven,
    roleOf: accounts.roleOf,
    kindOf: accounts.kindOf,
    ownerOf: accounts.ownerOf,
    admit: ({ spender: { userId, keyId, sessionId }, product, feature, textBytes, prepared, ...request }) => {
      // Not all that a route has prepared: what is asked is remembered as text where it is denied.
      const { planned, leastReserve } = prepared ?? {
        planned: plannedCall(ai, { product, feature, textBytes }),
        leastReserve: undefined,
      };
      return limits.admit({
        ...request,
        ...(leastReserve === undefined ? {} : { leastReserve }),
        userId,
        keyId,
        sessionId,
        product,
        feature,
        call: planned as PlannedCall,
      });
    },
    docsKey: async () => ownerKeyOf(config.dataDir, (await installationOf(db)).id),
    upgradeFor: ({ product, plan, grant, atLeast }) =>
      entitlements.upgradeFor(product, plan, (grants) => grant === null || enough(grants[grant], atLeast))
        ?.plan ?? null,
  };
}

/** What a prompt of ours adds to the texts that it is about, at most. */
const PROMPT_BYTES = 8 * 1_024;

function plannedCall(
  ai: Ai,
  asked: { product: string; feature: string; textBytes: number },
): ReturnType<Ai['estimate']> {
  return ai.estimate({
    policy: `${asked.product}.${asked.feature}`,
    inputBytes: asked.textBytes + PROMPT_BYTES,
  });
}

function enough(held: number | boolean | undefined, needed: number | boolean | null): boolean {
  if (typeof needed === 'number') return typeof held === 'number' && held >= needed;
  return held !== undefined && held !== false;
}
