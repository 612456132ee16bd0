import { readObject } from '../metering/usage.ts';
import { CHAT } from './chat.ts';
import type { Dialect } from './dialect.ts';

/** OpenAI's embeddings: an answer of numbers, never a stream. */
export const EMBEDDINGS: Dialect = {
  ...CHAT,
  name: 'embeddings',
  path: '/embeddings',
  writes: false,
  ours: new Set(['model']),
  caps: [],
  added: () => ({
    cap: undefined,
    temperature: false,
    identifier: undefined,
    store: false,
    streamUsage: false,
  }),
  readAnswer: readObject,
};
