import { IMAGES } from '../../dialects/images.ts';
import { invalid } from '../../wire.ts';
import type { Door } from '../door.ts';
import { checkFields, checkTexts, type FieldTable } from '../fields.ts';
import { openAiErrorEvent } from '../openai-errors.ts';

/** OpenAI's images, as of the openai package 7.55. A vendor's filter is the operator's to loosen (`moderation`): it is not known here. */
const FIELDS: FieldTable = {
  prompt: 'harmless',
  model: 'ours',
  n: 'priced',
  quality: 'priced',
  size: 'harmless',
  background: 'harmless',
  output_compression: 'harmless',
  output_format: 'harmless',
  response_format: 'harmless',
  style: 'harmless',
  user: 'harmless',
  metadata: 'ours',
  stream: 'unpriced',
  partial_images: 'unpriced',
};

const TEXTS = ['quality', 'size', 'background', 'output_format', 'response_format', 'style', 'user'];
/** An id of a user is the longest. */
const LONGEST_WORD = 512;
const LONGEST_PROMPT = 32_000;
/** So many of the largest pictures are an answer for which the policy has room. */
const MOST_PICTURES = 4;
/** A picture of noise, 1536 by 1024 pixels of four bytes, in base64. */
const PICTURE_BYTES = Math.ceil((1_536 * 1_024 * 4 * 4) / 3) + 65_536;

export const IMAGES_DOOR: Door = {
  dialect: IMAGES,
  fields: FIELDS,
  check(body, allowed) {
    const { stream, ...rest } = body;
    checkFields(FIELDS, stream === false ? rest : body, allowed);
    const { prompt, n } = body;
    if (typeof prompt !== 'string' || prompt === '' || prompt.length > LONGEST_PROMPT)
      throw invalid(`prompt must be a text of 1 to ${LONGEST_PROMPT} characters.`, 'prompt');
    checkTexts(body, TEXTS, LONGEST_WORD);
    if (Number(n ?? 1) > MOST_PICTURES)
      throw invalid(`n must be a whole number from 1 to ${MOST_PICTURES}.`, 'n');
    return [];
  },
  answerBytes: ({ n }) => Number(n ?? 1) * PICTURE_BYTES,
  errorEvent: openAiErrorEvent,
};
