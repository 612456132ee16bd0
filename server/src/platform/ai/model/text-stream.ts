import type { Permit, Usage } from '#platform/limits';
import { ProviderError } from '../errors.ts';
import { countTries } from '../plan.ts';
import type { RenderedPrompt } from '../prompts.ts';
import type { Cut, Guard, GuardedReply } from '../sanitizer/index.ts';
import {
  mayHelpAgain,
  namesOf,
  renderPrompt,
  type StructuredParts,
  type StructuredRequest,
} from './structured.ts';
import { CHAT } from '../dialects/chat.ts';
import { readWire } from '../wire.ts';
import type { LiveStream, Sink } from '../pipe/live-stream.ts';
import { unavailableError } from '../pipe/outcome.ts';
import { StreamText } from '../streams/stream-text.ts';

/** A message of a conversation. */
export interface ConversationMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface StreamTextRequest extends StructuredRequest {
  /** Earlier messages, the oldest first: they stand between the prompt's two parts. */
  readonly history?: readonly ConversationMessage[];
  /**
   * Takes the words as they come. Without it the text is shown only when it is whole, and one that breaks is asked for again
   * within the policy's tries.
   */
  readonly take?: TakeWords;
}

export interface StreamedText {
  readonly text: string;
  /** Why it ends where it does not: the provider broke off, or this server stops. What came before is in `text`. */
  readonly broken: ProviderError | undefined;
  /** It was cut where it would have repeated a secret prompt, or where the rest must not be shown. */
  readonly cut: Cut | undefined;
  /** The usage of the call that gave the text; calls before it are in the ledger alike. */
  readonly usage: Usage;
  readonly prompt: { readonly id: string; readonly version: number };
}

/**
 * Asks for a text by a prompt and earlier messages. A stream that breaks before a word of it was taken, and a text
 * without words, are asked for again within the policy's tries; then it throws. Once words were taken, what there is of
 * the text is the answer. So is what there is of one that is not fit to be read, be it nothing.
 */
export async function streamText(
  parts: StructuredParts,
  permit: Permit,
  request: StreamTextRequest,
): Promise<StreamedText> {
  const prompt = renderPrompt(parts, permit, request);
  const call = {
    ...parts.governed(permit, request),
    wire: { ...readWire(CHAT, conversation(prompt, request.history ?? [])), stream: true },
    signal: request.signal,
    traceparent: request.traceparent,
  };
  const guard = parts.guardOf(permit, call.policy);
  const named = namesOf(permit, prompt);
  const tries = countTries(permit, call.policy);
  let broken: ProviderError | undefined;
  do {
    tries.used();
    const answer = await parts.pipe(call);
    if (answer.kind !== 'stream') throw new Error('a stream was answered by a plain call');
    const { live, target } = answer;
    const { take = () => {} } = request;
    const { answerBytes: maxBytes } = call.policy.caps;
    const end = await new TextReader(take, { live, maxBytes, guard }).done;
    const fields = { ...named, provider: target.provider, model: target.model };
    if (end.thrown !== undefined) throw end.thrown.error;
    const isUnfit = end.cut === 'unfit';
    broken = end.broken ?? (end.text.trim() === '' && !isUnfit ? empty() : undefined);
    const isKept = broken === undefined || isUnfit || (request.take !== undefined && end.text !== '');
    if (isKept) {
      if (live.usage === undefined) throw new Error('a stream was posted without figures');
      parts.logger?.info({ ...fields, provider_request_id: live.usage.providerRequestId }, 'generated');
      const { id, version } = prompt;
      return { text: end.text, broken, cut: end.cut, usage: live.usage, prompt: { id, version } };
    }
    parts.logger?.[broken?.code === 'client_gone' ? 'info' : 'warn'](fields, 'a text broke off');
    if (broken?.retryable !== true || !mayHelpAgain(answer)) break;
  } while (tries.left > 0);
  throw broken === undefined || !tries.isSpent ? (broken ?? empty()) : broken.final();
}

function empty(): ProviderError {
  return new ProviderError('answer_unusable', { retryable: true });
}

/** The body of a call: the prompt's rules, what was said, and what is said now. */
function conversation(prompt: RenderedPrompt, history: readonly ConversationMessage[]): string {
  return JSON.stringify({
    messages: [
      ...(prompt.system === undefined ? [] : [{ role: 'system', content: prompt.system }]),
      ...history.map(({ role, content }) => ({ role, content })),
      { role: 'user', content: prompt.user },
    ],
  });
}

/** The stream that words are read from. */
interface WordStream {
  readonly live: LiveStream;
  readonly maxBytes: number;
  /** Checks the words before they are shown: it holds some of them back for a moment. */
  readonly guard: Guard | undefined;
}

/** Takes words in their order, awaited, one piece after the other. What it throws ends the call. */
export type TakeWords = (words: string) => Promise<void> | void;

/** The outcome of a streamed text. */
interface TextEnd {
  /** All words that came, taken or not. */
  readonly text: string;
  /** Why it ends where it does not: from there on nothing is in `text`. */
  readonly cut: Cut | undefined;
  /** `take` threw this; the stream was stopped. */
  readonly thrown: { readonly error: unknown } | undefined;
  /** The stream did not end well. */
  readonly broken: ProviderError | undefined;
}

const BORDER = Buffer.from('\n\n');

/**
 * Reads one streamed answer as words. A slow reader does not hold the stream back: words that are shown but not yet taken
 * waits here, at most `maxBytes` of it, so that a slow client makes no provider wait.
 */
class TextReader implements Sink {
  /** Settles when the ledger has the stream's outcome and the last words are taken; never rejects. */
  readonly done: Promise<TextEnd>;
  readonly #take: TakeWords;
  readonly #stream: WordStream;
  readonly #guarded: GuardedReply | undefined;
  readonly #words = new StreamText();
  #turn: Promise<void> = Promise.resolve();
  #bytes = 0;
  #text = '';
  #thrown: TextEnd['thrown'];
  #broken: ProviderError | undefined;

  constructor(take: TakeWords, stream: WordStream) {
    this.#take = take;
    this.#stream = stream;
    this.#guarded = stream.guard?.begin();
    stream.live.pipe(this);
    this.done = this.#finish();
  }

  write(chunk: Buffer): boolean {
    const words = this.#words.push(chunk, this.#stream.live.wholeBytes);
    if (words === '' || this.#broken !== undefined) return true;
    this.#bytes += Buffer.byteLength(words);
    if (this.#bytes > this.#stream.maxBytes) {
      this.fail(new ProviderError('answer_unusable', { retryable: true }));
      this.#stream.live.stop();
      return true;
    }
    this.#pass(this.#guarded === undefined ? words : this.#guarded.push(words));
    return true;
  }

  /** The words that the guard lets through. */
  #pass(words: string): void {
    if (words === '') return;
    this.#text += words;
    this.#turn = this.#turn.then(() => this.#hand(words));
  }

  end(): void {
    // The last event may lack the empty line that ends it.
    this.write(BORDER);
    // Without some of its words an answer may look whole and say another thing.
    if (this.#words.isBroken) this.fail(unavailableError());
  }

  fail(error: ProviderError): void {
    this.#broken ??= error;
  }

  async #hand(words: string): Promise<void> {
    if (this.#thrown !== undefined) return;
    try {
      await this.#take(words);
    } catch (error) {
      this.#thrown = { error };
      this.#stream.live.stop();
    }
  }

  async #finish(): Promise<TextEnd> {
    await this.#stream.live.finished;
    this.#pass(this.#guarded?.end() ?? '');
    await this.#turn;
    const cut = this.#guarded?.cut;
    return { text: this.#text, cut, thrown: this.#thrown, broken: this.#broken };
  }
}
