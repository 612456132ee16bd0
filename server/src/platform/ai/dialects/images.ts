import { isRecord } from '#platform/kernel';
import { NO_ANSWER, readObject } from '../metering/usage.ts';
import { CHAT } from './chat.ts';
import type { Dialect } from './dialect.ts';
import { EMBEDDINGS } from './embeddings.ts';

/** OpenAI's pictures, whose figures are those of its responses. Some vendors tell none, and a picture of no tokens is as good as none. */
export const IMAGES: Dialect = {
  ...EMBEDDINGS,
  name: 'images',
  path: '/images/generations',
  figures: CHAT.figures,
  readAnswer(answer) {
    if (!isRecord(answer)) return NO_ANSWER;
    const { data } = answer;
    const read = readObject(answer);
    return {
      ...read,
      usable: Array.isArray(data) && data.some(isPicture),
      usage: read.usage?.completionTokens === 0 ? undefined : read.usage,
    };
  },
};

function isPicture(item: unknown): boolean {
  return (
    isRecord(item) && [item['b64_json'], item['url']].some((one) => typeof one === 'string' && one !== '')
  );
}
