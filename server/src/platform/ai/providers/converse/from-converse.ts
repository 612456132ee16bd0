import { EventStreamCodec } from '@smithy/core/event-streams';
import { isRecord, jsonIn } from '#platform/kernel';
import { dataEvent } from '../../dialects/named-event.ts';
import type { StreamTranslation } from '../../endpoint/door.ts';
import { ChatEvents, chatUsage, completionOf, DONE, type Frame } from '../blocks.ts';
import type { Fields } from '../translation.ts';
import type { Thought } from '../turns.ts';

/** docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html */
function usageOf(usage: unknown): Fields | undefined {
  if (!isRecord(usage)) return undefined;
  const details = Array.isArray(usage['cacheDetails']) ? usage['cacheDetails'].filter(isRecord) : [];
  const hours = details.flatMap(({ ttl, inputTokens }) =>
    ttl === '1h' && typeof inputTokens === 'number' ? [inputTokens] : [],
  );
  return chatUsage({
    input: usage['inputTokens'],
    output: usage['outputTokens'],
    read: usage['cacheReadInputTokens'],
    written: usage['cacheWriteInputTokens'],
    ...(hours.length === 0 ? {} : { writtenForAnHour: hours.reduce((sum, tokens) => sum + tokens, 0) }),
  });
}

const tierOf = ({ serviceTier: tier }: Fields): unknown => (isRecord(tier) ? tier['type'] : undefined);

/** A plain answer; undefined: it is none. */
export function toCompletion(answer: unknown, frame: Frame): object | undefined {
  const { output, stopReason, usage } = isRecord(answer) ? answer : {};
  const message = isRecord(output) ? output['message'] : undefined;
  const content = isRecord(message) ? message['content'] : undefined;
  if (!isRecord(answer) || !Array.isArray(content) || typeof stopReason !== 'string') return undefined;
  const blocks = content.filter(isRecord);
  return completionOf(frame, {
    texts: blocks.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])),
    thoughts: blocks.flatMap(({ reasoningContent: one }) => (isRecord(one) ? [toThought(one)] : [])),
    calls: blocks.flatMap(({ toolUse: one }) =>
      isRecord(one) ? [{ id: one['toolUseId'], name: one['name'], input: one['input'] }] : [],
    ),
    reason: stopReason,
    usage: usageOf(usage),
    tier: tierOf(answer),
  });
}

function toThought({ reasoningText: said, redactedContent: data }: Fields): Thought {
  if (typeof data === 'string') return { data };
  const { text, signature } = isRecord(said) ? said : {};
  return { text: typeof text === 'string' ? text : '', signature };
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
  readonly #chat: ChatEvents;
  #rest: Buffer = Buffer.alloc(0);
  #hasStopped = false;
  #isOver = false;

  constructor(frame: Frame) {
    this.#chat = new ChatEvents(frame);
  }

  push(chunk: Buffer): Buffer {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const said: string[] = [];
    while (this.#rest.length >= LEAST_BYTES && !this.#isOver) {
      const size = this.#rest.readUInt32BE(0);
      if (size < LEAST_BYTES || size > MOST_BYTES) this.#isOver = true;
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
      // Without its end the stream is one that was cut.
      this.#isOver = true;
      return '';
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
        return this.#chat.delta({ role: 'assistant', content: '' });
      case 'contentBlockStart': {
        const call = isRecord(start) ? start['toolUse'] : undefined;
        return isRecord(call)
          ? this.#chat.beginCall(block, { id: call['toolUseId'], name: call['name'] })
          : '';
      }
      case 'contentBlockDelta':
        return isRecord(delta) ? this.#continue(block, delta) : '';
      case 'contentBlockStop':
        return this.#chat.endBlock(block);
      case 'messageStop':
        this.#hasStopped = true;
        return this.#chat.finish(event['stopReason']);
      case 'metadata':
        this.#isOver = this.#hasStopped;
        return this.#chat.usage(usageOf(event['usage']), tierOf(event)) + (this.#isOver ? DONE : '');
      default:
        return '';
    }
  }

  #continue(block: unknown, { text, toolUse, reasoningContent: thought }: Fields): string {
    if (typeof text === 'string') return this.#chat.delta({ content: text });
    if (isRecord(toolUse)) return this.#chat.callArguments(block, toolUse['input']);
    if (!isRecord(thought)) return '';
    const { text: words, signature, redactedContent } = thought;
    if (typeof words === 'string') return this.#chat.think(words);
    return this.#chat.signed(block, toThought({ reasoningText: { signature }, redactedContent }));
  }
}
