import { isRecord, jsonIn } from '#platform/kernel';
import { namedEvent } from '../../dialects/named-event.ts';
import { type Figures, figuresIn, mergeFigures } from '../../metering/usage.ts';
import { eventsIn } from '../../streams/events.ts';
import { argumentsText, callId, CallsInPieces, deltaOf, wordsOf } from '../chat-words.ts';
import { messageHead, stopReason, toUsage } from './to-message.ts';

interface Call {
  readonly id: unknown;
  readonly name: unknown;
  /** Its arguments, as far as they were not told yet. */
  said: string;
  isTold: boolean;
}

/**
 * A stream of chat completions as Anthropic's events. Blocks come there one after the other, where a chat may mix its calls: text and
 * the first call are told as they come, what comes beside an open call when the answer is whole.
 */
export class MessageStream {
  #events: string[] = [];
  #isBegun = false;
  #figures: Figures | undefined;
  #finish: unknown;
  #blocks = 0;
  #open: 'text' | Call | undefined;
  #id: unknown;
  readonly #calls = new CallsInPieces<Call>();
  #lateText = '';

  push(events: Buffer): Buffer {
    for (const event of eventsIn(events.toString('utf8'))) {
      const chunk = jsonIn(event);
      if (isRecord(chunk)) this.#take(chunk);
    }
    return this.#told();
  }

  end(): Buffer {
    if (!this.#isBegun) this.#begin({});
    this.#close();
    if (this.#lateText !== '') this.#text(this.#lateText);
    for (const call of this.#calls.all) {
      if (call.isTold) continue;
      this.#close();
      this.#openCall(call);
      this.#tellCall(call);
    }
    this.#close();
    const delta = { stop_reason: stopReason(this.#finish, this.#calls.all.length > 0), stop_sequence: null };
    this.#tell({ type: 'message_delta', delta, usage: toUsage(this.#figures) });
    this.#tell({ type: 'message_stop' });
    return this.#told();
  }

  #take(chunk: Figures): void {
    if (!this.#isBegun) this.#begin(chunk);
    const figures = figuresIn(chunk);
    if (figures !== undefined) this.#figures = mergeFigures(this.#figures, figures);
    const { choices } = chunk;
    for (const choice of Array.isArray(choices) ? choices : []) {
      if (!isRecord(choice)) continue;
      this.#finish = choice['finish_reason'] ?? this.#finish;
      const delta = deltaOf(choice);
      for (const text of [delta['content'], delta['refusal']].map(wordsOf)) if (text !== '') this.#say(text);
      const calls = delta['tool_calls'];
      for (const call of Array.isArray(calls) ? calls : []) if (isRecord(call)) this.#call(call);
    }
  }

  #begin(chunk: Figures): void {
    this.#isBegun = true;
    this.#id = chunk['id'];
    this.#tell({ type: 'message_start', message: { ...messageHead(chunk), usage: toUsage(undefined) } });
  }

  #say(text: string): void {
    if (typeof this.#open === 'object') this.#lateText += text;
    else this.#text(text);
  }

  #text(text: string): void {
    if (this.#open !== 'text') this.#start('text', { type: 'text', text: '' });
    this.#delta({ type: 'text_delta', text });
  }

  #call(piece: Figures): void {
    const { name, arguments: said } = isRecord(piece['function']) ? piece['function'] : {};
    const before = this.#calls.all.length;
    const id = callId(piece['id'], this.#id, before);
    const call = this.#calls.of(piece, () => ({ id, name, said: '', isTold: false }));
    call.said += argumentsText(said);
    if (this.#calls.all.length > before && typeof this.#open !== 'object') {
      this.#close();
      this.#openCall(call);
    }
    if (this.#open === call) this.#tellCall(call);
  }

  #openCall(call: Call): void {
    call.isTold = true;
    this.#start(call, { type: 'tool_use', id: call.id, name: call.name, input: {} });
  }

  #tellCall(call: Call): void {
    if (call.said !== '') this.#delta({ type: 'input_json_delta', partial_json: call.said });
    call.said = '';
  }

  #start(block: 'text' | Call, told: object): void {
    this.#open = block;
    this.#tell({ type: 'content_block_start', index: this.#blocks, content_block: told });
  }

  #delta(delta: object): void {
    this.#tell({ type: 'content_block_delta', index: this.#blocks, delta });
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#tell({ type: 'content_block_stop', index: this.#blocks });
    this.#blocks += 1;
  }

  #tell(event: Figures & { readonly type: string }): void {
    this.#events.push(namedEvent(event));
  }

  #told(): Buffer {
    const events = Buffer.from(this.#events.join(''));
    this.#events = [];
    return events;
  }
}
