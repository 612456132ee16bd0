import { isRecord } from '#platform/kernel';
import { SPEECH } from '../../dialects/speech.ts';
import { invalid } from '../../wire.ts';
import type { Door } from '../door.ts';
import { checkFields, checkTexts, type FieldTable } from '../fields.ts';
import { openAiErrorEvent } from '../openai-errors.ts';

/** OpenAI's speech, as of the openai package 7.55. */
const FIELDS: FieldTable = {
  input: 'priced',
  model: 'ours',
  voice: 'harmless',
  instructions: 'harmless',
  response_format: 'harmless',
  speed: 'harmless',
  metadata: 'ours',
  stream_format: 'unpriced',
};

const LONGEST_NAME = 100;
/** As many as OpenAI takes. */
const LONGEST_TEXT = 4_096;
/** Bytes of a second: of 24,000 samples of two bytes, and of any format that makes them fewer (160 kbit/s). */
const RAW = 48_000;
const PACKED = 20_000;
/** Characters that the slowest voice says in a second, at `speed` 1. */
const CHARACTERS = 4;

/** A voice is named, or by its id where it is an owner's. */
const nameOf = (voice: unknown): unknown => (isRecord(voice) ? (voice['id'] ?? voice) : voice);

export const SPEECH_DOOR: Door = {
  dialect: SPEECH,
  fields: FIELDS,
  check(body, allowed) {
    const { stream_format: format, ...rest } = body;
    checkFields(FIELDS, format === 'audio' ? rest : body, allowed);
    const { input } = body;
    if (typeof input !== 'string' || input === '' || input.length > LONGEST_TEXT)
      throw invalid(`input must be a text of 1 to ${LONGEST_TEXT} characters.`, 'input');
    checkTexts(body, ['instructions'], LONGEST_TEXT);
    checkTexts({ ...body, voice: nameOf(body['voice']) ?? 0 }, ['voice', 'response_format'], LONGEST_NAME);
    const speed = body['speed'] ?? 1;
    if (typeof speed !== 'number' || speed < 0.25 || speed > 4)
      throw invalid('speed must be a number from 0.25 to 4.', 'speed');
    return [];
  },
  characters: ({ input }) => Array.from(String(input)).length,
  answersJson: () => false,
  answerBytes({ input, response_format: format, speed }) {
    const isRaw = format === 'pcm' || format === 'wav' || format === 'flac';
    const seconds = String(input).length / CHARACTERS / Number(speed ?? 1);
    return Math.ceil(seconds * (isRaw ? RAW : PACKED));
  },
  errorEvent: openAiErrorEvent,
};
