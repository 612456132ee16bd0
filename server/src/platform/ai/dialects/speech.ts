import { jsonIn } from '#platform/kernel';
import { NO_ANSWER } from '../metering/usage.ts';
import type { Dialect } from './dialect.ts';
import { EMBEDDINGS } from './embeddings.ts';

/** OpenAI's speech: an answer of sound, which tells no usage. It is billed by the characters of the request. */
export const SPEECH: Dialect = {
  ...EMBEDDINGS,
  name: 'speech',
  path: '/audio/speech',
  readBytes(body, type) {
    const isSound = /^(?:audio\/|application\/octet-stream)/i.test(type);
    if (isSound) return { ...NO_ANSWER, usable: body.length > 0 };
    return { ...EMBEDDINGS.readAnswer(jsonIn(body.toString('utf8'))), usable: false };
  },
};
