import { type EventStream, openEvents, type Origin, type Wire } from '#platform/http';
import { AppError } from '#platform/kernel';

/** Milliseconds that a stream of one text lasts at most. */
const LONGEST = 180_000;

/** An event that a stream begins with. */
export interface FirstEvent {
  readonly event: string;
  readonly data: object;
}

/** A text on its way to a client that asked for events: `words` as they come, and `done` with what a plain answer is. */
export class TextEvents {
  readonly #wire: Wire;
  readonly #origin: Origin;
  readonly #first: FirstEvent | undefined;
  #stream: EventStream | undefined;
  #sent = 0;

  constructor(wire: Wire, of: { readonly origin: Origin; readonly first?: FirstEvent }) {
    this.#wire = wire;
    this.#origin = of.origin;
    this.#first = of.first;
  }

  /** Whether something was said on the wire: until then a failure is answered like any other. */
  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  words = async (text: string): Promise<void> => {
    await this.#send('words', { text });
  };

  async done(whole: object): Promise<void> {
    await this.#send('done', whole);
    this.#stream?.end();
  }

  /** Says why there is no text after all. */
  async failed(error: unknown): Promise<void> {
    const { code, message } = error instanceof AppError ? error : new AppError('internal');
    await this.#send('error', { error: { code, message, request_id: this.#origin.requestId } });
    this.#stream?.end();
  }

  /** A client that hung up gets no event. */
  async #send(event: string, data: object): Promise<void> {
    if (this.#stream === undefined) {
      this.#stream = openEvents(this.#wire, { signal: this.#origin.signal, longest: LONGEST });
      if (this.#first !== undefined) await this.#next(this.#first.event, this.#first.data);
    }
    await this.#next(event, data);
  }

  async #next(event: string, data: object): Promise<void> {
    this.#sent += 1;
    await this.#stream?.send({ event, id: String(this.#sent), data });
  }
}
