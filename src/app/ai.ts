import { type Ai, type AiParts, createAi, createPrices, type Prices } from '#platform/ai';
import type { Config } from '#platform/config';
import type { Holder } from '#platform/limits';
import type { Product } from '#platform/product';
import type { Telemetry } from '#platform/telemetry';
import { products } from '#products';

interface AiWiring extends Pick<AiParts, 'upstreams' | 'clock' | 'random' | 'redis' | 'passing' | 'prices'> {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly holder: Holder;
}

/** Every way to a model, with the policies and prompts of all products. */
export function openAi({ telemetry, config, ...parts }: AiWiring): Ai {
  return createAi({
    ...parts,
    ...telemetry,
    slots: config.ai.slots,
    fleet: () => parts.holder.fleet,
    policies: policiesOf(products),
    prompts: Object.fromEntries(
      products.flatMap(({ key, prompts }) => (prompts === undefined ? [] : [[key, prompts]])),
    ),
  });
}

/** What models cost. Those of the operator's own upstreams may lack a price; whoever names them allows the default one. */
export function pricesOf({ ai }: Config): Prices {
  const allowUnpriced = ai.upstreams.flatMap(({ name, models = [] }) =>
    models.map((model) => `${name}/${model}`),
  );
  return createPrices({ allowUnpriced });
}

function policiesOf(all: readonly Product[]): Parameters<typeof createAi>[0]['policies'] {
  return Object.fromEntries(
    all.flatMap(({ key, policies }) =>
      Object.entries(policies).map(([feature, policy]) => [`${key}.${feature}`, policy]),
    ),
  );
}
