import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import type { Lane } from '#platform/jobs';
import { AppError, createEndOfTurn, micros } from '#platform/kernel';
import type { Permit, PlannedCall } from '#platform/limits';
import type { z } from 'zod';
import type { PipeCall, PlainAnswer, StreamAnswer } from './pipe/attempt.ts';
import { createDeadlines } from './providers/deadlines.ts';
import { createHealth, type Health } from './providers/health.ts';
import { CHAT } from './dialects/chat.ts';
import { type AiEndpoint, createAiEndpoint } from './endpoint/endpoint.ts';
import { type StreamedItems, streamItems, type StreamItemsRequest } from './model/item-stream.ts';
import { generate, type Generated, type GenerateRequest } from './model/generate.ts';
import { createLedger } from './pipe/ledger.ts';
import { embeddingModel, languageModel, type ModelParts } from './model/model.ts';
import { createPipe, type Pipe, type PipeParts } from './pipe/pipe.ts';
import { choosing, type Core } from './choosing.ts';
import type { AiChoices, AiParts } from './parts.ts';
import { planCall } from './plan.ts';
import type { Policy } from './policy.ts';
import type { Prices } from './metering/prices.ts';
import { pricesNow } from './metering/prices-now.ts';
import { type AccountKeys, openAccountKeys } from './own-keys/own-keys.ts';
import type { Providers } from './providers/providers.ts';
import { type StreamedText, streamText, type StreamTextRequest } from './model/text-stream.ts';
import { systemTimers } from './timers.ts';
import { type Cut, guardedModel, createGuard } from './sanitizer/index.ts';
import { type Safety, safetyOf } from './safety-part.ts';
import type { StoredRoutes } from './stored-routes/stored-routes.ts';
import { openSlots } from './slots/open-slots.ts';
import type { StructuredParts } from './model/structured.ts';
import { createTokenCounter } from './metering/tokens.ts';
import { safetyIdentifiers, type WireRequest } from './wire.ts';

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
  const pipe = openPipe(parts, { timers, tokens, deadlines, slots: slots?.slots, metrics: health.counting });
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
      accountKeys?.close();
      await Promise.all([tokens.close(), now.chosen.providers.close(), parts.findings?.close()]);
    },
  };
}

function openPipe(
  parts: AiParts,
  more: Pick<PipeParts, 'timers' | 'tokens' | 'deadlines' | 'slots' | 'metrics'>,
): Pipe {
  const { metrics, logger, crashHook, maySend } = parts;
  return createPipe({
    ...parts,
    ...more,
    logger,
    crashHook,
    ledger: createLedger({ tokens: more.tokens, metrics, crashHook }),
    safetyIdentifier: safetyIdentifiers(),
    maySend,
  });
}

function modelOf(parts: ModelParts, guardOf: StructuredParts['guardOf']): LanguageModelV4 {
  return guardedModel(languageModel(parts), guardOf(parts.permit, parts.policy));
}

function sentModels({
  wire,
  signal,
  traceparent,
}: CallRequest): Pick<PipeCall, 'wire' | 'signal' | 'traceparent'> {
  return { wire, signal, traceparent };
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
