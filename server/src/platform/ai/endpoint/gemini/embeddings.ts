import { isRecord } from '#platform/kernel';
import type { Dialect } from '../../dialects/dialect.ts';
import { EMBEDDINGS } from '../../dialects/embeddings.ts';
import { googleEvent } from '../../dialects/gemini.ts';
import { BATCH_EMBED_CONTENTS, EMBED_CONTENT } from '../../dialects/google-embeddings.ts';
import { invalid } from '../../wire.ts';
import type { Door } from '../door.ts';
import {
  checkFields,
  checkTexts,
  embeddingBytes,
  type FieldTable,
  isSet,
  objectsIn,
  refuse,
  refuseLost,
} from '../fields.ts';
import { googleError } from '../google-errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Google's embedContent, as of the @google/genai package 3.3. */
const FIELDS: FieldTable = {
  content: 'harmless',
  // Said in the path.
  model: 'ours',
  taskType: 'harmless',
  title: 'harmless',
  outputDimensionality: 'harmless',
  embedContentConfig: 'unpriced',
};
const BATCH_FIELDS: FieldTable = { requests: 'harmless', model: 'ours' };

const MOST_REQUESTS = 2_048;
const LONGEST_TEXT = 500_000;

const requestsOf = (body: Fields): readonly Fields[] =>
  isSet(body['requests']) ? objectsIn(body['requests'], 'requests') : [body];

const partsOf = ({ content }: Fields): readonly Fields[] =>
  isRecord(content) ? objectsIn(content['parts'], 'content') : [];

function checkRequest(request: Record<string, unknown>, allowed: ReadonlySet<string>): void {
  checkFields(FIELDS, request, allowed);
  checkTexts(request, ['taskType', 'title', 'model'], LONGEST_TEXT);
  const { outputDimensionality: length } = request;
  if (isSet(length) && !(Number.isSafeInteger(length) && Number(length) >= 1))
    throw invalid('outputDimensionality must be a whole number from 1 on.', 'outputDimensionality');
  const parts = partsOf(request);
  const other = parts.flatMap(Object.keys).find((name) => name !== 'text');
  if (other !== undefined) refuse(`content.parts.${other}`, 'unpriced');
  const isText = ({ text }: Fields) => typeof text === 'string' && text !== '' && text.length <= LONGEST_TEXT;
  if (parts.length === 0 || !parts.every(isText))
    throw invalid(`content must have parts, each a text of 1 to ${LONGEST_TEXT} characters.`, 'content');
}

/** In OpenAI's embeddings: a text has no task and no title there, and all texts of a request have one length. */
function toEmbeddings(body: Fields): Record<string, unknown> {
  const requests = requestsOf(body);
  const lengths = new Set(requests.map(({ outputDimensionality: length }) => length ?? undefined));
  const [dimensions] = lengths;
  if (lengths.size > 1) refuseLost('outputDimensionality');
  const input = requests.map((request) => {
    const { taskType = null, title = null } = request;
    if (title !== null) refuseLost('title');
    if (taskType !== null && taskType !== 'TASK_TYPE_UNSPECIFIED') refuseLost('taskType');
    const [part, ...more] = partsOf(request);
    return more.length > 0 ? refuseLost('content.parts') : part?.['text'];
  });
  return { model: body['model'], input, ...(dimensions === undefined ? {} : { dimensions }) };
}

/** An answer of OpenAI's embeddings as Google has it. */
function embeddingsIn({ data, usage }: Fields) {
  const items = objectsIn(data, 'data').toSorted(
    (one, other) => Number(one['index']) - Number(other['index']),
  );
  const { prompt_tokens: tokens } = isRecord(usage) ? usage : {};
  return {
    embeddings: items.map(({ embedding }) => ({ values: embedding })),
    ...(typeof tokens === 'number'
      ? { usageMetadata: { promptTokenCount: tokens, totalTokenCount: tokens } }
      : {}),
  };
}

const doorOf = (
  dialect: Dialect,
  own: Pick<Door, 'check' | 'fields'>,
  toAnswer: (answer: Fields) => object,
): Door => ({
  dialect,
  ...own,
  answerBytes: (body) =>
    requestsOf(body).reduce(
      (bytes, { outputDimensionality: dimensions }) => bytes + embeddingBytes({ input: '', dimensions }),
      0,
    ),
  translation: { into: EMBEDDINGS, request: toEmbeddings, answer: toAnswer },
  errorEvent: (error, requestId) => googleEvent(googleError(error, requestId)),
});

export const EMBED_CONTENT_DOOR = doorOf(
  EMBED_CONTENT,
  {
    fields: FIELDS,
    check(body, allowed) {
      checkRequest(body, allowed);
      return [];
    },
  },
  (answer) => {
    const { embeddings, ...more } = embeddingsIn(answer);
    return { embedding: embeddings[0], ...more };
  },
);

export const BATCH_EMBED_CONTENTS_DOOR = doorOf(
  BATCH_EMBED_CONTENTS,
  {
    fields: BATCH_FIELDS,
    check(body, allowed) {
      checkFields(BATCH_FIELDS, body, allowed);
      const requests = objectsIn(body['requests'], 'requests');
      if (requests.length === 0 || requests.length > MOST_REQUESTS)
        throw invalid(`requests must be a list of 1 to ${MOST_REQUESTS}.`, 'requests');
      for (const request of requests) checkRequest({ ...request }, allowed);
      return [];
    },
  },
  embeddingsIn,
);
