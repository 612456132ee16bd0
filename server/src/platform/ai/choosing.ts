import { ConfigError } from '#platform/config';
import { AppError } from '#platform/kernel';
import type { AiChoices, AiParts } from './parts.ts';
import type { Prices } from './metering/prices.ts';
import { type OwnKeyFees, ownKeyFees } from './own-keys/own-keys.ts';
import { createPolicies, type Policy } from './policy.ts';
import { BREAKER } from './providers/breaker.ts';
import { createProviders, type Providers, type Target } from './providers/providers.ts';
import { guards, type Sanitizer } from './sanitizer/index.ts';
import { assertSlots } from './slots/open-slots.ts';
import { createAsideLog } from './stored-routes/aside-log.ts';
import { createStoredRoutes } from './stored-routes/stored-routes.ts';
import type { Timers } from './timers.ts';

export interface Core {
  readonly policyOf: (name: string) => Policy;
  readonly chainOf: (policy: Policy) => readonly Target[];
}

/** Choices, found to be right, and what follows from them. */
interface Chosen extends Core {
  readonly prices: Prices;
  readonly providers: Providers;
  readonly allowedFields: ReadonlySet<string>;
  readonly ownKeyFees: OwnKeyFees;
  readonly sanitizerOf: (policy: Policy) => Sanitizer | undefined;
}

/** The choices in effect, over which stored routes lie. */
export function choosing(parts: AiParts, timers: Timers) {
  const tellAside = createAsideLog(parts.logger);
  let chosen = chosenFrom(parts, providersOf(parts, timers), parts);
  let choices: AiChoices = parts;
  let stored = parts.stored ?? new Map<string, unknown>();

  function put(next: AiChoices, routes: ReadonlyMap<string, unknown>): void {
    chosen = chosenFrom(next, chosen.providers.under({ ...next, stored: routes }), parts);
    [choices, stored] = [next, routes];
    tellAside(chosen.providers.aside);
  }

  return {
    get chosen() {
      return chosen;
    },
    /** Changes of them, and how they stand. */
    changes: {
      aside: () => chosen.providers.aside,
      choose: (next: AiChoices) => put(next, stored),
      routes:
        parts.storedIn &&
        createStoredRoutes({
          ...parts.storedIn,
          logger: parts.logger,
          providers: () => chosen.providers,
          put: (rows) => put(choices, rows),
        }),
    },
  };
}

/** The providers, whose breakers and throttles are told of. */
function providersOf(parts: AiParts, timers: Timers): Providers {
  return createProviders({
    ...parts,
    timers,
    breaker: parts.breaker ?? BREAKER,
    breakerChanged: (provider, model, state) => {
      parts.metrics?.breaker(provider, model, state);
      parts.logger?.warn({ provider, model, state }, 'circuit breaker');
    },
    throttled: (place, milliseconds) =>
      parts.logger?.warn({ ...place, milliseconds }, 'a provider throttles us'),
    keyRefused(place, rest) {
      if (rest.milliseconds === 0) parts.logger?.info({ ...place }, 'a provider takes a key again');
      else parts.logger?.error({ ...place, ...rest }, 'a provider refuses a key: it is left out meanwhile');
    },
  });
}

type Declared = Pick<AiParts, 'policies' | 'prompts' | 'slots'>;

function chosenFrom(choices: AiChoices, providers: Providers, declared: Declared): Chosen {
  const policies = createPolicies(declared.policies, choices.policyOverrides);
  assertSlots(declared.slots, providers);
  return {
    prices: choices.prices,
    providers,
    allowedFields: new Set(choices.allowedFields),
    ownKeyFees: ownKeyFees(choices, providers),
    chainOf: chains(policies, providers),
    sanitizerOf: guards(policies, declared.prompts),
    policyOf(name) {
      const policy = policies.get(name);
      if (policy === undefined) throw new Error(`no policy is declared for ${name}`);
      return policy;
    },
  };
}

/** The chain of each policy, found at start, where a model that no provider has is an error. */
function chains(
  policies: ReadonlyMap<string, Policy>,
  providers: Providers,
): (policy: Policy) => readonly Target[] {
  const found = new Map<Policy, readonly Target[]>();
  for (const [name, policy] of policies) {
    try {
      found.set(policy, onceEach(policy.models.flatMap((model) => providers.chain(model))));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new ConfigError([
        `AI_UPSTREAMS: the policy ${name} names a model that no configured provider has: ${policy.models.join(', ')}. An upstream that the price catalogue does not know must list its "models".`,
      ]);
    }
  }
  return (policy) => found.get(policy) ?? [];
}

function onceEach(chain: readonly Target[]): readonly Target[] {
  return chain.filter(
    ({ provider, model }, index) =>
      chain.findIndex((one) => one.provider === provider && one.model === model) === index,
  );
}
