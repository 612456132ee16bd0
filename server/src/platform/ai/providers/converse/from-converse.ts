import { EventStreamCodec } from '@smithy/core/event-streams';
import { isRecord, jsonIn } from '#platform/kernel';
import { dataEvent } from '../../dialects/named-event.ts';
import type { StreamTranslation } from '../../endpoint/door.ts';
import type { Fields } from '../translation.ts';

/** The fields that each answer and event of a chat begins with. */
export interface Frame {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

const REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  content_filtered: 'content_filter',
  guardrail_intervened: 'content_filter',
};

/** A reason that chats don't have keeps its name. */
const reasonOf = (reason: string): string => REASONS[reason] ?? reason;

/**
 * Its input leaves out what was read from the cache and written to it, and its output counts thoughts
 * (docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html).
 */
function usageOf(usage: unknown): Fields | undefined {
  if (!isRecord(usage)) return undefined;
  const [read, written] = [count(usage['cacheReadInputTokens']), count(usage['cacheWriteInputTokens'])];
  const details = Array.isArray(usage['cacheDetails']) ? usage['cacheDetails'].filter(isRecord) : [];
  const hours = details.filter(({ ttl }) => ttl === '1h').map(({ inputTokens }) => count(inputTokens));
  const prompt = count(usage['inputTokens']) + read + written;
  const completion = count(usage['outputTokens']);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written },
    ...(hours.length === 0 ? {} : { cache_write_1h_tokens: hours.reduce((sum, tokens) => sum + tokens, 0) }),
  };
}

const count = (tokens: unknown): number => (typeof tokens === 'number' ? tokens : 0);

function tierOf({ serviceTier: tier }: Fields): object {
  return isRecord(tier) ? { service_tier: tier['type'] } : {};
}

/** A plain answer; undefined: it is none. */
export function toCompletion(answer: unknown, frame: Frame): object | undefined {
  const { output, stopReason, usage } = isRecord(answer) ? answer : {};
  const message = isRecord(output) ? output['message'] : undefined;
  const blocks = isRecord(message) ? message['content'] : undefined;
  if (!isRecord(answer) || !Array.isArray(blocks) || typeof stopReason !== 'string') return undefined;
  const choice = {
    index: 0,
    message: messageOf(blocks.filter(isRecord)),
    finish_reason: reasonOf(stopReason),
  };
  return { ...frame, object: 'chat.completion', choices: [choice], usage: usageOf(usage), ...tierOf(answer) };
}

function messageOf(blocks: readonly Fields[]): object {
  const texts = blocks.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
  const calls = blocks.flatMap(({ toolUse }) => (isRecord(toolUse) ? [toolUse] : []));
  const thoughts = blocks.flatMap(({ reasoningContent: one }) => (isRecord(one) ? [one] : []));
  const thought = thoughts.map(({ reasoningText: one }) => (isRecord(one) ? one['text'] : '')).join('');
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join(''),
    ...(thought === '' ? {} : { reasoning_content: thought }),
    ...(thoughts.length === 0 ? {} : { reasoning_details: thoughts.flatMap(toDetail) }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(toCall) }),
  };
}

const toCall = ({ toolUseId: id, name, input }: Fields): object => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input ?? {}) },
});

/** A thought's signature, or a thought that is shown to its vendor alone: both go back with the message, byte for byte. */
function toDetail({ reasoningText: text, redactedContent: data }: Fields, index: number): object[] {
  if (typeof data === 'string') return [{ type: 'reasoning.encrypted', data, index }];
  const signature = isRecord(text) ? text['signature'] : undefined;
  return typeof signature === 'string' ? [{ type: 'reasoning.text', signature, index }] : [];
}

/** A length and a checksum before an event and one behind it; a longer event is none. */
const LEAST_BYTES = 16;
const MOST_BYTES = 16_777_216;
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
);

/** A stream of Converse, in AWS's binary frames, as events of a chat. */
export class ConverseStream implements StreamTranslation {
  readonly #frame: Frame;
  #rest: Buffer = Buffer.alloc(0);
  #hasStopped = false;
  #isOver = false;
  /** The calls of tools, by the number of their block: their number among calls, and whether arguments have come. */
  readonly #calls = new Map<unknown, { readonly index: number; hasArguments: boolean }>();

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  push(chunk: Buffer): Buffer {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const said: string[] = [];
    while (this.#rest.length >= LEAST_BYTES && !this.#isOver) {
      const size = this.#rest.readUInt32BE(0);
      if (size < LEAST_BYTES || size > MOST_BYTES)
        said.push(this.#fail('malformed_event', 'A frame has no length.'));
      else if (this.#rest.length < size) break;
      else said.push(this.#event(this.#rest.subarray(0, size)));
      this.#rest = this.#rest.subarray(size);
    }
    return Buffer.from(said.join(''));
  }

  /** The figures come last, and may be missing. */
  end(): Buffer {
    return Buffer.from(this.#hasStopped && !this.#isOver ? DONE : '');
  }

  #event(bytes: Buffer): string {
    let kind: string;
    let body: unknown;
    try {
      const { headers, body: payload } = codec.decode(bytes);
      const header = (name: string): string => String(headers[name]?.value ?? '');
      const type = header(':message-type');
      body = jsonIn(Buffer.from(payload).toString('utf8'));
      const message = isRecord(body) ? body['message'] : undefined;
      if (type === 'error') return this.#fail(header(':error-code'), header(':error-message'));
      if (type === 'exception') return this.#fail(header(':exception-type'), message);
      kind = header(':event-type');
    } catch {
      return this.#fail('malformed_event', 'A frame is broken.');
    }
    return isRecord(body) ? this.#say(kind, body) : '';
  }

  /** The error stands in its place, and nothing comes after it: no such stream is complete. */
  #fail(type: string, message: unknown): string {
    this.#isOver = true;
    const code = type.charAt(0).toUpperCase() + type.slice(1);
    return dataEvent({ error: { message, type: code, code } });
  }

  #say(kind: string, event: Fields): string {
    const { contentBlockIndex: block, delta, start } = event;
    switch (kind) {
      case 'messageStart':
        return this.#delta({ role: 'assistant', content: '' });
      case 'contentBlockStart':
        return isRecord(start) && isRecord(start['toolUse']) ? this.#begin(block, start['toolUse']) : '';
      case 'contentBlockDelta':
        return isRecord(delta) ? this.#continue(block, delta) : '';
      case 'contentBlockStop':
        return this.#calls.get(block)?.hasArguments === false ? this.#arguments(block, '{}') : '';
      case 'messageStop':
        this.#hasStopped = true;
        return this.#choice({ delta: {}, finish_reason: reasonOf(String(event['stopReason'])) });
      case 'metadata':
        this.#isOver = this.#hasStopped;
        return `${this.#chunk({ choices: [], usage: usageOf(event['usage']), ...tierOf(event) })}${this.#isOver ? DONE : ''}`;
      default:
        return '';
    }
  }

  #begin(block: unknown, { toolUseId: id, name }: Fields): string {
    const index = this.#calls.size;
    this.#calls.set(block, { index, hasArguments: false });
    return this.#delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
  }

  #continue(block: unknown, { text, toolUse, reasoningContent: thought }: Fields): string {
    if (typeof text === 'string') return this.#delta({ content: text });
    if (isRecord(toolUse)) return this.#arguments(block, toolUse['input']);
    if (!isRecord(thought)) return '';
    const { text: words, signature, redactedContent } = thought;
    if (typeof words === 'string') return this.#delta({ reasoning_content: words });
    const details = toDetail({ reasoningText: { signature }, redactedContent }, Number(block));
    return details.length === 0 ? '' : this.#delta({ reasoning_details: details });
  }

  #arguments(block: unknown, text: unknown): string {
    const call = this.#calls.get(block);
    if (call === undefined || typeof text !== 'string' || text === '') return '';
    call.hasArguments = true;
    return this.#delta({ tool_calls: [{ index: call.index, function: { arguments: text } }] });
  }

  #delta(delta: object): string {
    return this.#choice({ delta, finish_reason: null });
  }

  #choice(choice: object): string {
    return this.#chunk({ choices: [{ index: 0, ...choice }] });
  }

  #chunk(fields: object): string {
    return dataEvent({ ...this.#frame, object: 'chat.completion.chunk', ...fields });
  }
}

const DONE = 'data: [DONE]\n\n';
