import { wordIn } from '../../dialects/words.ts';
import { isRecord, jsonIn } from '#platform/kernel';
import { argumentsText, callId, CallsInPieces, deltaOf, wordsOf } from '../chat-words.ts';
import { ResponseEvents } from '../../dialects/response-events.ts';
import { figuresIn, type Figures, readUsage } from '../../metering/usage.ts';
import { eventsIn } from '../../streams/events.ts';

/** A plain answer of chat completions as a response. */
export function toResponse(answer: Figures): object {
  const head = headOf(answer);
  const [choice] = recordsIn(answer['choices']);
  const { content, refusal, tool_calls: calls } = isRecord(choice?.['message']) ? choice['message'] : {};
  const message = messageItem(head, [partOf('text', content), partOf('refusal', refusal)]);
  const items = [
    ...(message.content.length > 0 ? [message] : []),
    ...recordsIn(calls).map((call, index) => callItem(head, call, index)),
  ];
  return closedResponse(head, { items, finish: choice?.['finish_reason'], usage: figuresIn(answer) });
}

type Head = ReturnType<typeof headOf>;

function headOf({ id, created, model, service_tier: tier }: Figures) {
  return { id: textIn(id), created, model, tier };
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

const recordsIn = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

type Part = { type: 'output_text'; text: string; annotations: [] } | { type: 'refusal'; refusal: string };

function partOf(kind: 'text' | 'refusal', said: unknown): Part | undefined {
  const words = wordsOf(said);
  if (words === '') return undefined;
  return kind === 'text'
    ? { type: 'output_text', text: words, annotations: [] }
    : { type: 'refusal', refusal: words };
}

function messageItem({ id }: Head, parts: readonly (Part | undefined)[]) {
  const content = parts.filter((part) => part !== undefined);
  return { id: `msg_${id}`, type: 'message' as const, role: 'assistant', status: 'completed', content };
}

function callItem({ id }: Head, call: Figures, index: number) {
  const said = isRecord(call['function']) ? call['function'] : {};
  return {
    id: `fc_${id}_${index}`,
    type: 'function_call' as const,
    status: 'completed',
    call_id: callId(call['id'], id, index),
    name: textIn(said['name']),
    arguments: argumentsText(said['arguments']),
  };
}

type MessageItem = ReturnType<typeof messageItem>;
type CallItem = ReturnType<typeof callItem>;

function openResponse({ id, created, model, tier }: Head) {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: created ?? 0,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    store: false,
    ...(typeof tier === 'string' ? { service_tier: tier } : {}),
  };
}

interface ChatEnd {
  readonly items: readonly (MessageItem | CallItem)[];
  readonly finish: unknown;
  readonly usage: Figures | undefined;
}

function closedResponse(head: Head, { items, finish, usage: figures }: ChatEnd) {
  const reason = wordIn(CUT, finish);
  const status = reason === undefined ? 'completed' : 'incomplete';
  const usage = readUsage(figures);
  return {
    ...openResponse(head),
    status,
    incomplete_details: reason === undefined ? null : { reason },
    output: items.map((item) => ({ ...item, ...argumentsIn(item), status })),
    ...(usage === undefined
      ? {}
      : {
          usage: {
            input_tokens: usage.promptTokens,
            input_tokens_details: {
              cached_tokens: usage.cachedTokens,
              cache_write_tokens: usage.cacheWriteTokens ?? 0,
            },
            output_tokens: usage.completionTokens,
            output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
            total_tokens: usage.promptTokens + usage.completionTokens,
          },
        }),
  };
}

/** A call without any has an object of none: an empty text is no JSON. */
const argumentsIn = (item: MessageItem | CallItem) =>
  item.type === 'function_call' && item.arguments === '' ? { arguments: '{}' } : {};

/** Why an answer was cut, by the reason that a chat gives for its end. */
const CUT: Readonly<Record<string, string>> = {
  length: 'max_output_tokens',
  model_length: 'max_output_tokens',
  max_tokens: 'max_output_tokens',
  content_filter: 'content_filter',
};

/** A stream of chat completions as one of Responses. */
export class ResponseStream {
  readonly #events = new ResponseEvents();
  #head: Head | undefined;
  #finish: unknown;
  #usage: Figures | undefined;
  /** In the order in which they began. */
  readonly #items: (MessageItem | CallItem)[] = [];
  readonly #calls = new CallsInPieces<CallItem>();
  #message: MessageItem | undefined;

  push(events: Buffer): Buffer {
    const said = [...eventsIn(events.toString('utf8'))].map((data) => jsonIn(data)).filter(isRecord);
    return Buffer.from(said.map((chunk) => this.#take(chunk)).join(''));
  }

  end(): Buffer {
    const head = this.#head ?? headOf({});
    const response = closedResponse(head, { items: this.#items, finish: this.#finish, usage: this.#usage });
    const closed = response.output.map((item, index) => this.#close(item, index));
    return Buffer.from(closed.join('') + this.#events.end(response));
  }

  #take(chunk: Figures): string {
    const begun = this.#head === undefined ? this.#begin(chunk) : '';
    this.#usage = figuresIn(chunk) ?? this.#usage;
    // One reply is asked for.
    const [choice] = recordsIn(chunk['choices']);
    this.#finish = choice?.['finish_reason'] ?? this.#finish;
    const { content, refusal, tool_calls: calls } = deltaOf(choice ?? {});
    const said = [partOf('text', content), partOf('refusal', refusal)].filter((part) => part !== undefined);
    return [
      begun,
      ...said.map((part) => this.#say(part)),
      ...recordsIn(calls).map((call) => this.#call(call)),
    ].join('');
  }

  #begin(chunk: Figures): string {
    this.#head = headOf(chunk);
    return this.#events.begin(openResponse(this.#head));
  }

  /** Words of the message, which opens with the first of them, as each kind of part does. */
  #say(said: Part): string {
    let opened = '';
    if (this.#message === undefined) {
      this.#message = messageItem(this.#head ?? headOf({}), []);
      opened += this.#open(this.#message);
    }
    const { id: item_id, content } = this.#message;
    const output_index = this.#items.indexOf(this.#message);
    const known = content.findIndex(({ type }) => type === said.type);
    const content_index = known === -1 ? content.length : known;
    const at = { output_index, item_id, content_index };
    const part = content[content_index];
    const words = said.type === 'refusal' ? said.refusal : said.text;
    if (part === undefined) {
      content.push(said);
      opened += this.#events.openPart(at, said);
    } else if (part.type === 'refusal') part.refusal += words;
    else part.text += words;
    return opened + this.#events.partDelta(at, said, words);
  }

  /** A piece of a call: the first says its name. */
  #call(call: Figures): string {
    const before = this.#calls.all.length;
    const item = this.#calls.of(call, () => callItem(this.#head ?? headOf({}), call, before));
    const said = isRecord(call['function']) ? argumentsText(call['function']['arguments']) : '';
    const isNew = this.#calls.all.length > before;
    const opened = isNew ? this.#open(item) : '';
    if (!isNew) item.arguments += said;
    const at = { output_index: this.#items.indexOf(item), item_id: item.id };
    return said === '' ? opened : opened + this.#events.callDelta(at, said);
  }

  #open(item: MessageItem | CallItem): string {
    this.#items.push(item);
    return this.#events.openItem(item, this.#items.length - 1);
  }

  #close(item: MessageItem | CallItem, output_index: number): string {
    const parts = item.type === 'message' ? item.content : [];
    const closed = parts.map((part, content_index) =>
      this.#events.closePart({ output_index, item_id: item.id, content_index }, part),
    );
    return closed.join('') + this.#events.closeItem(item, output_index);
  }
}
