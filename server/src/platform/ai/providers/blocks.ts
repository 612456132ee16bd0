import { wordIn } from '../dialects/words.ts';
import { tokensIn } from '../metering/usage.ts';
import { dataEvent } from '../dialects/named-event.ts';
import type { Fields, TranslationContext } from './translation.ts';
import type { Thought } from './turns.ts';

/** The fields that each answer and event of a chat begins with. */
export interface Frame {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export const frameOf = (id: string, { model, now }: Pick<TranslationContext, 'model' | 'now'>): Frame => ({
  id,
  created: Math.floor(now / 1_000),
  model,
});

/** The reasons for which an answer ends: those of Anthropic and Bedrock, and those of a chat. */
const REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  content_filtered: 'content_filter',
  guardrail_intervened: 'content_filter',
  refusal: 'content_filter',
};

/** A reason that chats don't have keeps its name. */
const reasonOf = (reason: unknown): string => wordIn(REASONS, reason) ?? String(reason);

interface Call {
  readonly id: unknown;
  readonly name: unknown;
  readonly input: unknown;
}

/** An answer in blocks, read. */
export interface Said {
  readonly texts: readonly string[];
  readonly thoughts: readonly Thought[];
  readonly calls: readonly Call[];
  readonly reason: unknown;
  readonly usage: Fields | undefined;
  readonly tier?: unknown;
}

/** An answer in blocks as a chat completion. */
export function completionOf(frame: Frame, { texts, thoughts, calls, reason, usage, tier }: Said): object {
  const thought = thoughts.map((one) => ('text' in one ? one.text : '')).join('');
  const message = {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join(''),
    ...(thought === '' ? {} : { reasoning_content: thought }),
    ...(thoughts.length === 0 ? {} : { reasoning_details: thoughts.flatMap(detailOf) }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(callOf) }),
  };
  const choice = { index: 0, message, finish_reason: reasonOf(reason) };
  return { ...frame, object: 'chat.completion', choices: [choice], usage, ...tierOf(tier) };
}

const callOf = ({ id, name, input }: Call): object => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input ?? {}) },
});

/** A thought as a chat has it, with the length of its text, for texts of several are told as one: it goes back with the message, byte for byte. */
function detailOf(thought: Thought, index: number): object[] {
  if ('data' in thought) return [{ type: 'reasoning.encrypted', data: thought.data, index }];
  const { signature, text } = thought;
  return typeof signature === 'string'
    ? [{ type: 'reasoning.text', signature, length: text.length, index }]
    : [];
}

const tierOf = (tier: unknown): object => (typeof tier === 'string' ? { service_tier: tier } : {});

/** An answer's figures; its input leaves out what was read from the cache and written to it, and its output counts thoughts. */
export interface BlockFigures {
  readonly input: unknown;
  readonly output: unknown;
  readonly read: unknown;
  readonly written: unknown;
  /** Those of the written tokens that stay for an hour. */
  readonly writtenForAnHour?: unknown;
  readonly thought?: unknown;
}

export function chatUsage({ input, output, read, written, ...more }: BlockFigures): Fields {
  const [cached, cacheWrite] = [count(read), count(written)];
  const prompt = count(input) + cached + cacheWrite;
  const completion = count(output);
  const { writtenForAnHour: hour, thought } = more;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    ...(hour === undefined ? {} : { cache_write_1h_tokens: count(hour) }),
    ...(thought === undefined ? {} : { completion_tokens_details: { reasoning_tokens: count(thought) } }),
  };
}

const count = (tokens: unknown): number => tokensIn(tokens) ?? 0;

/** Says that a stream is whole. */
export const DONE = 'data: [DONE]\n\n';

/** Writes the blocks of a stream as events of a chat. */
export class ChatEvents {
  readonly #frame: Frame;
  /** The calls of tools, by the number of their block: their number among calls, and whether arguments have come. */
  readonly #calls = new Map<unknown, { readonly index: number; hasArguments: boolean }>();

  /** The thought that is under way. */
  #thought = '';

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  beginCall(block: unknown, { id, name }: Fields): string {
    const index = this.#calls.size;
    this.#calls.set(block, { index, hasArguments: false });
    return this.delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
  }

  callArguments(block: unknown, text: unknown): string {
    const call = this.#calls.get(block);
    if (call === undefined || typeof text !== 'string' || text === '') return '';
    call.hasArguments = true;
    return this.delta({ tool_calls: [{ index: call.index, function: { arguments: text } }] });
  }

  endBlock(block: unknown): string {
    return this.#calls.get(block)?.hasArguments === false ? this.callArguments(block, '{}') : '';
  }

  /** Words of a thought, which its signature ends. */
  think(words: string): string {
    this.#thought += words;
    return this.delta({ reasoning_content: words });
  }

  /** The end of a thought: what it takes to send it back. */
  signed(block: unknown, end: { readonly signature: unknown } | { readonly data: unknown }): string {
    const details = detailOf('data' in end ? end : { ...end, text: this.#thought }, Number(block));
    if (!('data' in end)) this.#thought = '';
    return details.length === 0 ? '' : this.delta({ reasoning_details: details });
  }

  delta(delta: object): string {
    return this.#choice({ delta, finish_reason: null });
  }

  finish(reason: unknown): string {
    return this.#choice({ delta: {}, finish_reason: reasonOf(reason) });
  }

  usage(usage: Fields | undefined, tier?: unknown): string {
    return this.#chunk({ choices: [], usage, ...tierOf(tier) });
  }

  #choice(choice: object): string {
    return this.#chunk({ choices: [{ index: 0, ...choice }] });
  }

  #chunk(fields: object): string {
    return dataEvent({ ...this.#frame, object: 'chat.completion.chunk', ...fields });
  }
}
