import { type Ai, type AiParts, createAi, createPrices } from '#platform/ai';
import type { Config } from '#platform/config';
import type { Holder } from '#platform/limits';
import type { Product } from '#platform/product';
import type { Telemetry } from '#platform/telemetry';
import { products } from '#products';

interface AiWiring extends Pick<AiParts, 'upstreams' | 'clock' | 'random' | 'redis' | 'passing'> {
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
    prices: createPrices({ allowUnpriced: unpriced(config) }),
    policies: policiesOf(products),
    prompts: Object.fromEntries(
      products.flatMap(({ key, prompts }) => (prompts === undefined ? [] : [[key, prompts]])),
    ),
  });
}

/** Models of the operator's own upstreams may lack a price; whoever names them allows the default one. */
function unpriced({ ai }: Config): string[] {
  return ai.upstreams.flatMap(({ name, models = [] }) => models.map((model) => `${name}/${model}`));
}

function policiesOf(all: readonly Product[]): Parameters<typeof createAi>[0]['policies'] {
  return Object.fromEntries(
    all.flatMap(({ key, policies }) =>
      Object.entries(policies).map(([feature, policy]) => [`${key}.${feature}`, policy]),
    ),
  );
}
