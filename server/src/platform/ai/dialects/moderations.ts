import { isRecord } from '#platform/kernel';
import { idOf, NO_ANSWER } from '../metering/usage.ts';
import type { Dialect } from './dialect.ts';
import { EMBEDDINGS } from './embeddings.ts';

/** OpenAI's moderations, which are free: an answer tells no usage. */
export const MODERATIONS: Dialect = {
  ...EMBEDDINGS,
  name: 'moderations',
  path: () => '/moderations',
  readAnswer(answer) {
    if (!isRecord(answer)) return NO_ANSWER;
    const { error, usage: _, ...read } = EMBEDDINGS.readAnswer({ ...answer, data: answer['results'] });
    const usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };
    return { ...read, id: idOf(answer['id']), error, usage };
  },
};
