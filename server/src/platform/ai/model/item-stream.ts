import type { Permit, Usage } from '#platform/limits';
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { countTries } from '../plan.ts';
import {
  mayHelpAgain,
  type StructuredParts,
  structuredCall,
  unfitError,
  type StructuredRequest,
} from './structured.ts';
import { ElementReader } from '../streams/elements.ts';
import type { LiveStream, Sink } from '../pipe/live-stream.ts';
import { unavailableError } from '../pipe/outcome.ts';
import type { Guard } from '../sanitizer/index.ts';
import { StreamText } from '../streams/stream-text.ts';

export interface StreamedItems {
  /** Elements that were taken, at least one. */
  readonly count: number;
  /** The usage of the call that gave them; calls before it are in the ledger alike. */
  readonly usage: Usage;
  readonly prompt: { readonly id: string; readonly version: number };
}

/**
 * Asks for a list as a stream and hands on its elements as they are made. While none was taken, an answer without any
 * and a stream that breaks are asked for again within the policy's tries; from then on a stream that breaks is the
 * caller's: it has what was taken, and may ask for the rest.
 */
export async function streamItems<Item extends z.ZodType>(
  parts: StructuredParts,
  permit: Permit,
  request: StreamItemsRequest<Item>,
): Promise<StreamedItems> {
  const schema = listSchema(request.item, request.list);
  const { call, prompt, guard, named } = structuredCall(parts, permit, { request, schema, stream: true });
  const tries = countTries(permit, call.policy);
  let broken: ProviderError | undefined;
  do {
    tries.used();
    const answer = await parts.pipe(call);
    if (answer.kind !== 'stream') throw new Error('a stream was answered by a plain call');
    const { live, target } = answer;
    const taken = await new ListReader(request, { live, maxBytes: call.policy.caps.answerBytes, guard }).done;
    const fields = { ...named, provider: target.provider, model: target.model, elements: taken.count };
    if (taken.thrown !== undefined) throw taken.thrown.error;
    broken = taken.broken;
    if (broken === undefined && taken.count > 0) {
      if (live.usage === undefined) throw new Error('a complete stream was posted without figures');
      parts.logger?.info({ ...fields, provider_request_id: live.usage.providerRequestId }, 'generated');
      return { count: taken.count, usage: live.usage, prompt: { id: prompt.id, version: prompt.version } };
    }
    const level = broken?.code === 'client_gone' ? 'info' : 'warn';
    parts.logger?.[level](
      fields,
      broken === undefined ? 'an answer does not fit its schema' : 'a stream broke',
    );
    if (broken !== undefined && (taken.count > 0 || !broken.retryable)) break;
    if (!mayHelpAgain(answer)) break;
  } while (tries.left > 0);
  if (broken === undefined) throw unfitError(permit, prompt);
  throw tries.isSpent ? broken.final() : broken;
}

const lists = new WeakMap<z.ZodType, Map<string, z.ZodType>>();

/** The schema of an answer that lists items, made once for each item's schema and name. */
function listSchema(item: z.ZodType, list: string): z.ZodType {
  const known = lists.get(item) ?? new Map<string, z.ZodType>();
  lists.set(item, known);
  const schema = known.get(list) ?? z.strictObject({ [list]: z.array(item) });
  known.set(list, schema);
  return schema;
}

export interface StreamItemsRequest<Item extends z.ZodType> extends StructuredRequest {
  /** The schema of each element; one that does not fit is dropped. */
  readonly item: Item;
  /** The name under which the answer lists them: `{ [list]: item[] }`. */
  readonly list: string;
  /** No more than this are taken. How many to make the prompt says. */
  readonly most: number;
  /** Takes an element, the first with index 0: awaited, one after the other. What it throws ends the call. */
  readonly take: (item: z.output<Item>, index: number) => Promise<void>;
}

/** The outcome of a streamed list. */
interface ListEnd {
  readonly count: number;
  /** `take` threw this; the stream was stopped. */
  readonly thrown: { readonly error: unknown } | undefined;
  /** The stream did not end well. */
  readonly broken: ProviderError | undefined;
}

/** A stream to read, and how. */
interface StreamRead {
  readonly live: LiveStream;
  readonly maxBytes: number;
  /** Elements that would repeat a secret prompt, or that must not be shown, are dropped. */
  readonly guard?: Guard | undefined;
}

const BORDER = Buffer.from('\n\n');

/**
 * Reads one streamed answer and hands its elements to `take`. The stream is not held back meanwhile: what is shown
 * but not yet taken waits here, at most `maxBytes` of it, so that a slow commit makes no provider wait.
 */
class ListReader<Item extends z.ZodType> implements Sink {
  /** Settles when the ledger has the stream's outcome and the last element is taken; never rejects. */
  readonly done: Promise<ListEnd>;
  readonly #request: StreamItemsRequest<Item>;
  readonly #stream: StreamRead;
  readonly #text = new StreamText();
  readonly #elements: ElementReader;
  readonly #refuses: ReturnType<Guard['beginObjects']> | undefined;
  #turn: Promise<void> = Promise.resolve();
  #bytes = 0;
  #handed = 0;
  #count = 0;
  #thrown: ListEnd['thrown'];
  #broken: ProviderError | undefined;

  constructor(request: StreamItemsRequest<Item>, stream: StreamRead) {
    this.#request = request;
    this.#stream = stream;
    this.#elements = new ElementReader(request.list);
    this.#refuses = stream.guard?.beginObjects();
    stream.live.pipe(this);
    this.done = this.#finish();
  }

  write(chunk: Buffer): boolean {
    const words = this.#text.push(chunk, this.#stream.live.wholeBytes);
    this.#bytes += Buffer.byteLength(words);
    if (this.#bytes > this.#stream.maxBytes) this.#stop(oversizedError());
    else for (const element of this.#elements.push(words)) this.#hand(element);
    return true;
  }

  end(): void {
    // The last event may lack the empty line that ends it.
    this.write(BORDER);
    // Without some of its words an answer may look whole and be another.
    if (this.#text.isBroken) this.fail(unavailableError());
  }

  fail(error: ProviderError): void {
    this.#broken ??= error;
  }

  #stop(why: ProviderError): void {
    this.#broken ??= why;
    this.#stream.live.stop();
  }

  #hand(element: unknown): void {
    const checked = this.#request.item.safeParse(element);
    if (!checked.success || this.#handed >= this.#request.most) return;
    if (this.#refuses?.(checked.data) !== undefined) return;
    this.#handed += 1;
    this.#turn = this.#turn.then(() => this.#take(checked.data));
  }

  async #take(item: z.output<Item>): Promise<void> {
    if (this.#thrown !== undefined || this.#request.signal?.aborted === true) return;
    try {
      await this.#request.take(item, this.#count);
      this.#count += 1;
    } catch (error) {
      this.#thrown = { error };
      this.#stream.live.stop();
    }
  }

  async #finish(): Promise<ListEnd> {
    await this.#stream.live.finished;
    await this.#turn;
    if (this.#request.signal?.aborted === true)
      this.fail(new ProviderError('client_gone', { retryable: false }));
    return { count: this.#count, thrown: this.#thrown, broken: this.#broken };
  }
}

function oversizedError(): ProviderError {
  return new ProviderError('answer_unusable', { retryable: true });
}
