import {
  type Ai,
  type AiParts,
  type AiSettings,
  aiSettingsOf,
  createAi,
  createFindings,
  problemsOfAi,
} from '#platform/ai';
import type { Audit } from '#platform/audit';
import type { Config } from '#platform/config';
import type { Database } from '#platform/db';
import { type Ids, systemClock, systemRandom } from '#platform/kernel';
import type { Holder } from '#platform/limits';
import type { Product } from '#platform/product';
import type { Secrets } from '#platform/secrets';
import type { Telemetry } from '#platform/telemetry';
import { products } from '#products';

interface AiWiring extends Pick<AiParts, 'upstreams' | 'clock' | 'random' | 'redis' | 'crashHook'> {
  readonly config: Config;
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly secrets: Secrets;
  readonly telemetry: Telemetry;
  readonly holder: Holder;
}

/** Every way to a model, with the policies and prompts of all products, and what the operator's file says of them. */
export function openAi({ telemetry, config, db, ids, audit, secrets, ...parts }: AiWiring): Ai {
  return createAi({
    ...parts,
    ...telemetry,
    ...aiSettingsOf(config),
    findings: createFindings({ db, ids, ...telemetry }),
    ownKeyParts: { db, audit, secrets },
    signals: db,
    storedIn: { db, audit },
    health: { db, process: parts.holder.id },
    moderation: config.ai.moderation,
    slots: config.ai.slots,
    fleet: () => parts.holder.fleet,
    maySend: () => parts.holder.isGood(),
    ...declaredBy(products),
  });
}

export interface AiCheck {
  readonly settings: AiSettings;
  readonly problems: readonly string[];
  /** Models that `AI_UPSTREAMS` lists, and that have no price. */
  readonly unpriced: readonly string[];
}

/** The parts of a gateway that only looks at settings, and calls nothing. */
function lookingAt({ ai }: Config, settings: AiSettings): AiParts {
  const { upstreams, sandbox, slots } = ai;
  return {
    ...settings,
    ...declaredBy(products),
    upstreams: sandbox ? [...upstreams, { name: 'sandbox', baseUrl: 'http://127.0.0.1/v1' }] : upstreams,
    slots,
    clock: systemClock,
    random: systemRandom,
  };
}

/** Looks at AI_CONFIG, or a text in its place, together with AI_UPSTREAMS and the products, without a call. Throws ConfigError for a text that can't be read. */
export async function checkAi(config: Config, text?: string): Promise<AiCheck> {
  const settings = aiSettingsOf(config, text);
  const problems = await problemsOfAi(lookingAt(config, settings));
  const unpriced = config.ai.upstreams.flatMap(({ name, models = [] }) =>
    models.filter((model) => !settings.prices.has(name, model)).map((model) => `${name}/${model}`),
  );
  return { settings, problems, unpriced };
}

/** Stored routes that these settings leave aside, each in a sentence. Throws ConfigError for settings that are wrong themselves. */
export async function routesLeftAside(
  config: Config,
  rows: readonly { readonly alias: string; readonly route: unknown }[],
): Promise<string[]> {
  const stored = new Map(rows.map(({ alias, route }) => [alias, route]));
  const ai = createAi({ ...lookingAt(config, aiSettingsOf(config)), stored });
  await ai.close();
  return [...ai.aside()].flatMap(([alias, faults]) => faults.map(({ message }) => `${alias}: ${message}`));
}

/** The policies and prompts of products. */
function declaredBy(all: readonly Product[]): Pick<AiParts, 'policies' | 'prompts'> {
  return {
    policies: policiesOf(all),
    prompts: Object.fromEntries(
      all.flatMap(({ key, prompts }) => (prompts === undefined ? [] : [[key, prompts]])),
    ),
  };
}

function policiesOf(all: readonly Product[]): Parameters<typeof createAi>[0]['policies'] {
  return Object.fromEntries(
    all.flatMap(({ key, policies }) =>
      Object.entries(policies).map(([feature, policy]) => [`${key}.${feature}`, policy]),
    ),
  );
}
