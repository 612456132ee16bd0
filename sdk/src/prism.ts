import type { BodyOf, Caller, CallOptions, ReplyOf } from './calls.ts';
import { NoAnswer, streamError } from './errors.ts';
import { eventsIn } from './events.ts';
import type { Schemas } from './routes.ts';
import { readJson } from './wire.ts';

export type Turn = ReplyOf<'POST /v1/turns'>;
export type MirrorReply = ReplyOf<'POST /v1/mirror/messages'>;

/** An event of a reply that is being written. In a crisis `done` follows `safety` at once, with helplines and without a reply. */
export type MirrorEvent =
  | { readonly event: 'safety'; readonly data: Schemas['Safety'] }
  | { readonly event: 'words'; readonly data: { readonly text: string } }
  | { readonly event: 'done'; readonly data: MirrorReply };

/** The server ends a turn, and a message with those before it, before that. Milliseconds. */
const LONGEST = { turn: 100_000, message: 160_000 } as const;

export type Prism = ReturnType<typeof prismCalls>;

/** Reflection: a thought turned, and messages to a session of the mirror. `isSafe` goes on after a crisis. */
export function prismCalls({ call, open }: Caller) {
  return {
    /** Turns a thought. In a crisis `turn` is null, and `support` has words and helplines; nothing is kept or charged. */
    turn: (body: BodyOf<'POST /v1/turns'>, options?: CallOptions): Promise<Turn> =>
      call('POST /v1/turns', { body }, { timeout: LONGEST.turn, ...options }),

    /**
     * Sends a message, and tells of the reply as it is written. It is sent again while nothing has been answered, and never after that: a
     * stream that is cut throws (`stream_cut`). Also when you leave the loop, the session has the whole reply soon.
     */
    async *say(
      body: BodyOf<'POST /v1/mirror/messages'>,
      { timeout = LONGEST.message, ...options }: CallOptions = {},
    ): AsyncGenerator<MirrorEvent, void> {
      const headers = { accept: 'text/event-stream' };
      const response = await open('POST /v1/mirror/messages', { body }, { timeout, ...options, headers });
      // The repeat of a message that was answered before is answered as a whole.
      if (response.headers.get('content-type')?.startsWith('application/json') === true) {
        yield { event: 'done', data: (await readJson(response)) as MirrorReply };
        return;
      }
      for await (const { event, data } of eventsIn(response, { signal: options.signal, patience: timeout })) {
        const told = JSON.parse(data) as { readonly error?: unknown };
        if (event === 'error') throw streamError(told.error);
        yield { event, data: told } as MirrorEvent;
        if (event === 'done') return;
      }
      throw new NoAnswer({ code: 'stream_cut', message: 'The reply ended before all was said.', status: 0 });
    },
  };
}
