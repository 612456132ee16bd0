import type { BodyOf, Caller, CallOptions, ReplyOf } from './calls.ts';
import { isRecord, NoAnswer, streamError } from './errors.ts';
import { eventsIn } from './events.ts';

export type ChatRequest = BodyOf<'POST /v1/ai/chat/completions'>;
export type ChatAnswer = ReplyOf<'POST /v1/ai/chat/completions'>;

/** A piece of a streamed answer, in OpenAI's form (`chat.completion.chunk`). */
export interface ChatChunk {
  readonly id: string;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: { readonly role?: string; readonly content?: string | null };
    readonly finish_reason: string | null;
  }[];
  readonly [field: string]: unknown;
}

export type Ai = ReturnType<typeof aiCalls>;

/** The AI gateway: OpenAI's protocol under the account's plan and limits. */
/** The server ends a chat before that. Milliseconds. */
const LONGEST = 340_000;

export function aiCalls({ call, open }: Caller) {
  return {
    /** Completes a chat in one answer. */
    chat: (body: ChatRequest, options?: CallOptions): Promise<ChatAnswer> =>
      call('POST /v1/ai/chat/completions', { body }, { timeout: LONGEST, ...options }),

    /**
     * Completes a chat piece by piece. It is sent again while nothing has been answered, and never after that: a stream
     * that is cut throws (`stream_cut`), for what was said can't be said the same twice. Leaving the loop hangs up, and
     * what was written by then is paid for.
     */
    async *chatStream(body: ChatRequest, options: CallOptions = {}): AsyncGenerator<ChatChunk, void> {
      const { timeout = LONGEST } = options;
      const response = await open(
        'POST /v1/ai/chat/completions',
        { body: { ...body, stream: true } },
        { timeout, ...options, headers: { accept: 'text/event-stream' } },
      );
      for await (const { data } of eventsIn(response, { signal: options.signal, patience: timeout })) {
        if (data === '[DONE]') return;
        const chunk: unknown = JSON.parse(data);
        if (isRecord(chunk) && 'error' in chunk) throw streamError(chunk['error']);
        yield chunk as ChatChunk;
      }
      throw new NoAnswer({ code: 'stream_cut', message: 'The stream ended before all was said.', status: 0 });
    },

    models: (options?: CallOptions) => call('GET /v1/ai/models', {}, options),
  };
}
