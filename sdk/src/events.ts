import type { CallOptions } from './calls.ts';
import { PlinthError } from './errors.ts';
import { type Retries, waitBefore } from './retries.ts';
import type { Time } from './time.ts';
import { failureOf } from './wire.ts';

/** A server-sent event, its data still as text. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

export interface Reading {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds in which something must come: a comment, at least. */
  readonly patience: number;
}

/** The events of an answer (HTML Living Standard, 9.2.6), read as they come. Leaving the loop hangs up. */
export async function* eventsIn(response: Response, reading: Reading): AsyncGenerator<ServerEvent, void> {
  if (response.body === null) return;
  // Not `for await`: Safari's streams can't.
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await read(reader, { ...reading, url: response.url });
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split(/\r\n\r\n|\n\n|\r\r/);
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = eventIn(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    // The caller reads no further; that the connection may be gone already is all the same.
    await reader.cancel().catch(() => {});
  }
}

type Bytes = ReadableStreamDefaultReader<Uint8Array>;

/** A connection may be dead and not know it, after a laptop's sleep for example: silence ends it too. */
async function read(
  reader: Bytes,
  { signal, patience, url }: Reading & { readonly url: string },
): ReturnType<Bytes['read']> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (error) {
    throw failureOf(error, signal, url);
  } finally {
    clearTimeout(timer);
  }
}

/** A block without data is a comment, or says when to come back. */
function eventIn(block: string): ServerEvent | undefined {
  const data: string[] = [];
  const said = { id: undefined as string | undefined, event: 'message' };
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    if (field === 'id' || field === 'event') said[field] = value;
  }
  return data.length === 0 ? undefined : { ...said, data: data.join('\n') };
}

/** What a stream of events is followed with. */
export interface EventsOptions extends CallOptions {
  /** The id of the last event that was had: by a page before it was reloaded, for example. */
  readonly after?: string;
}

export interface FollowOptions extends Reading {
  /** Opens the stream, after an event that was had; undefined when all has been told (204). */
  readonly open: (after: string | undefined) => Promise<Response | undefined>;
  /** Whether this is the last event that there will be. */
  readonly isLast: (event: ServerEvent) => boolean;
  /** The id of the last event that the caller has had before. */
  readonly after: string | undefined;
  readonly retries: Retries;
  readonly time: Time;
}

/** When to come back to a stream that the server ended in good order: it stops, or has told for long enough. Milliseconds. */
const COME_BACK = 1_000;

/** The events of a stream that is taken up again where it was cut, so that none is missed and none comes twice. */
export async function* follow(options: FollowOptions): AsyncGenerator<ServerEvent, void> {
  const { open, isLast, signal, time } = options;
  let { after } = options;
  for (let failed = 0; ; ) {
    try {
      const response = await open(after);
      if (response === undefined) return;
      for await (const event of eventsIn(response, options)) {
        after = event.id ?? after;
        failed = 0;
        yield event;
        if (isLast(event)) return;
      }
      await time.wait(COME_BACK, signal);
    } catch (error) {
      if (!(error instanceof PlinthError)) throw error;
      failed += 1;
      const wait = waitBefore(error, failed, options);
      if (wait === undefined) throw error;
      await time.wait(wait, signal);
    }
  }
}
