import type { Choice, Completion } from '../completion.ts';
import { isObject } from '../content/json.ts';
import { lazy } from '../content/lazy.ts';
import { parseJson } from '../content/material.ts';
import type { EncodedCompletion, Events } from '../encode.ts';
import type { CacheUse } from './prompt-cache.ts';
import type { Thought } from './thinking.ts';

/** A message to be written: the completion, with what was thought before it and what the cache did. */
export interface Reply {
  readonly completion: Completion;
  readonly thought: Thought | null;
  readonly cache: CacheUse;
  readonly hideUsage: boolean;
}

/** One block of a message: as a whole, and as the events of a stream. */
export interface Block {
  readonly whole: object;
  readonly empty: object;
  readonly deltas: readonly object[];
}

/** A message as text for the wire (platform.claude.com/docs/en/api/messages and …/build-with-claude/streaming). */
export function encodeMessage(reply: Reply): EncodedCompletion {
  const { completion } = reply;
  const blocks = lazy(() => blocksOf(reply));
  const head = (id: string): object => ({
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: completion.model,
  });
  return {
    usage: completion.usage,
    model: completion.model,
    plain: (id) =>
      JSON.stringify({
        ...head(id),
        content: blocks().map(({ whole }) => whole),
        ...endOf(completion.choices[0]),
        diagnostics: null,
        ...usageOf(reply),
      }),
    events: (id) => eventsOf(reply, { head: head(id), blocks: blocks() }),
  };
}

export function blocksOf({ completion, thought }: Reply): Block[] {
  const [choice] = completion.choices;
  return [
    ...(thought === null ? [] : [thinkingBlock(thought)]),
    ...(choice === undefined ? [] : [choice.call === null ? textBlock(choice) : toolBlock(choice)]),
  ];
}

function thinkingBlock({ tokens, isShown, signature }: Thought): Block {
  const shown = isShown ? tokens : [];
  return {
    whole: { type: 'thinking', thinking: shown.join(''), signature },
    empty: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...shown.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature },
    ],
  };
}

function textBlock({ tokens }: Choice): Block {
  return {
    whole: { type: 'text', text: tokens.join(''), citations: null },
    empty: { type: 'text', text: '', citations: null },
    deltas: tokens.map((text) => ({ type: 'text_delta', text })),
  };
}

/** Arguments that were cut off are no object: a plain answer has none. */
function toolBlock({ tokens, call }: Choice): Block {
  const input = parseJson(tokens.join(''));
  const id = (call?.id ?? '').replace('call_', 'toolu_');
  const fields = { type: 'tool_use', id, name: call?.name ?? '', caller: { type: 'direct' } };
  return {
    whole: { ...fields, input: isObject(input) ? input : {} },
    empty: { ...fields, input: {} },
    deltas: tokens.map((text) => ({ type: 'input_json_delta', partial_json: text })),
  };
}

export function endOf(choice: Choice | undefined): {
  readonly stop_reason: string;
  readonly [field: string]: unknown;
} {
  const isWhole = choice?.finish !== 'length';
  const stop = isWhole && choice?.call === null ? choice.stoppedBy : null;
  const done = choice !== undefined && choice.call !== null ? 'tool_use' : 'end_turn';
  const reason = isWhole ? (stop === null ? done : 'stop_sequence') : 'max_tokens';
  return { stop_reason: reason, stop_sequence: stop, stop_details: null, container: null };
}

/** Input leaves out what was read from the cache and written to it; output has the thought in it. */
function usageOf({ completion, cache, hideUsage }: Reply, shown = completion.usage.completionTokens): object {
  if (hideUsage) return {};
  const { promptTokens, cachedTokens, reasoningTokens } = completion.usage;
  const written = cache.written5m + cache.written1h;
  return {
    usage: {
      input_tokens: promptTokens - cachedTokens - written,
      cache_creation_input_tokens: written,
      cache_read_input_tokens: cachedTokens,
      cache_creation: {
        ephemeral_5m_input_tokens: cache.written5m,
        ephemeral_1h_input_tokens: cache.written1h,
      },
      output_tokens: shown,
      output_tokens_details: { thinking_tokens: Math.min(shown, reasoningTokens) },
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: null,
      speed: null,
    },
  };
}

const event = (value: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;

const PING = event({ type: 'ping' });
const BROKEN = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":\n\n';

/** The events that open and close a block come with its first and its last token. */
function eventsOf(
  reply: Reply,
  { head, blocks }: { readonly head: object; readonly blocks: readonly Block[] },
): Events {
  const start = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    ...usageOf(reply, 1),
  };
  const tokens = blocks.flatMap(({ empty, deltas }, index) => {
    const opened = event({ type: 'content_block_start', index, content_block: empty });
    const texts = deltas.map((delta) => event({ type: 'content_block_delta', index, delta }));
    const closed = event({ type: 'content_block_stop', index });
    if (texts.length === 0) return [opened + closed];
    const ping = index === 0 ? PING : '';
    return texts.map(
      (text, at) => (at === 0 ? opened + ping : '') + text + (at === texts.length - 1 ? closed : ''),
    );
  });
  const end = event({ type: 'message_delta', delta: endOf(reply.completion.choices[0]), ...usageOf(reply) });
  return {
    open: [event({ type: 'message_start', message: start })],
    tokens,
    close: [end, event({ type: 'message_stop' })],
    broken: BROKEN,
    failure: event({ type: 'error', error: { type: 'api_error', message: 'The engine was lost.' } }),
    error: ({ type = 'overloaded_error', message = 'Overloaded' }) =>
      event({ type: 'error', error: { type, message } }),
  };
}
