import { isRecord } from '#platform/kernel';
import { type Figures, readObject } from '../metering/usage.ts';
import { CHAT } from './chat.ts';
import type { Dialect } from './dialect.ts';

/** OpenAI's embeddings: an answer of numbers, never a stream. */
export const EMBEDDINGS: Dialect = {
  ...CHAT,
  name: 'embeddings',
  path: () => '/embeddings',
  writes: false,
  ours: new Set(['model', 'metadata']),
  caps: [],
  added: () => ({
    cap: undefined,
    temperature: false,
    identifier: undefined,
    store: false,
    streamUsage: false,
  }),
  readAnswer: (answer) =>
    readObject(
      isRecord(answer) && isRecord(answer['usage']) ? { ...answer, usage: figures(answer['usage']) } : answer,
    ),
  figures,
};

/** All that is read is prompt: Voyage says a total alone (docs.voyageai.com/reference/embeddings-api). */
function figures(usage: Figures): Figures {
  return { prompt_tokens: usage['total_tokens'], completion_tokens: 0, ...usage };
}
