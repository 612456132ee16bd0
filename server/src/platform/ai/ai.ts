import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import { ConfigError } from '#platform/config';
import type { CrashHook } from '#platform/db';
import type { Lane } from '#platform/jobs';
import { AppError, type Clock, createEndOfTurn, micros, type Random } from '#platform/kernel';
import type { Fleet, Permit, PlannedCall } from '#platform/limits';
import type { Redis } from '#platform/redis';
import type { z } from 'zod';
import type { PipeCall, PlainAnswer, StreamAnswer } from './pipe/attempt.ts';
import { BREAKER, type BreakerSettings } from './providers/breaker.ts';
import { createDeadlines } from './providers/deadlines.ts';
import { createHealth, type Health, type HealthParts } from './providers/health.ts';
import { CHAT } from './dialects/chat.ts';
import { type AiEndpoint, createAiEndpoint } from './endpoint/endpoint.ts';
import { type StreamedItems, streamItems, type StreamItemsRequest } from './model/item-stream.ts';
import { generate, type Generated, type GenerateRequest } from './model/generate.ts';
import { createLedger } from './pipe/ledger.ts';
import { embeddingModel, languageModel, type ModelParts } from './model/model.ts';
import { createPipe } from './pipe/pipe.ts';
import { planCall } from './plan.ts';
import { createPolicies, type Policy, type PolicyInput } from './policy.ts';
import type { AiLogger, AiMetrics } from './ports.ts';
import type { Prices } from './metering/prices.ts';
import { pricesNow } from './metering/prices-now.ts';
import {
  type AccountKeys,
  openAccountKeys,
  type OwnKeyFees,
  ownKeyFees,
  type OwnKeyParts,
} from './own-keys/own-keys.ts';
import type { Prompts } from './prompts.ts';
import type { Signals } from './providers/keys.ts';
import type { Alias } from './providers/routes.ts';
import { createProviders, type Providers, type Target, type UpstreamOptions } from './providers/providers.ts';
import { type StreamedText, streamText, type StreamTextRequest } from './model/text-stream.ts';
import { systemTimers, type Timers } from './timers.ts';
import { type Cut, guardedModel, createGuard, guards, type Sanitizer } from './sanitizer/index.ts';
import type { Findings, SafetyMetrics } from './safety/findings.ts';
import { type Safety, safetyOf } from './safety-part.ts';
import { createAsideLog } from './stored-routes/aside-log.ts';
import {
  createStoredRoutes,
  type StoredRoutes,
  type StoredRoutesParts,
} from './stored-routes/stored-routes.ts';
import { assertSlots, openSlots } from './slots/open-slots.ts';
import type { SlotLimit } from './slots/slots.ts';
import type { StructuredParts } from './model/structured.ts';
import { createTokenCounter } from './metering/tokens.ts';
import { safetyIdentifiers, type WireRequest } from './wire.ts';

/** Settings that may change while the program runs. */
export interface AiChoices {
  /** Those that there were, when not said. */
  readonly upstreams?: readonly UpstreamOptions[];
  readonly prices: Prices;
  /** Names of the operator's own, each a chain of `provider/model` or a route. */
  readonly aliases?: Readonly<Record<string, Alias>>;
  /** By provider, in place of what its upstream lists. */
  readonly models?: Readonly<Record<string, readonly string[]>>;
  /** Configuration that lies over the policies. */
  readonly policyOverrides?: unknown;
  /** Fields of chat requests beyond the table that the operator lets through. */
  readonly allowedFields?: readonly string[];
  /** By the provider at which accounts may have keys of their own: percent of the price that their calls cost. */
  readonly ownKeys?: Readonly<Record<string, { readonly fee: number }>>;
}

export interface AiParts extends AiChoices {
  readonly upstreams: readonly UpstreamOptions[];
  /** Routes that operators stored, as they are found at the start. */
  readonly stored?: ReadonlyMap<string, unknown> | undefined;
  /** Where operators store routes; undefined: nowhere. */
  readonly storedIn?: StoredRoutesParts | undefined;
  /** By `product.feature`, as products declare them. */
  readonly policies: Readonly<Record<string, PolicyInput>>;
  /** By product. */
  readonly prompts?: Readonly<Record<string, Prompts>>;
  readonly breaker?: BreakerSettings;
  /** How many calls may be under way at once, over all processes; none: as many as come. */
  readonly slots?: readonly SlotLimit[] | undefined;
  /** The processes that share the slots; none: this one alone. */
  readonly fleet?: (() => Fleet) | undefined;
  /** Asked right before each call goes out: whether others still count with what this process holds. Always, when not said. */
  readonly maySend?: (() => boolean) | undefined;
  /** Counts the slots over all processes; none, or away: each keeps its share. */
  readonly redis?: Redis | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers?: Timers;
  readonly logger?: AiLogger | undefined;
  readonly metrics?: (AiMetrics & Partial<SafetyMetrics>) | undefined;
  /** Where what the safety part finds is kept. */
  readonly findings?: Findings | undefined;
  /** Tells other processes which keys of providers cool. */
  readonly signals?: Signals | undefined;
  /** Where keys of accounts at providers are kept. */
  readonly ownKeyParts?: OwnKeyParts | undefined;
  /** Parts that the health of providers is read by. */
  readonly health?: HealthParts | undefined;
  /** false: no second check of texts, although a provider offers one. */
  readonly moderation?: boolean;
  readonly crashHook?: CrashHook | undefined;
}

export interface EstimateRequest {
  /** `product.feature`. */
  readonly policy: string;
  /** Bytes of the whole request, prompt and schema included; a bound is enough. */
  readonly inputBytes: number;
  readonly maxTokens?: number;
}

export interface CallRequest {
  readonly feature: string;
  readonly wire: WireRequest;
  readonly signal?: AbortSignal | undefined;
  /** The lane whose provider slots it takes; `interactive` by default. */
  readonly lane?: Lane | undefined;
  /** The caller's trace, for the provider. */
  readonly traceparent?: string | undefined;
}

/** Every way to a model. All of them go through one pipe, under a permit. */
export interface Ai {
  /** A call in OpenAI's protocol by the policy of a feature of the permit's product. Throws ProviderError. */
  call(permit: Permit, request: CallRequest): Promise<PlainAnswer | StreamAnswer>;
  /** A language model of the AI SDK. */
  model(permit: Permit, feature: string): LanguageModelV4;
  /** An embedding model of the AI SDK. */
  embed(permit: Permit, feature: string): EmbeddingModelV4;
  /**
   * Asks for an object by a prompt and a schema. An answer that does not fit is asked for again within the policy's
   * tries; then it throws `answer_unusable`.
   */
  generate<Schema extends z.ZodType>(
    permit: Permit,
    request: GenerateRequest<Schema>,
  ): Promise<Generated<Schema>>;
  /**
   * Asks for a list by a prompt and a schema of its elements, as a stream: each is handed to `take` as soon as it is
   * there. Without any it asks again within the policy's tries, then throws `answer_unusable`. Once one was taken a
   * stream that breaks throws a retryable ProviderError, and the caller may ask for the rest.
   */
  streamItems<Item extends z.ZodType>(
    permit: Permit,
    request: StreamItemsRequest<Item>,
  ): Promise<StreamedItems>;
  /**
   * Asks for a text by a prompt and what was said before, as a stream: words are handed to `take` as they come. Before any
   * were, it asks again within the policy's tries, then throws; afterwards a text that broke off is answered as far as it came.
   */
  streamText(permit: Permit, request: StreamTextRequest): Promise<StreamedText>;
  /**
   * Why a value that product code is about to hand out must not leave, for a text in it that would repeat a secret of the feature, alone or with
   * what left before under the permit. It is counted and logged as a reply that is cut. What is not refused counts as having left.
   */
  refuses(permit: Permit, feature: string, value: unknown): Cut | undefined;
  /** A feature's call for admission: its first model, and the most that it may cost. */
  estimate(request: EstimateRequest): PlannedCall;
  readonly endpoint: AiEndpoint;
  readonly safety: Safety;
  readonly health: Health;
  /** Undefined in a process that keeps none. */
  readonly accountKeys: AccountKeys | undefined;
  /** Routes that operators store; undefined: this process has nowhere to. */
  readonly routes: StoredRoutes | undefined;
  /** Stored routes that are left aside, with what is wrong. */
  aside(): Providers['aside'];
  /** The prices in effect. */
  readonly prices: Prices;
  /**
   * Puts other choices into effect, all of them: products and catalogue decide the rest. Calls under way keep what they
   * began with, and breakers, throttles and slots what they know. Throws ConfigError, and then nothing has changed.
   */
  choose(choices: AiChoices): void;
  close(): Promise<void>;
}

interface Core {
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

/** Opens the AI gateway. Throws when a policy, a price or an alias is not right, so that the start stops. */
export function createAi(parts: AiParts): Ai {
  const { clock, metrics } = parts;
  const timers = parts.timers ?? systemTimers;
  const tokens = createTokenCounter({ timers });
  const now = choosing(parts, timers);
  const slots = openSlots(parts, { timers });
  const deadlines = createDeadlines({ clock, timers });
  const health = createHealth({ clock, metrics, providers: () => now.chosen.providers, parts: parts.health });
  const accountKeys = openAccountKeys({
    ...parts,
    providers: { upstream: (name) => now.chosen.providers.upstream(name) },
    fees: () => now.chosen.ownKeyFees,
  });
  const pipe = createPipe({
    ...parts,
    timers,
    metrics: health.counting,
    slots: slots?.slots,
    logger: parts.logger,
    crashHook: parts.crashHook,
    tokens,
    deadlines,
    ledger: createLedger({ tokens, metrics, crashHook: parts.crashHook }),
    safetyIdentifier: safetyIdentifiers(),
    maySend: parts.maySend,
  });
  const core: Core = {
    policyOf: (name) => now.chosen.policyOf(name),
    chainOf: (of) => now.chosen.chainOf(of),
  };
  const guardOf = (permit: Permit, policy: Policy) =>
    createGuard(parts, permit, { sanitizer: now.chosen.sanitizerOf(policy), replyCheck: policy.replyCheck });
  const structured: StructuredParts = {
    pipe,
    promptsOf: (product) => parts.prompts?.[product],
    governed: (permit, request) => governCall(core, permit, request),
    guardOf,
    logger: parts.logger,
  };
  return {
    call: (permit, request) => pipe({ ...governCall(core, permit, request), ...sentModels(request) }),
    model: (permit, feature) => modelOf({ pipe, ...governCall(core, permit, { feature }) }, guardOf),
    embed: (permit, feature) => embeddingModel({ pipe, ...governCall(core, permit, { feature }) }),
    generate: (permit, request) => generate(structured, permit, request),
    streamItems: (permit, request) => streamItems(structured, permit, request),
    streamText: (permit, request) => streamText(structured, permit, request),
    refuses: (permit, feature, value) =>
      guardOf(permit, core.policyOf(`${permit.product}.${feature}`))?.beginObjects()(value),
    estimate: (request) => estimate(core, request),
    endpoint: createAiEndpoint({
      pipe,
      tokens,
      deadlines,
      sendAtEndOfTurn: createEndOfTurn(),
      policyOf: core.policyOf,
      logger: parts.logger,
      ownKeys: (accountId) => accountKeys?.of(accountId),
      get providers() {
        return now.chosen.providers;
      },
      get allowedFields() {
        return now.chosen.allowedFields;
      },
    }),
    safety: safetyOf(parts, () => now.chosen.providers),
    health,
    accountKeys,
    prices: pricesNow(() => now.chosen.prices),
    ...now.changes,
    async close() {
      now.changes.routes?.close();
      slots?.close();
      await Promise.all([
        tokens.close(),
        now.chosen.providers.close(),
        accountKeys?.close(),
        parts.findings?.close(),
      ]);
    },
  };
}

/** The choices in effect, over which stored routes lie. */
function choosing(parts: AiParts, timers: Timers) {
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

function modelOf(parts: ModelParts, guardOf: StructuredParts['guardOf']): LanguageModelV4 {
  return guardedModel(languageModel(parts), guardOf(parts.permit, parts.policy));
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

function sentModels({
  wire,
  signal,
  traceparent,
}: CallRequest): Pick<PipeCall, 'wire' | 'signal' | 'traceparent'> {
  return { wire, signal, traceparent };
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

function governCall(
  core: Core,
  permit: Permit,
  { feature, lane }: { readonly feature: string; readonly lane?: Lane | undefined },
): Omit<PipeCall, 'wire'> {
  const policy = core.policyOf(`${permit.product}.${feature}`);
  return { permit, policy, chain: core.chainOf(policy), lane };
}

function estimate(core: Core, request: EstimateRequest): PlannedCall {
  const policy = core.policyOf(request.policy);
  const [first] = core.chainOf(policy);
  if (first === undefined) throw new AppError('model_unknown');
  const wire = {
    dialect: CHAT,
    replies: 1,
    pictures: [],
    tier: undefined,
    ...request,
  } as const;
  const asked = { ...wire, maxTokens: request.maxTokens };
  // A bound is no reason to refuse: the call itself measures its input, and may ask for less. None costs more than the cap.
  const { cost = Number.POSITIVE_INFINITY, ...caps } = policy.caps;
  const { call } = planCall({ policy: { ...policy, caps }, wire: asked }, first);
  return { ...call, reserve: micros(Math.min(call.reserve, cost)) };
}
