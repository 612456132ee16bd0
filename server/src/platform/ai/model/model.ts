import type { EmbeddingModelV4, LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { DatabaseAway } from '#platform/db';
import type { Permit } from '#platform/limits';
import type { PipeCall } from '../pipe/attempt.ts';
import { ProviderError } from '../errors.ts';
import type { LiveStream } from '../pipe/live-stream.ts';
import type { Pipe } from '../pipe/pipe.ts';
import type { Policy } from '../policy.ts';
import { type Target, takesOf } from '../providers/providers.ts';
import { CHAT } from '../dialects/chat.ts';
import { EMBEDDINGS } from '../dialects/embeddings.ts';
import { readWire } from '../wire.ts';

/** Parts that a model of the AI SDK is built on. */
export interface ModelParts {
  readonly pipe: Pipe;
  readonly permit: Permit;
  readonly policy: Policy;
  readonly chain: readonly Target[];
}

/** Never resolved: the pipe knows where a call goes. */
const NOWHERE = 'http://ai.invalid/v1';
/** Members that the SDK writes by itself and that say what holds without them; strict providers refuse them. */
const DEFAULTS: ReadonlySet<string> = new Set(['"tool_choice":"auto"', '"encoding_format":"float"']);
/** As many bytes may wait for a reader of a stream; beyond that the provider is paused. */
const READ_AHEAD = 65_536;

/** The AI SDK costs 50 ms and 22 MB to load: only a product that uses it pays. */
async function sdkProvider(
  parts: ModelParts,
): Promise<ReturnType<typeof import('@ai-sdk/openai-compatible')['createOpenAICompatible']>> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  return createOpenAICompatible({
    name: 'plinth',
    baseURL: NOWHERE,
    includeUsage: true,
    supportsStructuredOutputs: parts.chain.every(
      (target) => takesOf(target).response_format === 'json_schema',
    ),
    fetch: pipeFetch(parts),
  });
}

/**
 * A language model of the AI SDK over the pipe: generateText, streamText, structured output, tools and agents work
 * with it unchanged. What it throws is a ProviderError, which the SDK does not retry at any `maxRetries`; and
 * an SDK that calls again by other ways meets the permit's count of tries.
 */
export function languageModel(parts: ModelParts): LanguageModelV4 {
  const modelId = parts.policy.models[0] ?? '';
  const load = async (): Promise<LanguageModelV4> => (await sdkProvider(parts)).chatModel(modelId);
  return {
    specificationVersion: 'v4',
    provider: 'plinth',
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      const model = await load();
      return withOwnErrors(() => model.doGenerate(options));
    },
    async doStream(options) {
      const model = await load();
      const result = await withOwnErrors(() => model.doStream(options));
      return { ...result, stream: ReadableStream.from(ownErrorsOf(result.stream)) };
    },
  };
}

/**
 * The SDK's error of a stream that broke, with the prompt in it, has the pipe's own error as its cause; so has what it takes for a
 * failed connection by a code like ECONNRESET, as a database that is away has one too, and would ask for again.
 */
function ownError(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ProviderError || cause instanceof DatabaseAway ? cause : error;
}

async function withOwnErrors<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw ownError(error);
  }
}

async function* ownErrorsOf(
  stream: ReadableStream<LanguageModelV4StreamPart>,
): AsyncGenerator<LanguageModelV4StreamPart> {
  try {
    for await (const part of stream)
      yield part.type === 'error' ? { ...part, error: ownError(part.error) } : part;
  } catch (error) {
    throw ownError(error);
  }
}

/** An embedding model of the AI SDK over the pipe. */
export function embeddingModel(parts: ModelParts): EmbeddingModelV4 {
  const modelId = parts.policy.models[0] ?? '';
  return {
    specificationVersion: 'v4',
    provider: 'plinth',
    modelId,
    maxEmbeddingsPerCall: 256,
    // Calls of one permit are one after the other: its ledger knows one call under way.
    supportsParallelCalls: false,
    doEmbed: async (options) => {
      const model = (await sdkProvider(parts)).embeddingModel(modelId);
      return withOwnErrors(() => model.doEmbed(options));
    },
  };
}

/** `fetch` as the AI SDK calls it: the pipe behind it answers 200 or throws, never a status that the SDK would retry. */
function pipeFetch(parts: ModelParts): typeof globalThis.fetch {
  const { pipe, permit, policy, chain } = parts;
  return async (input, init) => {
    if (typeof init?.body !== 'string') throw new TypeError('the pipe takes JSON bodies only');
    const path = new URL(input instanceof Request ? input.url : input).pathname;
    const dialect = path.endsWith('/embeddings') ? EMBEDDINGS : CHAT;
    const wire = readWire(dialect, init.body, { unsaid: DEFAULTS });
    const signal = init.signal ?? undefined;
    const call: PipeCall = { permit, policy, chain, wire, signal };
    const answer = await pipe(call).catch((error: unknown) => {
      // The SDK knows an abort by the signal's own reason, and then reports no failure.
      throw error instanceof ProviderError && error.code === 'client_gone' && signal !== undefined
        ? signal.reason
        : error;
    });
    const headers = { 'x-plinth-max-tokens': String(answer.plan.maxTokens) };
    return answer.kind === 'plain'
      ? new Response(new Uint8Array(answer.body), {
          headers: { ...headers, 'content-type': 'application/json' },
        })
      : new Response(readable(answer.live), { headers: { ...headers, 'content-type': 'text/event-stream' } });
  };
}

/** A stream for the SDK to read. An unread stream runs into the policy's idle limit. */
function readable(live: LiveStream): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        live.pipe({
          write(chunk) {
            controller.enqueue(chunk);
            return (controller.desiredSize ?? 0) > 0;
          },
          // A caller who reads the end may make the permit's next call at once: the ledger has this one's outcome by then.
          end: () => void live.finished.then(() => controller.close()),
          fail: (error) => void live.finished.then(() => controller.error(error)),
        });
      },
      pull: () => live.resume(),
      cancel: () => live.stop(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: READ_AHEAD }),
  );
}
