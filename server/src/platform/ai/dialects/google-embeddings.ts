import { isRecord, jsonIn } from '#platform/kernel';
import { type AnswerReading, errorIn, NO_ANSWER, readInput, readUsage } from '../metering/usage.ts';
import type { Dialect } from './dialect.ts';
import { EMBEDDINGS } from './embeddings.ts';
import { GEMINI } from './gemini.ts';

const nameOf = (model: string) => (model.includes('/') ? model : `models/${model}`);

/** Google's embeddings of one content, and of several (ai.google.dev/api/embeddings). */
export const EMBED_CONTENT = dialectOf('embedContent', (body) => body);
export const BATCH_EMBED_CONTENTS = dialectOf('batchEmbedContents', (body, name) => {
  const said = jsonIn(body.toString('utf8'));
  const requests = isRecord(said) && Array.isArray(said['requests']) ? said['requests'].filter(isRecord) : [];
  return Buffer.from(JSON.stringify({ requests: requests.map((one) => ({ ...one, model: name })) }));
});

function dialectOf(
  verb: 'embedContent' | 'batchEmbedContents',
  write: (body: Buffer, name: string) => Buffer,
): Dialect {
  return {
    ...EMBEDDINGS,
    name: verb,
    path: ({ model }) => `/${nameOf(model)}:${verb}`,
    headers: (apiKey) => GEMINI.headers?.(apiKey) ?? [],
    write: (body, model) => write(body, nameOf(model)),
    figures: GEMINI.figures,
    readAnswer,
  };
}

/** Older models tell no usage. */
function readAnswer(answer: unknown): AnswerReading {
  if (!isRecord(answer)) return NO_ANSWER;
  const { embedding, embeddings = [embedding], usageMetadata: usage } = answer;
  const figures = isRecord(usage) ? GEMINI.figures(usage) : undefined;
  return {
    ...NO_ANSWER,
    usable: Array.isArray(embeddings) && embeddings.length > 0 && embeddings.every(isEmbedding),
    usage: readUsage(figures, true),
    input: readInput(figures),
    error: errorIn(answer),
  };
}

const isEmbedding = (one: unknown) =>
  isRecord(one) && Array.isArray(one['values']) && one['values'].length > 0;
