import { GEMINI, googleEvent } from '../../dialects/gemini.ts';
import { googleError } from '../google-errors.ts';
import type { Door } from '../door.ts';
import { checkGeminiFields, GEMINI_CONFIG_FIELDS, GEMINI_FIELDS } from './fields.ts';
import { GeminiStream, toGeminiAnswer } from './to-gemini.ts';
import { toChatRequest } from './to-chat.ts';

/** Google's generateContent, for clients. The model and the form of its answer stand in the path. */
export const GEMINI_DOOR: Door = {
  dialect: GEMINI,
  fields: GEMINI_FIELDS,
  configFields: GEMINI_CONFIG_FIELDS,
  check: checkGeminiFields,
  translation: { request: toChatRequest, answer: toGeminiAnswer, stream: () => new GeminiStream() },
  errorEvent: (error, requestId) => googleEvent(googleError(error, requestId)),
};
