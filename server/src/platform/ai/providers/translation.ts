import type { IncomingHttpHeaders } from 'node:http';
import type { AwsKeys } from '#platform/config';
import type { StreamTranslation } from '../endpoint/door.ts';
import { isSet, refuseLost } from '../endpoint/fields.ts';
import { type Decoded, withoutMark } from './decoding.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Fields of a chat on which no answer depends (they say to OpenAI who asks and what it may keep), and those that are read apart. */
export const APART: ReadonlySet<string> = new Set(
  'messages metadata model prompt_cache_key safety_identifier store stream stream_options tool_choice tools user'.split(
    ' ',
  ),
);

/** Values of a chat that ask for what a model does anyway. */
export const USUAL: Fields = {
  frequency_penalty: 0,
  logprobs: false,
  n: 1,
  parallel_tool_calls: true,
  presence_penalty: 0,
  verbosity: 'medium',
};

/** Efforts of a chat that vendors have under the same name. */
export const EFFORTS: ReadonlySet<unknown> = new Set(['low', 'medium', 'high', 'xhigh']);

const LOST = ['name', 'function_call', 'audio'];

/** Refuses members of a message that no other protocol has. */
export function refuseLostMembers(message: Fields): void {
  const lost = LOST.find((field) => isSet(message[field]));
  if (lost !== undefined) refuseLost(`messages.${lost}`);
}

/** A request as a vendor reads it. */
export interface VendorRequest {
  readonly path: string;
  /** Those of the key or signature among them, flat. */
  readonly headers: readonly string[];
  readonly body: string | Buffer;
}

/** A plain answer, or an error. */
export interface VendorAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An upstream as its vendor is asked. */
export interface VendorUpstream {
  readonly origin: string;
  readonly path: string;
  readonly query: string;
  readonly apiKey: string;
  readonly authorization: readonly string[];
  readonly aws: AwsKeys | undefined;
}

export interface TranslationContext {
  readonly upstream: VendorUpstream;
  readonly model: string;
  readonly stream: boolean;
  /** Wall time in milliseconds. */
  readonly now: number;
  /** Takes the vendor's figures as they come, as a usage of chat completions: a stream that breaks never comes to its own. */
  readonly told?: ((usage: Fields) => void) | undefined;
}

/**
 * Between chat completions and the protocol of a vendor that speaks no other of ours, at the level of the wire: pipe, meter and
 * ledger see chat completions alone. It is loaded with the first call to such a vendor.
 */
export interface UpstreamTranslation {
  /**
   * The vendor's body for a chat request. Throws field_refused for the first field that would be lost (`refuseLost`); called so before
   * anything is spent too, without the fields that the pipe adds.
   */
  body(chat: Fields): Fields;
  /** The request for a body, signed for this instant. */
  request(body: Fields, context: TranslationContext): VendorRequest | Promise<VendorRequest>;
  /** A plain answer or an error in the form of OpenAI's, with a status and headers by which it is classified. */
  answer(answer: VendorAnswer, context: TranslationContext): VendorAnswer;
  /** The bytes of a stream as events of chat completions; finish_reason and [DONE] at the vendor's own end alone. */
  stream(headers: IncomingHttpHeaders, context: TranslationContext): StreamTranslation;
}

/** A translation with what it needs of its call. */
export interface AnswerTranslation {
  readonly translation: UpstreamTranslation;
  readonly context: TranslationContext;
}

interface AnswerStart {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The most bytes of an answer that is no stream. */
  readonly maxBytes: number;
}

interface Translated extends Decoded {
  /** The status and headers of an answer that is no stream, in place of those that came. */
  head(status: number, headers: IncomingHttpHeaders): void;
  oversized(): void;
}

/** Takes the bytes of a vendor's answer, and hands them on as chat completions: a stream as it comes, anything else when it is whole. */
export function translateAnswer(
  { translation, context }: AnswerTranslation,
  { status, headers, maxBytes }: AnswerStart,
  to: Translated,
): Decoded {
  // Some proxies answer plainly what should be streamed.
  const isStream =
    context.stream && status === 200 && !/^application\/json\b/.test(headers['content-type'] ?? '');
  const stream = isStream ? translation.stream(headers, context) : undefined;
  const chunks: Buffer[] = [];
  let size = 0;

  /** Hands on; bytes that a translation can't read are broken. */
  function hand(translate: () => Buffer): boolean {
    let bytes: Buffer;
    try {
      bytes = translate();
    } catch {
      to.broken();
      return false;
    }
    if (bytes.length > 0) to.data(bytes);
    return true;
  }

  function whole(): Buffer {
    const answer = translation.answer({ status, headers, body: withoutMark(Buffer.concat(chunks)) }, context);
    to.head(answer.status, answer.headers);
    return answer.body;
  }

  return {
    data(chunk) {
      if (stream !== undefined) return void hand(() => stream.push(chunk));
      size += chunk.length;
      if (size > maxBytes) to.oversized();
      else chunks.push(chunk);
    },
    end() {
      if (hand(stream === undefined ? whole : () => stream.end())) to.end();
    },
    broken: to.broken,
  };
}
