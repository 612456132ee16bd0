import { ProviderError } from '../errors.ts';
import type { LiveStream, Sink } from '../pipe/live-stream.ts';
import { unavailableError } from '../pipe/outcome.ts';
import type { Cut, Guard, GuardedReply } from '../sanitizer/index.ts';
import { StreamText } from '../streams/stream-text.ts';

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
export interface TextEnd {
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
export class TextReader implements Sink {
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
