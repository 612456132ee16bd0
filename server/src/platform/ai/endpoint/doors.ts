import { CHAT } from '../dialects/chat.ts';
import type { Protocol } from '../dialects/dialect.ts';
import { EMBEDDINGS } from '../dialects/embeddings.ts';
import type { Price } from '../metering/prices.ts';
import type { Target } from '../providers/providers.ts';
import { MODERATIONS } from '../dialects/moderations.ts';
import {
  CHAT_FIELDS,
  checkChatFields,
  checkEmbeddingFields,
  checkModerationFields,
  EMBEDDING_FIELDS,
  embeddingBytes,
  MODERATION_FIELDS,
  picturesIn,
} from './fields.ts';
import type { Door } from './door.ts';
import { openAiErrorEvent } from './openai-errors.ts';

export const CHAT_DOOR: Door = {
  dialect: CHAT,
  fields: CHAT_FIELDS,
  check(body, allowed) {
    checkChatFields(body, allowed);
    return picturesIn(Array.isArray(body['messages']) ? body['messages'] : []);
  },
  errorEvent: openAiErrorEvent,
};

const EMBEDDINGS_DOOR: Door = {
  dialect: EMBEDDINGS,
  fields: EMBEDDING_FIELDS,
  check(body, allowed) {
    checkEmbeddingFields(body, allowed);
    return [];
  },
  answerBytes: embeddingBytes,
  errorEvent: openAiErrorEvent,
};

const MODERATIONS_DOOR: Door = {
  dialect: MODERATIONS,
  fields: MODERATION_FIELDS,
  // As OpenAI has it.
  defaultModel: 'omni-moderation-latest',
  check(body, allowed) {
    checkModerationFields(body, allowed);
    return [];
  },
  errorEvent: openAiErrorEvent,
};

interface Place {
  readonly path: string;
  /** The models that are asked there, by what they make. */
  readonly kind: NonNullable<Price['kind']>;
  /** The protocol whose models its door reaches by a translation. */
  readonly into?: 'chat' | 'embeddings';
  /** A door that few come to is loaded when it is first called. */
  readonly open: () => Door | Promise<Door>;
}

/** A door that is there at once, after the first time. */
function loaded(load: () => Promise<Door>): Place['open'] {
  let door: Door | undefined;
  return () => door ?? load().then((one) => (door = one));
}

/** Each protocol's place. */
export const PLACES: Readonly<Record<Protocol, Place>> = {
  chat: { path: '/v1/ai/chat/completions', kind: 'text', open: () => CHAT_DOOR },
  responses: {
    path: '/v1/ai/responses',
    kind: 'text',
    into: 'chat',
    open: loaded(async () => (await import('./responses/door.ts')).RESPONSES_DOOR),
  },
  embeddings: { path: '/v1/ai/embeddings', kind: 'embeddings', open: () => EMBEDDINGS_DOOR },
  moderations: { path: '/v1/ai/moderations', kind: 'moderations', open: () => MODERATIONS_DOOR },
  images: {
    path: '/v1/ai/images/generations',
    kind: 'images',
    open: loaded(async () => (await import('./images/door.ts')).IMAGES_DOOR),
  },
  speech: {
    path: '/v1/ai/audio/speech',
    kind: 'speech',
    open: loaded(async () => (await import('./speech/door.ts')).SPEECH_DOOR),
  },
  transcriptions: {
    path: '/v1/ai/audio/transcriptions',
    kind: 'transcriptions',
    open: loaded(async () => (await import('./transcriptions/door.ts')).TRANSCRIPTIONS_DOOR),
  },
  messages: {
    path: '/v1/ai/messages',
    kind: 'text',
    into: 'chat',
    open: loaded(async () => (await import('./messages/door.ts')).MESSAGES_DOOR),
  },
  gemini: {
    path: '/v1/ai/google/v1beta/models/{model}:generateContent',
    kind: 'text',
    into: 'chat',
    open: loaded(async () => (await import('./gemini/door.ts')).GEMINI_DOOR),
  },
  embedContent: {
    path: '/v1/ai/google/v1beta/models/{model}:embedContent',
    kind: 'embeddings',
    into: 'embeddings',
    open: loaded(async () => (await import('./gemini/embeddings.ts')).EMBED_CONTENT_DOOR),
  },
  batchEmbedContents: {
    path: '/v1/ai/google/v1beta/models/{model}:batchEmbedContents',
    kind: 'embeddings',
    into: 'embeddings',
    open: loaded(async () => (await import('./gemini/embeddings.ts')).BATCH_EMBED_CONTENTS_DOOR),
  },
};

export const openDoor = (protocol: Protocol): Door | Promise<Door> => PLACES[protocol].open();

interface AskedModel {
  readonly upstream: Pick<Target['upstream'], 'speaks'>;
  readonly price: Pick<Price, 'kind'>;
}

/** Whether a model is asked in a protocol itself. */
export function isAskedIn(protocol: Protocol, { upstream, price }: AskedModel): boolean {
  const { kind } = PLACES[protocol];
  const isOfKind =
    price.kind === kind || (price.kind === undefined && (kind === 'text' || kind === 'embeddings'));
  return upstream.speaks.has(protocol) && isOfKind;
}

/** The paths at which one of these models can be asked for. */
export function pathsOf(chain: readonly Target[]): string[] {
  const places = Object.entries(PLACES).filter(([protocol, { into }]) =>
    chain.some(
      (target) => isAskedIn(protocol as Protocol, target) || (into !== undefined && isAskedIn(into, target)),
    ),
  );
  return places.map(([, { path }]) => path);
}
