import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import type { Passing } from '#platform/db';
import { AppError, type Clock, type Random } from '#platform/kernel';
import type { Permit, PlannedCall } from '#platform/limits';
import type { z } from 'zod';
import type { PipeCall, PlainAnswer, StreamAnswer } from './attempt.ts';
import { BREAKER, type BreakerSettings } from './breaker.ts';
import { createDeadlines } from './deadlines.ts';
import { createDoor, type Door } from './door.ts';
import {
  answerSchema,
  type Generated,
  type GenerateRequest,
  objectIn,
  structuredBody,
  unfit,
} from './generate.ts';
import { createLedger } from './ledger.ts';
import { embeddingModel, languageModel } from './model.ts';
import { createPipe, type Pipe } from './pipe.ts';
import { planCall } from './plan.ts';
import { createPolicies, type Policy, type PolicyInput } from './policy.ts';
import type { AiLogger, AiMetrics, HangUp } from './ports.ts';
import type { Prices } from './prices.ts';
import type { Prompts } from './prompts.ts';
import { createProviders, type Providers, type Target, type UpstreamOptions } from './providers.ts';
import { systemTimers, type Timers } from './timers.ts';
import { readWire, safetyIdentifier, type WireRequest } from './wire.ts';

export interface AiParts {
  readonly upstreams: readonly UpstreamOptions[];
  /** Names of the operator's own, each a chain of `provider/model`. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly prices: Prices;
  /** By `product.feature`, as products declare them. */
  readonly policies: Readonly<Record<string, PolicyInput>>;
  /** What configuration lays over the policies. */
  readonly policyOverrides?: unknown;
  /** By product. */
  readonly prompts?: Readonly<Record<string, Prompts>>;
  /** Fields of chat requests beyond the table that the operator lets through. */
  readonly allowedFields?: readonly string[];
  readonly breaker?: BreakerSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers?: Timers;
  readonly logger?: AiLogger | undefined;
  readonly metrics?: AiMetrics | undefined;
  readonly passing?: Passing | undefined;
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
  readonly hangUp?: HangUp | undefined;
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
  /** What admission is told of a feature's call: its first model, and the most that it may cost. */
  estimate(request: EstimateRequest): PlannedCall;
  readonly door: Door;
  close(): Promise<void>;
}

interface Core {
  readonly pipe: Pipe;
  readonly parts: AiParts;
  readonly policyOf: (name: string) => Policy;
  readonly chainOf: (policy: Policy) => readonly Target[];
}

/** Opens the AI gateway. Throws when a policy, a price or an alias is not right, so that the start stops. */
export function createAi(parts: AiParts): Ai {
  const { clock, metrics, prices } = parts;
  const timers = parts.timers ?? systemTimers;
  const providers = createProviders({
    ...parts,
    breaker: parts.breaker ?? BREAKER,
    breakerChanged: (provider, model, state) => {
      metrics?.breaker(provider, model, state);
      parts.logger?.warn({ provider, model, state }, 'circuit breaker');
    },
  });
  const pipe = createPipe({
    clock,
    timers,
    metrics,
    random: parts.random,
    logger: parts.logger,
    passing: parts.passing,
    deadlines: createDeadlines({ clock, timers }),
    ledger: createLedger({ priceVersion: prices.version, metrics, passing: parts.passing }),
    priceVersion: prices.version,
    safetyIdentifier: safetyIdentifiers(),
  });
  const policies = createPolicies(parts.policies, parts.policyOverrides);
  const policyOf = (name: string): Policy => {
    const policy = policies.get(name);
    if (policy === undefined) throw new Error(`no policy is declared for ${name}`);
    return policy;
  };
  const core: Core = { pipe, parts, policyOf, chainOf: chains(policies, providers) };
  return {
    call: (permit, { feature, wire, hangUp }) => pipe({ ...governed(core, permit, feature), wire, hangUp }),
    model: (permit, feature) => languageModel({ pipe, ...governed(core, permit, feature) }),
    embed: (permit, feature) => embeddingModel({ pipe, ...governed(core, permit, feature) }),
    generate: (permit, request) => generate(core, permit, request),
    estimate: (request) => estimate(core, request),
    door: createDoor({
      pipe,
      providers,
      policyOf,
      priceVersion: prices.version,
      logger: parts.logger,
      allowedFields: parts.allowedFields ?? [],
    }),
    close: () => providers.close(),
  };
}

/** The chain of each policy, found at start, where a model that nobody has is an error. */
function chains(
  policies: ReadonlyMap<string, Policy>,
  providers: Providers,
): (policy: Policy) => readonly Target[] {
  const found = new Map<Policy, readonly Target[]>();
  for (const [name, policy] of policies) {
    try {
      found.set(policy, [...new Set(policy.models.flatMap((model) => providers.chain(model)))]);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new Error(
        `the policy ${name} names a model that no configured provider has: ${policy.models.join(', ')}`,
        { cause: error },
      );
    }
  }
  return (policy) => found.get(policy) ?? [];
}

function governed(core: Core, permit: Permit, feature: string): Omit<PipeCall, 'wire'> {
  const policy = core.policyOf(`${permit.product}.${feature}`);
  return { permit, policy, chain: core.chainOf(policy) };
}

function estimate(core: Core, request: EstimateRequest): PlannedCall {
  const policy = core.policyOf(request.policy);
  const [first] = core.chainOf(policy);
  if (first === undefined) throw new AppError('model_unknown');
  const wire = { endpoint: '/chat/completions', replies: 1, images: 0, tier: undefined, ...request } as const;
  const asked = { ...wire, maxTokens: request.maxTokens };
  return planCall({ policy, wire: asked, priceVersion: core.parts.prices.version }, first).call;
}

async function generate<Schema extends z.ZodType>(
  core: Core,
  permit: Permit,
  request: GenerateRequest<Schema>,
): Promise<Generated<Schema>> {
  const { feature, prompt: asked, hangUp } = request;
  const prompts = core.parts.prompts?.[permit.product];
  if (prompts === undefined) throw new Error(`the product ${permit.product} has no prompts`);
  const prompt = prompts.get(asked.id, asked.version).render(asked.variables);
  const call = governed(core, permit, feature);
  const takesSchema = call.chain.every(({ upstream }) => upstream.dialect.jsonSchema);
  const schema = answerSchema(request.schema);
  const wire = readWire('/chat/completions', structuredBody(prompt, schema, takesSchema));
  const named = {
    prompt: prompt.id,
    prompt_version: prompt.version,
    request_id: permit.requestId,
    permit_id: permit.id,
  };
  for (let left = call.policy.tries; left > 0; left -= 1) {
    const answer = await core.pipe({ ...call, wire, hangUp });
    if (answer.kind !== 'plain') throw new Error('a plain call was answered by a stream');
    const object = objectIn(answer, request.schema);
    const { provider, model } = answer.target;
    const fields = { ...named, provider, model, provider_request_id: answer.usage.providerRequestId };
    if (object !== undefined) {
      core.parts.logger?.info(fields, 'generated');
      return { object, usage: answer.usage, prompt: { id: prompt.id, version: prompt.version } };
    }
    core.parts.logger?.warn(fields, 'an answer does not fit its schema');
    if (permit.calls >= call.policy.tries + call.policy.rounds - 1) break;
  }
  throw unfit(permit, prompt);
}

const KEPT_IDENTIFIERS = 10_000;

/** Hashes of accounts, kept: a hash costs more than the rest of the request's head. */
function safetyIdentifiers(): (permit: Permit) => string {
  const known = new Map<string, string>();
  return ({ accountId }) => {
    const kept = known.get(accountId);
    if (kept !== undefined) return kept;
    if (known.size >= KEPT_IDENTIFIERS) known.clear();
    const made = safetyIdentifier(accountId);
    known.set(accountId, made);
    return made;
  };
}
