import { isRecord } from '#platform/kernel';
import { MESSAGES } from '../../dialects/messages.ts';
import { dataEvent } from '../../dialects/named-event.ts';
import type { StreamTranslation } from '../../endpoint/door.ts';
import { type Figures, mergeFigures } from '../../metering/usage.ts';
import { ChatEvents, chatUsage, completionOf, DONE, frameOf } from '../blocks.ts';
import { JsonEvents } from '../json-events.ts';
import type { Fields, TranslationContext } from '../translation.ts';
import type { Thought } from '../turns.ts';

type Context = Pick<TranslationContext, 'model' | 'now' | 'told'>;

const NO_ID = 'msg';

function usageOf(figures: Figures | undefined): Fields | undefined {
  if (figures === undefined) return undefined;
  const details = figures['output_tokens_details'];
  const hour = figures['cache_write_1h_tokens'];
  return chatUsage({
    input: figures['input_tokens'],
    output: figures['output_tokens'],
    read: figures['cache_read_input_tokens'],
    written: figures['cache_creation_input_tokens'],
    ...(typeof hour === 'number' && hour > 0 ? { writtenForAnHour: hour } : {}),
    ...(isRecord(details) ? { thought: details['reasoning_tokens'] } : {}),
  });
}

/** Anthropic's word for OpenAI's. */
const tierOf = (tier: string | undefined): string | undefined => (tier === 'standard' ? 'default' : tier);

function toThought({ type, thinking, signature, data }: Fields): Thought {
  if (type === 'redacted_thinking') return { data };
  return { text: typeof thinking === 'string' ? thinking : '', signature };
}

const THOUGHTS = new Set<unknown>(['thinking', 'redacted_thinking']);

/** An answer, which is one (`MESSAGES.readAnswer`), as a chat completion. */
export function toCompletion(answer: Fields, context: Context): object {
  const { id, tier } = MESSAGES.readAnswer(answer);
  const { content, usage } = answer;
  const blocks: readonly Fields[] = Array.isArray(content) ? content.filter(isRecord) : [];
  return completionOf(frameOf(id ?? NO_ID, context), {
    texts: blocks.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : [])),
    thoughts: blocks.filter(({ type }) => THOUGHTS.has(type)).map(toThought),
    calls: blocks.flatMap(({ type, id: call, name, input }) =>
      type === 'tool_use' ? [{ id: call, name, input }] : [],
    ),
    reason: answer['stop_reason'],
    usage: usageOf(isRecord(usage) ? MESSAGES.figures(usage) : undefined),
    tier: tierOf(tier),
  });
}

/** A stream of Anthropic's events as one of chat completions. */
export class MessageChatStream implements StreamTranslation {
  readonly #context: Context;
  readonly #events = new JsonEvents();
  #chat: ChatEvents;
  #figures: Figures | undefined;
  #tier: string | undefined;
  #hasStopped = false;
  #isOver = false;

  constructor(context: Context) {
    this.#context = context;
    this.#chat = new ChatEvents(frameOf(NO_ID, context));
  }

  push(bytes: Buffer): Buffer {
    return this.#told(this.#events.push(bytes));
  }

  /** A stream that is cut before it has said why it ends stays so. */
  end(): Buffer {
    const rest = this.#told(this.#events.rest());
    return this.#hasStopped && !this.#isOver ? Buffer.concat([rest, Buffer.from(this.#close())]) : rest;
  }

  #told(events: readonly Fields[]): Buffer {
    return Buffer.from(events.map((event) => (this.#isOver ? '' : this.#take(event))).join(''));
  }

  #tell(figures: Figures): void {
    this.#figures = mergeFigures(this.#figures, figures);
    const usage = usageOf(this.#figures);
    if (usage !== undefined) this.#context.told?.(usage);
  }

  #close(): string {
    this.#isOver = true;
    return this.#chat.usage(usageOf(this.#figures), tierOf(this.#tier)) + DONE;
  }

  #take(event: Fields): string {
    const { id, tier, figures, error } = MESSAGES.readEvent(event);
    this.#tier = tier ?? this.#tier;
    if (figures !== undefined) this.#tell(figures);
    if (error !== undefined) {
      // Nothing comes after it: no such stream is complete.
      this.#isOver = true;
      return dataEvent({ error: { ...error, code: error['type'] } });
    }
    const { type, index, delta, content_block: block } = event;
    switch (type) {
      case 'message_start':
        this.#chat = new ChatEvents(frameOf(id ?? NO_ID, this.#context));
        return this.#chat.delta({ role: 'assistant', content: '' });
      case 'content_block_start':
        return isRecord(block) ? this.#begin(index, block) : '';
      case 'content_block_delta':
        return isRecord(delta) ? this.#continue(index, delta) : '';
      case 'content_block_stop':
        return this.#chat.endBlock(index);
      case 'message_delta':
        if (!isRecord(delta) || typeof delta['stop_reason'] !== 'string' || this.#hasStopped) return '';
        this.#hasStopped = true;
        return this.#chat.finish(delta['stop_reason']);
      case 'message_stop':
        return this.#hasStopped ? this.#close() : '';
      default:
        return '';
    }
  }

  /** Some servers say the first words of a block with its beginning. */
  #begin(index: unknown, block: Fields): string {
    const { type, input } = block;
    if (type === 'redacted_thinking') return this.#chat.signed(index, toThought(block));
    if (type !== 'tool_use') return this.#continue(index, block);
    const isWhole = isRecord(input) && Object.keys(input).length > 0;
    const begun = this.#chat.beginCall(index, block);
    return isWhole ? begun + this.#chat.callArguments(index, JSON.stringify(input)) : begun;
  }

  #continue(index: unknown, delta: Fields): string {
    const { text, thinking, partial_json: json, signature } = delta;
    if (typeof text === 'string') return text === '' ? '' : this.#chat.delta({ content: text });
    if (typeof json === 'string') return this.#chat.callArguments(index, json);
    const thought = typeof thinking === 'string' && thinking !== '' ? this.#chat.think(thinking) : '';
    return typeof signature === 'string' && signature !== ''
      ? thought + this.#chat.signed(index, { signature })
      : thought;
  }
}
