import { type Ai, type AiParts, aiSettingsOf, createAi, createFindings } from '#platform/ai';
import type { Config } from '#platform/config';
import type { Database } from '#platform/db';
import type { Ids } from '#platform/kernel';
import type { Holder } from '#platform/limits';
import type { Product } from '#platform/product';
import type { Telemetry } from '#platform/telemetry';
import { products } from '#products';

interface AiWiring extends Pick<AiParts, 'upstreams' | 'clock' | 'random' | 'redis' | 'crashHook'> {
  readonly config: Config;
  readonly db: Database;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  readonly holder: Holder;
}

/** Every way to a model, with the policies and prompts of all products, and what the operator's file says of them. */
export function openAi({ telemetry, config, db, ids, ...parts }: AiWiring): Ai {
  return createAi({
    ...parts,
    ...telemetry,
    ...aiSettingsOf(config),
    findings: createFindings({ db, ids, ...telemetry }),
    signals: db,
    health: { db, process: parts.holder.id },
    moderation: config.ai.moderation,
    slots: config.ai.slots,
    fleet: () => parts.holder.fleet,
    maySend: () => parts.holder.isGood(),
    policies: policiesOf(products),
    prompts: Object.fromEntries(
      products.flatMap(({ key, prompts }) => (prompts === undefined ? [] : [[key, prompts]])),
    ),
  });
}

function policiesOf(all: readonly Product[]): Parameters<typeof createAi>[0]['policies'] {
  return Object.fromEntries(
    all.flatMap(({ key, policies }) =>
      Object.entries(policies).map(([feature, policy]) => [`${key}.${feature}`, policy]),
    ),
  );
}
