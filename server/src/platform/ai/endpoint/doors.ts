import type { AppError } from '#platform/kernel';
import { CHAT } from '../dialects/chat.ts';
import type { Dialect, Protocol } from '../dialects/dialect.ts';
import { EMBEDDINGS } from '../dialects/embeddings.ts';
import type { Picture } from '../metering/pictures.ts';
import type { Price } from '../metering/prices.ts';
import type { Target } from '../providers/providers.ts';
import { checkChatFields, checkEmbeddingFields, picturesIn } from './fields.ts';
import { openAiErrorEvent } from './openai-errors.ts';

/** A protocol for clients: what a request may say there, and how its sender is told of an error. */
export interface Door {
  readonly dialect: Dialect;
  /** Refuses what a shared key must not do, and answers the pictures, which have a price of their own. */
  check(body: Record<string, unknown>, allowed: ReadonlySet<string>): readonly Picture[];
  /** An error within a stream. */
  errorEvent(error: AppError, requestId: string): string;
  /** Reaches models that are asked in chat completions alone; none where a translation would lose something. */
  readonly translation?: Translation;
}

/** Between a door's protocol and chat completions. */
export interface Translation {
  /** The body of a chat request. Throws field_refused for the first field that would be lost (`refuseLost`). */
  request(body: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** A plain answer of chat completions as the door's clients read it. */
  answer(answer: Readonly<Record<string, unknown>>): object;
  /** The same of a stream. */
  stream(): StreamTranslation;
}

export interface StreamTranslation {
  /** Translates whole events. */
  push(events: Buffer): Buffer;
  /** The rest, when the stream has come to its end. */
  end(): Buffer;
}

export const CHAT_DOOR: Door = {
  dialect: CHAT,
  check(body, allowed) {
    checkChatFields(body, allowed);
    return picturesIn(Array.isArray(body['messages']) ? body['messages'] : []);
  },
  errorEvent: openAiErrorEvent,
};

const EMBEDDINGS_DOOR: Door = {
  dialect: EMBEDDINGS,
  check(body, allowed) {
    checkEmbeddingFields(body, allowed);
    return [];
  },
  errorEvent: openAiErrorEvent,
};

interface Place {
  readonly path: string;
  /** Whether a model with such a price is asked there. */
  readonly takes: (price: Price) => boolean;
  /** A door that few come to is loaded when it is first called. */
  readonly open: () => Door | Promise<Door>;
}

const PLACES: Readonly<Record<Protocol, Place>> = {
  chat: { path: '/v1/ai/chat/completions', takes: writesText, open: () => CHAT_DOOR },
  responses: {
    path: '/v1/ai/responses',
    takes: writesText,
    open: async () => (await import('./responses/door.ts')).RESPONSES_DOOR,
  },
  embeddings: {
    path: '/v1/ai/embeddings',
    takes: ({ output }) => output === 0,
    open: () => EMBEDDINGS_DOOR,
  },
};

export const openDoor = (protocol: Protocol): Door | Promise<Door> => PLACES[protocol].open();

/** Whether a model is asked in a protocol itself. */
export function isAskedIn(protocol: Protocol, { upstream, price }: Target): boolean {
  return upstream.speaks.has(protocol) && PLACES[protocol].takes(price);
}

/** The paths at which one of these models is asked. */
export function pathsOf(chain: readonly Target[]): string[] {
  const places = Object.entries(PLACES).filter(([protocol]) =>
    chain.some((target) => isAskedIn(protocol as Protocol, target)),
  );
  return places.map(([, { path }]) => path);
}

/** A model that charges for what it reads and never for what it writes makes embeddings. */
function writesText({ input, output }: Price): boolean {
  return output > 0 || input === 0;
}
