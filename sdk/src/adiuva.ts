import type { BodyOf, Caller, CallOptions, ReplyOf } from './calls.ts';
import type { AnswerStream, StreamOptions, Streams } from './sockets.ts';

export type AdiuvaRequest = BodyOf<'POST /v1/chat'>;
export type AdiuvaAnswer = ReplyOf<'POST /v1/chat'>;

export type Adiuva = ReturnType<typeof adiuvaCalls>;

/** The cloud of an assistant: questions with the data that they are about. */
export function adiuvaCalls({ call }: Caller, { stream }: Streams) {
  return {
    /** Asks; `actions` of the answer are yours to carry out. */
    chat: (body: AdiuvaRequest, options?: CallOptions): Promise<AdiuvaAnswer> =>
      call('POST /v1/chat', { body }, options),
    /** The same, with the text as it is written. Leaving the loop hangs up, and the model stops. */
    chatStream: (body: AdiuvaRequest, options?: StreamOptions): AnswerStream<AdiuvaAnswer> =>
      stream('POST /v1/chat', { body }, options),
  };
}
