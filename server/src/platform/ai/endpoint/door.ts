import type { IncomingHttpHeaders } from 'node:http';
import type { AppError } from '#platform/kernel';
import type { Dialect } from '../dialects/dialect.ts';
import type { Picture } from '../metering/pictures.ts';
import type { FieldTable } from './fields.ts';
import type { WireForm } from '../wire.ts';

/** A protocol for clients: what a request may say there, and how its sender is told of an error. */
export interface Door {
  readonly dialect: Dialect;
  /** Reads a body that is a form: what it says as members, and as it is sent on. */
  readForm?(body: Buffer, contentType: string | undefined): FormBody;
  /** The fields that it knows. */
  readonly fields: FieldTable;
  /** Those of its dialect's `config`. */
  readonly configFields?: FieldTable;
  /** The model of a request that names none. */
  readonly defaultModel?: string;
  /** Refuses what a shared key must not do, and answers the pictures, which have a price of their own. */
  check(body: Record<string, unknown>, allowed: ReadonlySet<string>): readonly Picture[];
  /** The same for a request whose input is counted alone. */
  readonly checkCount?: Door['check'];
  /** The characters that a price counts in place of tokens. */
  characters?(body: Record<string, unknown>): number;
  /** Whether its answer is JSON, which can be kept for a repeat; it is where the door does not say. */
  answersJson?(body: Record<string, unknown>): boolean;
  /** The most bytes of an answer, where it may be large. */
  answerBytes?(body: Record<string, unknown>): number;
  /** Headers of a request that a provider reads too, flat. */
  passedOn?(headers: IncomingHttpHeaders): readonly string[];
  /** An error within a stream, behind the last that was said of it. */
  errorEvent(error: AppError, requestId: string, after?: Buffer): string;
  /** Reaches models that are asked in chat completions alone; none where a translation would lose something. */
  readonly translation?: Translation;
}

export interface FormBody {
  readonly fields: Record<string, unknown>;
  readonly form: WireForm;
}

/** Between a door's protocol and chat completions. */
export interface Translation {
  /** The protocol that it translates into, where that is not chat completions. */
  readonly into?: Dialect;
  /** The body of a chat request. Throws field_refused for the first field that would be lost (`refuseLost`). */
  request(body: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** A plain answer of chat completions as the door's clients read it. */
  answer(answer: Readonly<Record<string, unknown>>): object;
  /** The same of a stream, where there is one. */
  stream?(): StreamTranslation;
}

export interface StreamTranslation {
  /** Translates whole events. */
  push(events: Buffer): Buffer;
  /** The rest, when the stream has come to its end. */
  end(): Buffer;
}
