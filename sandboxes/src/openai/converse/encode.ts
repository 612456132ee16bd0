import { type Block, blocksOf, endOf, type Reply } from '../anthropic/encode.ts';
import { isObject } from '../content/json.ts';
import { lazy } from '../content/lazy.ts';
import type { EncodedCompletion, Events } from '../encode.ts';
import { eventFrame, exceptionFrame } from './frames.ts';

/** An answer of Converse, plain and in the frames of ConverseStream (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html). */
export function encodeConverse(reply: Reply): EncodedCompletion {
  const { completion } = reply;
  const blocks = lazy(() => blocksOf(reply));
  return {
    usage: completion.usage,
    model: completion.model,
    plain: () =>
      JSON.stringify({
        output: { message: { role: 'assistant', content: blocks().map(({ whole }) => toContent(whole)) } },
        ...stopOf(reply),
        ...usageOf(reply),
      }),
    events: () => eventsOf(reply, blocks()),
  };
}

function stopOf({ completion }: Reply): { readonly stopReason: unknown } {
  const { stop_reason: stopReason } = endOf(completion.choices[0]);
  return { stopReason };
}

function usageOf({ completion, cache, hideUsage }: Reply): object {
  const metrics = { latencyMs: 1 };
  if (hideUsage) return { metrics };
  const { promptTokens, cachedTokens, completionTokens } = completion.usage;
  const written = cache.written5m + cache.written1h;
  const details = [
    { ttl: '1h', inputTokens: cache.written1h },
    { ttl: '5m', inputTokens: cache.written5m },
  ];
  return {
    usage: {
      inputTokens: promptTokens - cachedTokens - written,
      outputTokens: completionTokens,
      totalTokens: promptTokens + completionTokens,
      cacheReadInputTokens: cachedTokens,
      cacheWriteInputTokens: written,
      cacheDetails: details.filter(({ inputTokens }) => inputTokens > 0),
    },
    metrics,
    serviceTier: { type: 'default' },
  };
}

/** A block, or a piece of one, in Bedrock's names. */
function toContent(block: object): object {
  const { type, text, thinking, signature, id, name, input, partial_json: json } = { ...block } as Named;
  if (type === 'text' || type === 'text_delta') return { text };
  if (type === 'thinking') return { reasoningContent: { reasoningText: { text: thinking, signature } } };
  if (type === 'thinking_delta') return { reasoningContent: { text: thinking } };
  if (type === 'signature_delta') return { reasoningContent: { signature } };
  if (type === 'input_json_delta') return { toolUse: { input: json } };
  return { toolUse: { toolUseId: id, name, ...(isObject(input) ? { input } : {}) } };
}

type Named = Readonly<Record<string, unknown>>;

function eventsOf(reply: Reply, blocks: readonly Block[]): Events {
  const tokens = blocks.flatMap(({ empty, deltas }, contentBlockIndex) => {
    const { toolUse } = { ...toContent(empty) } as { readonly toolUse?: Named };
    const { input: _, ...start } = toolUse ?? {};
    const opened =
      toolUse === undefined
        ? ''
        : eventFrame('contentBlockStart', { start: { toolUse: start }, contentBlockIndex });
    const texts = deltas.map((delta) =>
      eventFrame('contentBlockDelta', { delta: toContent(delta), contentBlockIndex, p: 'abcd' }),
    );
    const closed = eventFrame('contentBlockStop', { contentBlockIndex });
    if (texts.length === 0) return [opened + closed];
    return texts.map((text, at) => (at === 0 ? opened : '') + text + (at === texts.length - 1 ? closed : ''));
  });
  const broken = eventFrame('contentBlockDelta', { delta: { text: 'broken' }, contentBlockIndex: 0 });
  return {
    open: [eventFrame('messageStart', { role: 'assistant' })],
    tokens,
    close: [eventFrame('messageStop', stopOf(reply)), eventFrame('metadata', usageOf(reply))],
    broken: `${broken.slice(0, -1)}\0`,
    failure: exceptionFrame('internalServerException', 'The engine was lost.'),
    error: ({ type = 'modelStreamErrorException', message = 'The engine was lost.' }) =>
      exceptionFrame(type, message),
  };
}
