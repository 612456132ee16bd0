import type { AnswerReading, Figures } from '../metering/usage.ts';
import type { Names } from './look.ts';
import type { Takes } from '../takes.ts';

/** The protocols in which models are asked. */
export type Protocol =
  | 'chat'
  | 'responses'
  | 'embeddings'
  | 'moderations'
  | 'images'
  | 'speech'
  | 'transcriptions'
  | 'messages'
  | 'gemini'
  | 'embedContent'
  | 'batchEmbedContents';

/**
 * A protocol as the pipe needs it: how a request is written, and how its answers are read. A request carries its own, so that
 * a protocol is loaded with the first request in it.
 */
export interface Dialect {
  readonly name: Protocol;
  /** Its path behind a provider's base URL, which may name the model. */
  path(call: { readonly model: string; readonly stream: boolean }): string;
  /** Whether a model writes its answers: then they have a cap, and may be streamed. */
  readonly writes: boolean;
  /** Members of a body that the pipe writes itself. */
  readonly ours: ReadonlySet<string>;
  /** Members that cap a reply; the first that is set counts. */
  readonly caps: readonly string[];
  /** The member in which the cap stands, where that is not the body itself; the names of the others that are read are its own. */
  readonly config?: string;
  /** The member that says how many replies are asked for; `n` when not said. */
  readonly replies?: string;
  /** The member that names the tier of service; `service_tier` when not said. */
  readonly tier?: string;
  /** Writes the members that are kept for a model, where its name is no member of the body. */
  write?(body: Buffer, model: string): Buffer;
  /** The fields that the pipe adds for a model. */
  added(takes: Takes): AddedFields;
  /** The headers that hold a provider's key, which may be empty, flat; as its upstream has them when not said. */
  headers?(apiKey: string): readonly string[];
  /** Reads a plain answer that was parsed. */
  readAnswer(answer: unknown): AnswerReading;
  /** Reads a plain answer that is no JSON, by its type of content. */
  readBytes?(body: Buffer, type: string): AnswerReading;
  /** Reads an event of a stream. */
  readEvent(event: Figures): EventReading;
  /** A usage as its provider wrote it, in the names of chat completions. */
  figures(usage: Figures): Figures;
  /** Names at which an event is looked over before it is parsed. */
  readonly names: Names;
  /** Whether an event shows something of an answer, or its end. `orCut`: so is the end of a cut one. */
  showsSomething(event: Figures, orCut: boolean): boolean;
  /** Adds the words of an event to those before, each reply, thought and call for itself. */
  addWords(words: Map<string, string>, event: Figures): void;
  /** The words of a plain answer, as the messages of a request would hold them. */
  shownIn(answer: Figures): readonly unknown[] | undefined;
  /** A plain answer in the form of a stream. */
  asStream(answer: Figures): Buffer;
  /** Ends a stream whose provider does not end it. */
  readonly end: Buffer;
}

/** The fields that no caller wrote, under the names that a provider reads. */
export interface AddedFields {
  readonly cap: string | undefined;
  readonly temperature: boolean;
  /** The member that tells one account from others, with a hash of it as its value. */
  readonly identifier: ((hash: string) => readonly [field: string, json: string]) | undefined;
  readonly store: boolean;
  readonly streamUsage: boolean;
}

/** An event of a stream as metering reads it. */
export interface EventReading {
  readonly id: string | undefined;
  readonly tier: string | undefined;
  readonly error: Figures | undefined;
  /** In the names of chat completions. */
  readonly figures: Figures | undefined;
  /** It holds usage and nothing else, which a client gets who asked for it. */
  readonly isUsageAlone: boolean;
  /** A reply was cut before a word of its answer. */
  readonly isSpent: boolean;
  /** The answer has come to its end with it, where its bytes alone (`names.last`) can't tell. */
  readonly isLast?: boolean;
}
